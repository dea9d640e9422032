# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seeding playbook, and PyAthena as a client that knows nothing of sandboxes, on what it seeded."""

from __future__ import annotations

import configparser
import datetime
import os
import re
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import ansible_collections.amazon.aws as amazon_aws
import pyathena
import pytest
import yaml
from data import generate
from library.glue_sample_catalog import ensure_catalog
from pyathena.async_cursor import AsyncCursor
from pyathena.cursor import DictCursor
from pyathena.error import DatabaseError, OperationalError

from athena_sandbox import Sandbox
from athena_sandbox.sample import DATA, RESULTS_BUCKET, SOURCE_BUCKET, document, seed, statement

REPOSITORY = Path(__file__).resolve().parents[2]
PLAYBOOK = REPOSITORY / "tests" / "sandbox" / "seed.yml"
ACCOUNT = "123456789012"
STAGING = f"s3://{RESULTS_BUCKET}/team/"


def run_playbook(sandbox: Sandbox, directory: Path, **variables: str) -> str:
    """What `ansible-playbook -vvv` says about the seeding playbook, which must succeed."""
    collections = Path(amazon_aws.__path__[0]).parents[2]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_"))}
    environment |= sandbox.environment | {
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_LOCAL_TEMP": str(directory / "local"),
        "ANSIBLE_REMOTE_TEMP": str(directory / "remote"),
        "HOME": str(directory),
    }
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-vvv", "-i", "localhost,", str(PLAYBOOK)]
    for name, value in variables.items():
        command += ["-e", f"{name}={value}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=directory)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout + done.stderr


def contents(sandbox: Sandbox) -> dict[str, Any]:
    """Every object of the source bucket, and the Glue catalog without its times."""
    glue = sandbox.client("glue")
    objects = sandbox.client("s3").list_objects_v2(Bucket=SOURCE_BUCKET)["Contents"]
    found: dict[str, Any] = {"objects": {each["Key"]: each["ETag"] for each in objects}}
    for database in glue.get_databases()["DatabaseList"]:
        found[database["Name"]] = database
        for table in glue.get_tables(DatabaseName=database["Name"])["TableList"]:
            name = f"{database['Name']}.{table['Name']}"
            found[name] = table
            arguments = {"DatabaseName": database["Name"], "TableName": table["Name"]}
            for partition in glue.get_partitions(**arguments)["Partitions"]:
                found[f"{name}/{partition['Values'][0]}"] = partition
    times = ("CreateTime", "UpdateTime", "CreationTime", "LastAccessTime")
    return {name: {key: value for key, value in each.items() if key not in times} for name, each in found.items()}


@dataclass
class Seeded:
    """A sandbox that the playbook has filled."""

    sandbox: Sandbox
    first_output: str
    second_output: str
    credentials_file: Path
    contents: dict[str, Any]

    @property
    def key(self) -> tuple[str, str]:
        """The access key of the user."""
        parser = configparser.ConfigParser()
        parser.read(self.credentials_file)
        return parser["qualytics"]["aws_access_key_id"], parser["qualytics"]["aws_secret_access_key"]


@pytest.fixture(scope="module")
def seeded(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    """Run the playbook twice on an empty account."""
    sandbox.reset()
    directory = tmp_path_factory.mktemp("seed")
    file = directory / "credentials"
    outputs = [run_playbook(sandbox, directory, sandbox_credentials_file=str(file)) for _run in range(2)]
    return Seeded(sandbox, outputs[0], outputs[1], file, contents(sandbox))


# ---- the playbook ----


def test_a_second_run_changes_nothing(seeded: Seeded) -> None:
    changed = [int(re.findall(r"changed=(\d+)", output)[-1]) for output in (seeded.first_output, seeded.second_output)]
    assert changed[0] > 0
    assert changed[1] == 0


def test_the_access_key_is_private_and_works(seeded: Seeded) -> None:
    assert stat.S_IMODE(seeded.credentials_file.stat().st_mode) == 0o600
    key_id, secret = seeded.key
    identity = seeded.sandbox.client("sts", key_id, secret).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/qualytics"
    keys = seeded.sandbox.client("iam").list_access_keys(UserName="qualytics")["AccessKeyMetadata"]
    assert [each["AccessKeyId"] for each in keys] == [key_id]
    for output in (seeded.first_output, seeded.second_output):
        assert secret not in output


def test_the_user_has_no_rights(seeded: Seeded) -> None:
    iam = seeded.sandbox.client("iam")
    assert iam.list_user_policies(UserName="qualytics")["PolicyNames"] == []
    assert iam.list_attached_user_policies(UserName="qualytics")["AttachedPolicies"] == []


def test_it_makes_what_the_tests_start_from(seeded: Seeded) -> None:
    with Sandbox() as other:
        seed(other)
        assert contents(other) == seeded.contents


def test_the_catalog_is_repaired(seeded: Seeded) -> None:
    glue = seeded.sandbox.client("glue")
    databases = yaml.safe_load((DATA / "catalog.yml").read_text(encoding="utf-8"))["databases"]
    glue.update_database(Name="hr", DatabaseInput={"Name": "hr", "Description": "other"})
    glue.update_table(DatabaseName="hr", TableInput={"Name": "employees", "Parameters": {}})
    glue.delete_partition(DatabaseName="sales", TableName="shipments", PartitionValues=["west"])
    moved = {"Values": ["north"], "StorageDescriptor": {"Location": "s3://elsewhere/"}}
    entries = [{"PartitionValueList": ["north"], "PartitionInput": moved}]
    glue.batch_update_partition(DatabaseName="sales", TableName="shipments", Entries=entries)
    expected = [
        "updated partition north of sales.shipments",
        "created partition west of sales.shipments",
        "updated database hr",
        "updated table hr.employees",
    ]
    assert list(ensure_catalog(glue, databases, SOURCE_BUCKET, check_mode=True)) == expected
    assert list(ensure_catalog(glue, databases, SOURCE_BUCKET)) == expected
    assert list(ensure_catalog(glue, databases, SOURCE_BUCKET)) == []
    repaired = contents(seeded.sandbox)
    repaired["hr.employees"]["VersionId"] = seeded.contents["hr.employees"]["VersionId"]
    assert repaired == seeded.contents


# ---- PyAthena ----


@dataclass
class Reader:
    """The user of the playbook, whose rights a test gives and takes."""

    seeded: Seeded

    def may_read(self) -> None:
        """Give him what reading the database `sales` takes."""
        glue, source = f"arn:aws:glue:us-east-1:{ACCOUNT}", f"arn:aws:s3:::{SOURCE_BUCKET}"
        statements = [
            statement(["athena:*Query*"], f"arn:aws:athena:us-east-1:{ACCOUNT}:workgroup/primary"),
            statement(["athena:List*", "athena:Get*"], f"arn:aws:athena:us-east-1:{ACCOUNT}:datacatalog/*"),
            statement("s3:GetBucketLocation", f"arn:aws:s3:::{RESULTS_BUCKET}"),
            statement(["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{RESULTS_BUCKET}/team/*"),
            statement("glue:Get*", [f"{glue}:catalog", f"{glue}:database/*", f"{glue}:table/sales/*"]),
            statement("s3:ListBucket", source),
            statement("s3:GetObject", [f"{source}/sales/*", f"{source}/archive/*"]),
        ]
        self._iam.put_user_policy(UserName="qualytics", PolicyName="reader", PolicyDocument=document(statements))

    def may_nothing(self) -> None:
        """Take it all away."""
        for name in self._iam.list_user_policies(UserName="qualytics")["PolicyNames"]:
            self._iam.delete_user_policy(UserName="qualytics", PolicyName=name)

    @property
    def _iam(self) -> Any:
        return self.seeded.sandbox.client("iam")

    def connect(self, **arguments: Any) -> Any:
        """A PyAthena connection with nothing but his access key."""
        key_id, secret = self.seeded.key
        settings: dict[str, Any] = {
            "s3_staging_dir": STAGING,
            "region_name": "us-east-1",
            "schema_name": "sales",
            "poll_interval": 0.02,
        }
        return pyathena.connect(aws_access_key_id=key_id, aws_secret_access_key=secret, **(settings | arguments))


@pytest.fixture
def reader(seeded: Seeded, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """The user, who may read; the endpoint is in the environment, where every client looks for it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", seeded.sandbox.url)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    found = Reader(seeded)
    found.may_read()
    yield found
    found.may_nothing()


ORDERS = [
    (order, customer, datetime.datetime.fromisoformat(when), None if amount is None else Decimal(amount), month)
    for month, rows in generate.ORDERS.items()
    for order, customer, when, amount in rows
]
ORDERS_SQL = "SELECT * FROM orders ORDER BY order_id"


def test_refused_served_refused(reader: Reader) -> None:
    reader.may_nothing()
    with reader.connect() as connection:
        cursor = connection.cursor()
        with pytest.raises(
            DatabaseError, match="not authorized to perform: athena:StartQueryExecution on the resource"
        ):
            cursor.execute(ORDERS_SQL)
        reader.may_read()
        assert cursor.execute(ORDERS_SQL).fetchall() == ORDERS
        assert cursor.output_location == f"{STAGING}{cursor.query_id}.csv"
        with pytest.raises(
            OperationalError, match=r"not authorized to perform: glue:GetTable on resource: .*table/hr/employees"
        ):
            cursor.execute("SELECT * FROM hr.employees")
        reader.may_nothing()
        with pytest.raises(
            DatabaseError, match="not authorized to perform: athena:StartQueryExecution on the resource"
        ):
            cursor.execute(ORDERS_SQL)


def test_output_outside_of_the_prefix(reader: Reader) -> None:
    with (
        reader.connect(s3_staging_dir=f"s3://{RESULTS_BUCKET}/other/") as connection,
        connection.cursor() as cursor,
        pytest.raises(OperationalError, match="Access denied when writing output to url"),
    ):
        cursor.execute("SELECT 1")


def test_dict_cursor_and_parameters(reader: Reader) -> None:
    with reader.connect(cursor_class=DictCursor) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT name, credit FROM customers WHERE country = %(country)s", {"country": "IE"})
        assert cursor.fetchall() == [{"name": "O'Neill", "credit": Decimal("99.99")}]
        cursor.execute("SELECT name FROM customers WHERE customer_id = ?", ["4"], paramstyle="qmark")
        assert cursor.fetchall() == [{"name": "Dagny"}]


def test_many_rows_in_pages(reader: Reader) -> None:
    with reader.connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.order_id + b.order_id + c.order_id + d.order_id AS s FROM orders a, orders b, orders c, orders d"
        )
        assert len(cursor.fetchall()) == 6**4


def test_show_tables_and_describe(reader: Reader) -> None:
    with reader.connect() as connection, connection.cursor() as cursor:
        tables = cursor.execute("SHOW TABLES").fetchall()
        assert tables == [("active_customers",), ("customers",), ("orders",), ("shipments",)]
        assert cursor.output_location == f"{STAGING}{cursor.query_id}.txt"
        assert cursor.execute("DESCRIBE orders").fetchone()[:2] == ("order_id", "int")


def test_metadata(reader: Reader) -> None:
    with reader.connect() as connection, connection.cursor() as cursor:
        assert sorted(database.name for database in cursor.list_databases("AwsDataCatalog")) == [
            "default",
            "hr",
            "sales",
        ]
        tables = cursor.list_table_metadata("AwsDataCatalog", "sales")
        assert sorted(table.name for table in tables) == ["active_customers", "customers", "orders", "shipments"]
        table = cursor.get_table_metadata("customers")
        assert [column.name for column in table.columns] == [
            "customer_id", "name", "country", "signed_up", "credit", "is_active",
        ]  # fmt: skip
        with pytest.raises(OperationalError, match="Entity Not Found"):
            cursor.get_table_metadata("nothing")
        with pytest.raises(OperationalError, match="glue:GetTables on resource"):
            cursor.list_table_metadata("AwsDataCatalog", "hr")


def test_cancel(reader: Reader) -> None:
    endless = "SELECT sum(t0.order_id) FROM " + ", ".join(f"orders t{number}" for number in range(14))
    with reader.connect() as connection, connection.cursor() as cursor:
        started = threading.Event()
        failures: list[str] = []

        def execute() -> None:
            try:
                cursor.execute(endless, on_start_query_execution=lambda _query_id: started.set())
            except OperationalError as error:
                failures.append(str(error))

        thread = threading.Thread(target=execute)
        thread.start()
        assert started.wait(30)
        cursor.cancel()
        thread.join(30)
        assert not thread.is_alive()
        assert failures == ["Query cancelled by user"]


def test_queries_side_by_side(reader: Reader) -> None:
    with reader.connect(cursor_class=AsyncCursor) as connection, connection.cursor(max_workers=4) as cursor:
        futures: list[Future[Any]] = [
            cursor.execute(f"SELECT {number}, count(*) FROM shipments")[1] for number in range(8)
        ]
        assert [future.result().fetchall() for future in futures] == [[(number, 5)] for number in range(8)]
