# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queries, discovery and the Data Catalog obey Lake Formation: what a reader gets before and after each grant."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from athena_sandbox import Sandbox
from athena_sandbox.launcher import client_environment
from athena_sandbox.sample import RESULTS_BUCKET, SOURCE_BUCKET, User, seed, statement
from athena_sandbox.user import User as Operator

REPOSITORY = Path(__file__).resolve().parents[2]
ACCOUNT = "123456789012"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
EVERYBODY = "IAM_ALLOWED_PRINCIPALS"
OUTPUT = f"s3://{RESULTS_BUCKET}/team/"
SOURCE = f"arn:aws:s3:::{SOURCE_BUCKET}"

CUSTOMERS = {"Table": {"DatabaseName": "sales", "Name": "customers"}}
ALL_OF_SALES = {"Table": {"DatabaseName": "sales", "TableWildcard": {}}}
SALES = {"Database": {"Name": "sales"}}
DEFAULT = {"Database": {"Name": "default"}}
COUNT = "SELECT count(*) FROM sales.customers"
ALL_CUSTOMERS = [["6"]]

# What a reader needs of IAM, without any right to the source bucket.
WITHOUT_SOURCE = [
    statement(["athena:*", "glue:Get*"], "*"),
    statement(["s3:GetBucketLocation", "s3:ListBucket"], f"arn:aws:s3:::{RESULTS_BUCKET}"),
    statement(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{RESULTS_BUCKET}/team/*"),
]
READ_SOURCE = statement(["s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation"], [SOURCE, f"{SOURCE}/*"])
GET_DATA_ACCESS = statement("lakeformation:GetDataAccess", "*")


def principal(identifier: str) -> dict[str, str]:
    return {"DataLakePrincipalIdentifier": identifier}


class Lake:
    """The sample data under Lake Formation, and one reader of it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.client = sandbox.client("lakeformation")
        self.reader = User(sandbox, "reader", [*WITHOUT_SOURCE, READ_SOURCE])
        settings = self.client.get_data_lake_settings()["DataLakeSettings"]
        self.client.put_data_lake_settings(DataLakeSettings=settings | {"DataLakeAdmins": [principal(ROOT)]})

    def grant(self, resource: dict[str, Any], *permissions: str, to: str = "") -> None:
        who = principal(to or self.reader.arn)
        self.client.grant_permissions(Principal=who, Resource=resource, Permissions=list(permissions))

    def revoke(self, resource: dict[str, Any], *permissions: str, of: str = "") -> None:
        who = principal(of or self.reader.arn)
        self.client.revoke_permissions(Principal=who, Resource=resource, Permissions=list(permissions))

    def take_from_everybody(self, *, but: tuple[str, ...] = ()) -> None:
        """Revoke IAM_ALLOWED_PRINCIPALS on all databases and tables, `but` on some databases."""
        for row in self.client.list_permissions()["PrincipalResourcePermissions"]:
            fields = next(iter(row["Resource"].values()))
            name = fields.get("DatabaseName") or fields.get("Name")
            if row["Principal"] == principal(EVERYBODY) and name not in but:
                self.client.revoke_permissions(
                    Principal=principal(EVERYBODY), Resource=row["Resource"], Permissions=row["Permissions"]
                )

    def register(self, **options: Any) -> None:
        arn = f"{SOURCE}/sales"
        self.client.register_resource(ResourceArn=arn, UseServiceLinkedRole=True, **options)

    def run(self, sql: str, database: str = "sales") -> list[list[str]] | str:
        """The rows of a query of the reader, or why it failed."""
        athena = self.reader.client("athena")
        query_id = athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": database},
            ResultConfiguration={"OutputLocation": OUTPUT},
        )["QueryExecutionId"]
        deadline = time.monotonic() + 60
        while True:
            status = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                break
            assert time.monotonic() < deadline, "the query does not end"
            time.sleep(0.01)
        if status["State"] == "FAILED":
            return str(status["StateChangeReason"])
        found = athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
        rows = [[cell.get("VarCharValue", "") for cell in row["Data"]] for row in found]
        return rows[1:] if sql.startswith("SELECT") else rows

    def columns(self, sql: str) -> list[str]:
        """The names of the columns that a query of the reader returns."""
        athena = self.reader.client("athena")
        context = {"QueryExecutionContext": {"Database": "sales"}, "ResultConfiguration": {"OutputLocation": OUTPUT}}
        query_id = athena.start_query_execution(QueryString=sql, **context)["QueryExecutionId"]
        while athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]["State"] != "SUCCEEDED":
            time.sleep(0.01)
        described = athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        return [column["Name"] for column in described]


def message(call: Callable[[], Any]) -> str:
    """`code: message` of a call that must fail."""
    with pytest.raises(ClientError) as refused:
        call()
    error = refused.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


@pytest.fixture
def lake(clean_sandbox: Sandbox) -> Lake:
    """The sample data in an account in which Lake Formation is set up, and IAM_ALLOWED_PRINCIPALS has all rights."""
    seed(clean_sandbox)
    return Lake(clean_sandbox)


@pytest.fixture
def governed(lake: Lake) -> Lake:
    """The same when IAM_ALLOWED_PRINCIPALS has no rights left but on `default`."""
    lake.take_from_everybody(but=("default",))
    return lake


# ---- the grants that a query needs ----


def test_while_everybody_has_rights_grants_fence_nobody(lake: Lake) -> None:
    assert lake.run(COUNT) == ALL_CUSTOMERS
    lake.grant({"TableWithColumns": {"DatabaseName": "sales", "Name": "customers", "ColumnNames": ["name"]}}, "SELECT")
    assert "credit" in lake.columns("SELECT * FROM customers")


def test_each_grant_that_a_reader_needs_has_its_own_refusal(governed: Lake) -> None:
    refused = governed.run(COUNT)
    assert isinstance(refused, str)
    assert refused.startswith("Insufficient Lake Formation permission(s): Required Describe on sales (Service: Amazon")
    governed.grant(SALES, "DESCRIBE")
    not_found = "TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.sales.customers' does not exist"
    assert governed.run(COUNT) == not_found
    governed.grant(CUSTOMERS, "DESCRIBE")
    assert governed.run(COUNT) == (
        "Insufficient permissions to execute the query. Principal does not have any privilege on specified resource"
    )
    governed.grant(CUSTOMERS, "SELECT")
    assert governed.run(COUNT) == ALL_CUSTOMERS
    governed.revoke(CUSTOMERS, "SELECT", "DESCRIBE")
    assert governed.run(COUNT) == not_found


def test_describe_on_the_default_database_is_needed_where_that_is_governed(governed: Lake) -> None:
    governed.grant(ALL_OF_SALES, "SELECT")
    assert governed.run(COUNT) == ALL_CUSTOMERS
    governed.take_from_everybody()
    for sql in (COUNT, "SHOW DATABASES"):
        refused = governed.run(sql)
        assert isinstance(refused, str)
        assert refused.startswith("Insufficient Lake Formation permission(s): Required Describe on default")
    governed.grant(DEFAULT, "DESCRIBE")
    assert governed.run(COUNT) == ALL_CUSTOMERS
    governed.revoke(DEFAULT, "DESCRIBE")
    governed.sandbox.client("glue").delete_database(Name="default")
    assert governed.run(COUNT) == ALL_CUSTOMERS


def test_a_role_holds_the_grants_of_its_sessions(governed: Lake) -> None:
    sandbox, iam = governed.sandbox, governed.sandbox.client("iam")
    operator = Operator(sandbox, "operator")
    allow = {"Effect": "Allow", "Principal": {"AWS": operator.arn}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    role = iam.create_role(RoleName="target", Path="/teams/", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    rights = json.dumps({"Version": "2012-10-17", "Statement": [*WITHOUT_SOURCE, READ_SOURCE]})
    iam.put_role_policy(RoleName="target", PolicyName="rights", PolicyDocument=rights)
    key = operator.client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    glue = sandbox.client("glue", key["AccessKeyId"], key["SecretAccessKey"], session_token=key["SessionToken"])
    assert [database["Name"] for database in glue.get_databases()["DatabaseList"]] == ["default"]
    governed.grant(ALL_OF_SALES, "SELECT", to=role)
    assert len(glue.get_tables(DatabaseName="sales")["TableList"]) == 4


def test_a_view_needs_rights_on_itself_and_on_its_tables(governed: Lake) -> None:
    governed.grant(SALES, "DESCRIBE")
    view = {"Table": {"DatabaseName": "sales", "Name": "active_customers"}}
    sql = "SELECT count(*) FROM sales.active_customers"
    governed.grant(view, "SELECT")
    assert governed.run(sql) == "TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.sales.customers' does not exist"
    governed.grant(CUSTOMERS, "SELECT")
    assert isinstance(governed.run(sql), list)


# ---- columns and rows ----


def columns(**fields: Any) -> dict[str, Any]:
    return {"TableWithColumns": {"DatabaseName": "sales", "Name": "customers", **fields}}


def test_only_granted_columns_are_there(governed: Lake) -> None:
    governed.grant(SALES, "DESCRIBE")
    governed.grant(columns(ColumnNames=["customer_id", "country"]), "SELECT")
    assert governed.columns("SELECT * FROM customers") == ["customer_id", "country"]
    refused = (
        "COLUMN_NOT_FOUND: line 1:1: Column 'credit' cannot be resolved or requester is not authorized to access "
        "requested resources"
    )
    assert governed.run("SELECT credit FROM customers") == refused
    assert governed.run("SELECT c.credit FROM customers c") == refused
    assert governed.run("DESCRIBE customers") == [["customer_id", "int", ""], ["country", "string", ""]]


def test_excluded_columns_are_not(governed: Lake) -> None:
    governed.grant(SALES, "DESCRIBE")
    governed.grant(columns(ColumnWildcard={"ExcludedColumnNames": ["credit", "name"]}), "SELECT")
    assert governed.columns("SELECT * FROM customers") == ["customer_id", "country", "signed_up", "is_active"]


def test_columns_of_a_file_keep_their_places_and_partitions_can_be_hidden(governed: Lake) -> None:
    governed.grant(SALES, "DESCRIBE")
    resource = {"DatabaseName": "sales", "Name": "shipments", "ColumnNames": ["weight_kg"]}
    governed.grant({"TableWithColumns": resource}, "SELECT")
    assert governed.columns("SELECT * FROM shipments") == ["weight_kg"]
    weights = governed.run("SELECT weight_kg FROM shipments ORDER BY 1")
    governed.revoke({"TableWithColumns": resource}, "SELECT")
    governed.grant({"Table": {"DatabaseName": "sales", "Name": "shipments"}}, "SELECT")
    assert governed.run("SELECT weight_kg FROM shipments ORDER BY 1") == weights
    assert len(weights) == 5


def test_a_data_cells_filter_shows_its_columns_and_rows(governed: Lake) -> None:
    governed.grant(SALES, "DESCRIBE")
    name = {"TableCatalogId": ACCOUNT, "DatabaseName": "sales", "TableName": "customers"}
    fields = {"ColumnNames": ["customer_id", "country"], "RowFilter": {"FilterExpression": "customer_id <= 2"}}
    governed.client.create_data_cells_filter(TableData=name | {"Name": "first"} | fields)
    everything = {"ColumnWildcard": {}, "RowFilter": {"FilterExpression": "customer_id = 3"}}
    governed.client.create_data_cells_filter(TableData=name | {"Name": "third"} | everything)
    governed.grant({"DataCellsFilter": name | {"Name": "first"}}, "SELECT")
    assert governed.columns("SELECT * FROM customers") == ["customer_id", "country"]
    assert governed.run("SELECT customer_id FROM customers ORDER BY 1") == [["1"], ["2"]]
    governed.grant({"DataCellsFilter": name | {"Name": "third"}}, "SELECT")
    names = governed.run("SELECT customer_id, name IS NULL FROM customers ORDER BY 1")
    assert names == [["1", "true"], ["2", "true"], ["3", "false"]]


def test_a_policy_of_lf_tags_opens_what_carries_them(governed: Lake) -> None:
    client = governed.client
    client.create_lf_tag(TagKey="domain", TagValues=["sales", "hr"])
    tag = [{"TagKey": "domain", "TagValues": ["sales"]}]
    governed.grant({"LFTagPolicy": {"ResourceType": "DATABASE", "Expression": tag}}, "DESCRIBE")
    governed.grant({"LFTagPolicy": {"ResourceType": "TABLE", "Expression": tag}}, "SELECT")
    refused = governed.run(COUNT)
    assert isinstance(refused, str)
    assert "Required Describe on sales" in refused
    client.add_lf_tags_to_resource(Resource=SALES, LFTags=tag)
    assert governed.run(COUNT) == ALL_CUSTOMERS


# ---- registered locations ----


def test_a_registered_location_is_read_with_vended_credentials(governed: Lake) -> None:
    governed.grant(ALL_OF_SALES, "SELECT")
    governed.reader.may(WITHOUT_SOURCE)
    refused = governed.run(COUNT)
    assert isinstance(refused, str)
    assert refused.startswith("Permission denied on S3 path: ")
    governed.register()
    refused = governed.run(COUNT)
    assert isinstance(refused, str)
    assert refused.startswith(
        f"User: {governed.reader.arn} is not authorized to perform: lakeformation:GetDataAccess on resource: *"
    )
    governed.reader.may([*WITHOUT_SOURCE, GET_DATA_ACCESS])
    assert governed.run(COUNT) == ALL_CUSTOMERS
    governed.revoke(ALL_OF_SALES, "SELECT")
    assert isinstance(governed.run(COUNT), str)


def test_a_partition_outside_the_registered_location_takes_the_readers_own_rights(governed: Lake) -> None:
    governed.grant(ALL_OF_SALES, "SELECT")
    governed.register()
    governed.reader.may([*WITHOUT_SOURCE, GET_DATA_ACCESS])
    sql = "SELECT count(*) FROM sales.shipments"
    assert governed.run(sql) == f"Permission denied on S3 path: s3://{SOURCE_BUCKET}/archive/shipments/west/"
    governed.reader.may([*WITHOUT_SOURCE, GET_DATA_ACCESS, READ_SOURCE])
    assert governed.run(sql) == [["5"]]


def test_in_hybrid_access_mode_only_who_opted_in_is_governed(lake: Lake) -> None:
    lake.register(HybridAccessEnabled=True)
    assert lake.run(COUNT) == ALL_CUSTOMERS
    lake.reader.may([*WITHOUT_SOURCE, GET_DATA_ACCESS])
    refused = lake.run(COUNT)
    assert isinstance(refused, str)
    assert refused.startswith("Permission denied on S3 path: ")
    lake.client.create_lake_formation_opt_in(Principal=principal(lake.reader.arn), Resource=SALES)
    refused = lake.run(COUNT)
    assert isinstance(refused, str)
    assert "Required Describe on sales" in refused
    lake.grant(ALL_OF_SALES, "SELECT")
    assert lake.run(COUNT) == ALL_CUSTOMERS


def test_results_cannot_be_written_to_a_registered_location(lake: Lake) -> None:
    arn = f"arn:aws:s3:::{RESULTS_BUCKET}"
    lake.client.register_resource(ResourceArn=arn, UseServiceLinkedRole=True)
    refused = lake.run("SELECT 1")
    assert isinstance(refused, str)
    assert refused.startswith(f"Access denied when writing output to url: {OUTPUT}")
    lake.client.deregister_resource(ResourceArn=arn)
    assert lake.run("SELECT 1") == [["1"]]


# ---- discovery ----


def test_glue_hides_what_was_not_granted(governed: Lake) -> None:
    glue = governed.reader.client("glue")

    def databases() -> list[str]:
        return [each["Name"] for each in glue.get_databases()["DatabaseList"]]

    def tables() -> list[str]:
        return [each["Name"] for each in glue.get_tables(DatabaseName="sales")["TableList"]]

    required = "AccessDeniedException: Insufficient Lake Formation permission(s): Required Describe on "
    assert databases() == ["default"]
    for call in (
        lambda: glue.get_database(Name="sales"),
        lambda: glue.get_tables(DatabaseName="sales"),
        lambda: glue.get_table(DatabaseName="sales", Name="orders"),
        lambda: glue.get_partitions(DatabaseName="sales", TableName="orders"),
    ):
        assert message(call) == f"{required}sales"
    governed.grant(SALES, "DESCRIBE")
    assert (databases(), tables()) == (["default", "sales"], [])
    for call in (
        lambda: glue.get_table(DatabaseName="sales", Name="orders"),
        lambda: glue.get_partitions(DatabaseName="sales", TableName="orders"),
    ):
        assert message(call) == f"{required}orders"
    governed.grant(columns(ColumnNames=["name"]), "SELECT")
    assert tables() == ["customers"]
    found = glue.get_table(DatabaseName="sales", Name="customers")["Table"]
    assert [column["Name"] for column in found["StorageDescriptor"]["Columns"]] == ["name"]
    assert found["IsRegisteredWithLakeFormation"] is False
    governed.register()
    assert glue.get_table(DatabaseName="sales", Name="customers")["Table"]["IsRegisteredWithLakeFormation"] is True
    assert message(lambda: glue.get_database(Name="gone")).startswith("EntityNotFoundException: ")


def test_athena_hides_it_too(governed: Lake) -> None:
    athena = governed.reader.client("athena")

    def databases() -> list[str]:
        return [each["Name"] for each in athena.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]]

    def tables() -> list[str]:
        found = athena.list_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="sales")["TableMetadataList"]
        return [each["Name"] for each in found]

    def metadata(table: str) -> dict[str, Any]:
        asked = {"CatalogName": "AwsDataCatalog", "DatabaseName": "sales", "TableName": table}
        found: dict[str, Any] = athena.get_table_metadata(**asked)["TableMetadata"]
        return found

    required = "MetadataException: Insufficient Lake Formation permission(s): Required Describe on "
    assert databases() == ["default"]
    assert message(tables).startswith(f"{required}sales (Service: AmazonDataCatalog;")
    database = {"CatalogName": "AwsDataCatalog", "DatabaseName": "sales"}
    assert message(lambda: athena.get_database(**database)).startswith(f"{required}sales (")
    governed.grant(SALES, "DESCRIBE")
    governed.grant(columns(ColumnWildcard={"ExcludedColumnNames": ["credit"]}), "SELECT")
    assert (databases(), tables()) == (["default", "sales"], ["customers"])
    assert "credit" not in [column["Name"] for column in metadata("customers")["Columns"]]
    assert message(lambda: metadata("orders")).startswith(f"{required}orders (")
    assert governed.run("SHOW DATABASES") == [["default"], ["sales"]]
    assert governed.run("SHOW TABLES IN sales") == [["customers"]]
    assert governed.run("DESCRIBE sales.orders") == (
        "TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.sales.orders' does not exist"
    )


# ---- the real client ----


def pyathena(lake: Lake, sql: str) -> dict[str, Any]:
    """What PyAthena gets with the reader's key."""
    own = {"AWS_ACCESS_KEY_ID": lake.reader.access_key_id, "AWS_SECRET_ACCESS_KEY": lake.reader.secret_access_key}
    environment = client_environment(lake.sandbox.environment | own)
    command = [sys.executable, str(REPOSITORY / "tests/clients/athena_query.py"), OUTPUT, "sales", "customers", sql]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_real_client_sees_exactly_what_was_granted(governed: Lake) -> None:
    governed.register()
    governed.reader.may([*WITHOUT_SOURCE, GET_DATA_ACCESS])
    sql = "SELECT * FROM customers ORDER BY customer_id LIMIT 1"
    before = pyathena(governed, sql)
    assert before["served"] is False
    assert "Required Describe on sales" in before["message"]
    governed.grant(SALES, "DESCRIBE")
    governed.grant(columns(ColumnNames=["customer_id", "country"]), "SELECT")
    after = pyathena(governed, sql)
    assert after["served"] is True, after
    assert after["databases"] == ["default", "sales"]
    assert after["columns"] == ["customer_id", "country"]
    assert [len(row) for row in after["rows"]] == [2]
