# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox's Athena: what a query gives, where its result lies, and each right it uses, without it and with it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from botocore.exceptions import ClientError
from data import generate

from athena_sandbox import Sandbox
from athena_sandbox.query_statement import MalformedQuery, Query, TableName, parse
from athena_sandbox.sample import DATA, RESULTS_BUCKET, SOURCE_BUCKET, User, document, seed, statement

ACCOUNT = "123456789012"
GLUE = f"arn:aws:glue:us-east-1:{ACCOUNT}"
ATHENA = f"arn:aws:athena:us-east-1:{ACCOUNT}"
RESULTS = f"arn:aws:s3:::{RESULTS_BUCKET}"
SOURCE = f"arn:aws:s3:::{SOURCE_BUCKET}"
OUTPUT = f"s3://{RESULTS_BUCKET}/team/"

SHIPMENTS = "SELECT shipment_id, carrier FROM sales.shipments ORDER BY shipment_id"
SHIPMENTS_ROWS = [["1", "north"], ["2", "north"], ["3", "south"], ["4", "west"], ["5", "west"]]

_numbers = itertools.count(1)


class Athena:
    """Queries of one caller."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def finish(self, query_id: str) -> dict[str, Any]:
        """The execution once it has ended."""
        deadline = time.monotonic() + 60
        while True:
            execution: dict[str, Any] = self.client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return execution
            assert time.monotonic() < deadline, "the query does not end"
            time.sleep(0.01)

    def start(self, sql: str, output: str | None = OUTPUT, database: str = "sales", **arguments: Any) -> str:
        """The id of a query that was accepted."""
        if output is not None:
            arguments["ResultConfiguration"] = {"OutputLocation": output} | arguments.get("ResultConfiguration", {})
        context = {"Database": database}
        started = self.client.start_query_execution(QueryString=sql, QueryExecutionContext=context, **arguments)
        return str(started["QueryExecutionId"])

    def run(self, sql: str, output: str | None = OUTPUT, **arguments: Any) -> dict[str, Any]:
        """The execution of a query that has ended."""
        return self.finish(self.start(sql, output, **arguments))

    def rows(self, sql: str, **arguments: Any) -> list[list[str | None]]:
        """The rows of a query that must succeed."""
        execution = self.run(sql, **arguments)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"].get("StateChangeReason")
        result = self.client.get_query_results(QueryExecutionId=execution["QueryExecutionId"])["ResultSet"]["Rows"]
        found = [[cell.get("VarCharValue") for cell in row["Data"]] for row in result]
        return found[1:] if execution["StatementType"] == "DML" else found

    def failure(self, sql: str, **arguments: Any) -> str:
        """Why a query that must fail does: how it was refused when submitted, when run or when its result was read."""
        try:
            execution = self.run(sql, **arguments)
            if execution["Status"]["State"] == "FAILED":
                return f"FAILED: {execution['Status']['StateChangeReason']}"
            self.client.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
        except ClientError as error:
            return f"{error.operation_name} {error.response['Error']['Code']}: {error.response['Error']['Message']}"
        pytest.fail(f"this query succeeded: {sql}")


@pytest.fixture(scope="module")
def account(sandbox: Sandbox) -> Sandbox:
    """The sample data in an account of this module's own; its tests add to it and remove nothing."""
    sandbox.reset()
    seed(sandbox)
    return sandbox


@pytest.fixture
def root(account: Sandbox) -> Athena:
    """Athena as the account root."""
    return Athena(account.client("athena"))


NewUser = Callable[..., User]


@pytest.fixture
def new_user(account: Sandbox) -> NewUser:
    """Make a user with the statements given."""

    def make(*statements: dict[str, Any]) -> User:
        return User(account, f"reader-{next(_numbers)}", statements)

    return make


def bucket(sandbox: Sandbox, region: str | None = None) -> str:
    """A new empty bucket."""
    name = f"bucket-{next(_numbers)}"
    constraint = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region else {}
    sandbox.client("s3", region=region).create_bucket(Bucket=name, **constraint)
    return name


def text(value: Any) -> str | None:
    """A value of the sample data as Athena writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


# ---- the sample data ----


def test_the_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    generate.generate(tmp_path)
    written = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    kept = {path.relative_to(DATA) for path in DATA.rglob("*") if path.suffix in (".csv", ".parquet")}
    assert written == kept
    for name in written:
        if name.suffix == ".csv":
            assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes(), name
    # Another release of DuckDB may write other bytes of Parquet, never other rows.
    with duckdb.connect(":memory:") as connection:
        queries = [f"FROM '{root / generate.CUSTOMERS_FILE}'" for root in (tmp_path, DATA)]
        assert len({str(connection.execute(query).fetchall()) for query in queries}) == 1
        assert len({str(connection.execute(f"DESCRIBE {query}").fetchall()) for query in queries}) == 1


def test_parquet_table(root: Athena) -> None:
    expected = [[text(value) for value in row] for row in generate.CUSTOMERS]
    assert root.rows("SELECT * FROM customers ORDER BY customer_id") == expected


def test_partitioned_csv_table(root: Athena) -> None:
    expected = [
        [str(order), str(customer), f"{when}.000", amount, month]
        for month, rows in generate.ORDERS.items()
        for order, customer, when, amount in rows
    ]
    assert root.rows("SELECT * FROM sales.orders ORDER BY order_id") == expected
    february = root.rows("SELECT order_id FROM orders WHERE order_month = '2026-02' ORDER BY 1")
    assert february == [["103"], ["104"]]


def test_partition_outside_of_the_table(root: Athena) -> None:
    assert root.rows(SHIPMENTS) == SHIPMENTS_ROWS


def test_quoted_csv_table_of_another_database(root: Athena) -> None:
    expected = [[str(value) for value in row] for row in generate.EMPLOYEES]
    assert root.rows('SELECT * FROM "AwsDataCatalog"."hr"."employees" ORDER BY employee_id') == expected


def test_join_with_aggregates_of_two_formats(root: Athena) -> None:
    sql = """
        WITH paid AS (SELECT customer_id, sum(amount) AS total, count(*) AS number FROM orders GROUP BY customer_id)
        SELECT name, total, number FROM paid JOIN customers USING (customer_id) ORDER BY total DESC NULLS LAST, name
    """
    amounts: dict[int, list[Decimal | None]] = {}
    for rows in generate.ORDERS.values():
        for _order, customer, _when, amount in rows:
            amounts.setdefault(customer, []).append(None if amount is None else Decimal(amount))
    names = {row[0]: row[1] for row in generate.CUSTOMERS}
    totals = [(names[key], sum(filter(None, each)) if any(each) else None, len(each)) for key, each in amounts.items()]
    totals.sort(key=lambda row: (row[1] is None, -(row[1] or 0), row[0]))
    assert root.rows(sql) == [[name, text(total), str(number)] for name, total, number in totals]


def test_view(root: Athena) -> None:
    active = [[row[1]] for row in generate.CUSTOMERS if row[5]]
    assert root.rows("SELECT name FROM sales.active_customers ORDER BY customer_id", database="default") == active


def test_columns_and_their_types(root: Athena) -> None:
    query_id = root.start("SELECT *, credit * 2, order_month AS month FROM customers, orders")
    root.finish(query_id)
    described = root.client.get_query_results(QueryExecutionId=query_id)["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [(column["Name"], column["Type"]) for column in described] == [
        ("customer_id", "integer"),
        ("name", "varchar"),
        ("country", "varchar"),
        ("signed_up", "date"),
        ("credit", "decimal"),
        ("is_active", "boolean"),
        ("order_id", "integer"),
        ("customer_id", "integer"),
        ("ordered_at", "timestamp"),
        ("amount", "decimal"),
        ("order_month", "varchar"),
        ("_col11", "decimal"),
        ("month", "varchar"),
    ]


def test_values_as_athena_writes_them(root: Athena) -> None:
    sql = (
        "SELECT true, 7 / 2, 1.50, timestamp '2026-01-02 03:04:05.678', array[1, 2], '', NULL, now() > date '2026-1-1'"
    )
    assert root.rows(sql) == [["true", "3", "1.50", "2026-01-02 03:04:05.678", "[1, 2]", "", None, "true"]]
    assert str(root.rows("SELECT now() -- in UTC")[0][0]).endswith(" UTC")


def test_parameters_of_the_request(root: Athena) -> None:
    sql = "SELECT name FROM customers WHERE country = ? AND customer_id > ?"
    assert root.rows(sql, ExecutionParameters=["'IE'", "1"]) == [["O'Neill"]]
    assert "Incorrect number of parameters" in root.failure(sql, ExecutionParameters=["'IE'"])


def test_the_same_request_token_starts_one_query(root: Athena) -> None:
    token = "the-same-token-of-at-least-32-characters"
    assert root.start("SELECT 1", ClientRequestToken=token) == root.start("SELECT 1", ClientRequestToken=token)


def test_show_and_describe(root: Athena) -> None:
    assert root.rows("SHOW DATABASES") == [["default"], ["hr"], ["sales"]]
    assert root.rows("SHOW TABLES IN sales '*o*'") == [["active_customers"], ["customers"], ["orders"]]
    assert root.rows("DESCRIBE hr.employees")[0] == ["employee_id", "int", ""]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT * FROM nothing", "TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.sales.nothing' does not exist"),
        ("SELECT * FROM nowhere.t", "SCHEMA_NOT_FOUND: line 1:1: Schema 'nowhere' does not exist"),
        ("SELECT * FROM other.sales.orders", "CATALOG_NOT_FOUND: Catalog 'other' does not exist"),
        ("SELECT nothing FROM orders", "COLUMN_NOT_FOUND: line 1:1: Column 'nothing' cannot be resolved"),
        ("SELECT nothing(1)", "FUNCTION_NOT_FOUND: line 1:1: Function 'nothing' not registered"),
        ("SELECT CAST('x' AS integer)", "INVALID_CAST_ARGUMENT: "),
        ("SELECT * FROM '/etc/passwd'", "TABLE_NOT_FOUND: "),
    ],
)
def test_failing_queries(root: Athena, sql: str, reason: str) -> None:
    assert root.failure(sql).startswith(f"FAILED: {reason}")


@pytest.mark.parametrize(
    "sql",
    [
        "SELEC 1",
        "SELECT 1; SELECT 2",
        "SELECT FROM WHERE",
        "INSERT INTO orders VALUES (1)",
        "COPY (SELECT 1) TO '/file'",
        "ATTACH '/file'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "WITH x AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM x",
    ],
)
def test_refused_statements(root: Athena, sql: str) -> None:
    assert root.failure(sql).startswith("StartQueryExecution InvalidRequestException: ")


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("SELECT 1", []),
        ("SELECT * FROM t", ["sales.t"]),
        ("select * from HR.T a, t b where a.x in (select x from other.u)", ["hr.t", "sales.t", "other.u"]),
        ("WITH t AS (SELECT * FROM u) SELECT * FROM t", ["sales.u"]),
        ("WITH t AS (SELECT * FROM u) SELECT * FROM hr.t", ["sales.u", "hr.t"]),
        ("WITH t AS (SELECT * FROM t), u AS (SELECT * FROM t) SELECT * FROM u", ["sales.t"]),
        ("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT * FROM t, u", ["sales.u"]),
        ("SELECT * FROM (WITH t AS (SELECT 1) SELECT * FROM t) JOIN t ON true", ["sales.t"]),
        ("SELECT * FROM t WHERE x = 'FROM u' -- FROM v", ["sales.t"]),
        ("SELECT * FROM (SELECT * FROM t) UNION ALL SELECT * FROM u", ["sales.t", "sales.u"]),
        ("SELECT * FROM default.t WHERE default.t.x = 'default.t'", ["default.t"]),
        ("SELECT x FROM t CROSS JOIN unnest(array[1]) AS n(x)", ["sales.t"]),
        ('SELECT (SELECT max(x) FROM "hr"."t"), EXISTS (SELECT 1 FROM u)', ["hr.t", "sales.u"]),
    ],
)
def test_tables_a_query_names(sql: str, tables: list[str]) -> None:
    query = parse(sql, "sales")
    assert isinstance(query, Query)
    assert sorted(query.tables, key=str) == sorted((TableName(*name.split(".")) for name in tables), key=str)


def test_a_table_function_hidden_in_a_subquery_is_seen() -> None:
    with pytest.raises(MalformedQuery, match="'glob' not registered"):
        parse("SELECT * FROM t WHERE x IN (SELECT file FROM glob('/*'))", "sales")


# ---- where the result lies ----


@pytest.mark.parametrize(
    ("location", "key"),
    [
        (f"s3://{RESULTS_BUCKET}", ""),
        (f"s3://{RESULTS_BUCKET}/", ""),
        (f"s3://{RESULTS_BUCKET}/a/b", "a/b/"),
        (f"s3://{RESULTS_BUCKET}/a/b/", "a/b/"),
    ],
)
def test_the_result_lies_right_under_the_location(account: Sandbox, root: Athena, location: str, key: str) -> None:
    execution = root.run("SELECT name, credit FROM customers WHERE customer_id IN (4, 5) ORDER BY 1", location)
    query_id = execution["QueryExecutionId"]
    assert execution["ResultConfiguration"]["OutputLocation"] == f"s3://{RESULTS_BUCKET}/{key}{query_id}.csv"
    s3 = account.client("s3")
    listed = s3.list_objects_v2(Bucket=RESULTS_BUCKET)["Contents"]
    written = sorted(each["Key"] for each in listed if query_id in each["Key"])
    assert written == [f"{key}{query_id}.csv", f"{key}{query_id}.csv.metadata"]
    body = s3.get_object(Bucket=RESULTS_BUCKET, Key=written[0])["Body"].read().decode()
    assert body == '"name","credit"\n"Dagny",\n"O\'Neill","99.99"\n'


def test_results_of_show_are_text(account: Sandbox, root: Athena) -> None:
    execution = root.run("SHOW TABLES IN hr")
    key = f"team/{execution['QueryExecutionId']}.txt"
    assert execution["ResultConfiguration"]["OutputLocation"] == f"s3://{RESULTS_BUCKET}/{key}"
    assert account.client("s3").get_object(Bucket=RESULTS_BUCKET, Key=key)["Body"].read() == b"employees\n"


def test_a_removed_result_is_not_found(account: Sandbox, root: Athena) -> None:
    query_id = root.start("SELECT 1")
    root.finish(query_id)
    account.client("s3").delete_object(Bucket=RESULTS_BUCKET, Key=f"team/{query_id}.csv")
    with pytest.raises(ClientError, match="Could not find results"):
        root.client.get_query_results(QueryExecutionId=query_id)


def test_result_encryption_is_that_of_the_settings(account: Sandbox, root: Athena) -> None:
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    encryption = {"EncryptionOption": "SSE_KMS", "KmsKey": key}
    query_id = root.run("SELECT 1", ResultConfiguration={"EncryptionConfiguration": encryption})["QueryExecutionId"]
    head = account.client("s3").head_object(Bucket=RESULTS_BUCKET, Key=f"team/{query_id}.csv")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


@pytest.mark.parametrize("location", ["https://acme-athena-results/x", "acme-athena-results", "s3://", "s3a://acme/x"])
def test_a_location_that_is_none_is_refused(root: Athena, location: str) -> None:
    expected = (
        "StartQueryExecution InvalidRequestException: The S3 location provided to save your query results is invalid."
    )
    assert root.failure("SELECT 1", output=location).startswith(expected)


def test_an_absent_bucket_and_one_of_another_region_are_refused(account: Sandbox, root: Athena) -> None:
    refused = "StartQueryExecution InvalidRequestException: "
    assert root.failure("SELECT 1", output="s3://absent-bucket/x") == (
        f"{refused}Unable to verify/create output bucket absent-bucket"
    )
    elsewhere = bucket(account, "eu-west-1")
    failure = root.failure("SELECT 1", output=f"s3://{elsewhere}/")
    assert failure.startswith(f"{refused}The S3 location provided to save your query results is invalid.")
    there = Athena(account.client("athena", region="eu-west-1"))
    assert there.rows("SELECT 1", output=f"s3://{elsewhere}/") == [["1"]]


def test_expected_bucket_owner(root: Athena) -> None:
    mine, other = ({"ExpectedBucketOwner": owner} for owner in (ACCOUNT, "999999999999"))
    assert root.rows("SELECT 1", ResultConfiguration=mine) == [["1"]]
    assert "FAILED: Access denied when writing output to url" in root.failure("SELECT 1", ResultConfiguration=other)


# ---- workgroups ----


def workgroup(sandbox: Sandbox, **configuration: Any) -> str:
    """A new workgroup."""
    name = f"group-{next(_numbers)}"
    sandbox.client("athena").create_work_group(Name=name, Configuration=configuration)
    return name


def test_an_unknown_workgroup_is_refused(root: Athena) -> None:
    refusal = "InvalidRequestException: WorkGroup nobody is not found."
    assert root.failure("SELECT 1", WorkGroup="nobody") == f"StartQueryExecution {refusal}"
    for call in (root.client.get_work_group, root.client.update_work_group):
        with pytest.raises(ClientError, match="WorkGroup nobody is not found"):
            call(WorkGroup="nobody")


def test_a_disabled_workgroup_is_refused(account: Sandbox, root: Athena) -> None:
    name = workgroup(account)
    root.client.update_work_group(WorkGroup=name, State="DISABLED")
    refusal = f"StartQueryExecution InvalidRequestException: WorkGroup {name} is disabled."
    assert root.failure("SELECT 1", WorkGroup=name) == refusal
    root.client.update_work_group(
        WorkGroup=name, State="ENABLED", ConfigurationUpdates={"EnforceWorkGroupConfiguration": False}
    )
    assert root.rows("SELECT 1", WorkGroup=name) == [["1"]]


@pytest.mark.parametrize(
    ("enforced", "own", "client", "expected"),
    [
        (True, "own", "client", "own"),
        (True, "own", None, "own"),
        (False, "own", "client", "client"),
        (False, "own", None, "own"),
        (False, None, "client", "client"),
        (True, None, "client", None),
        (False, None, None, None),
    ],
)
def test_which_location_is_in_force(
    account: Sandbox, root: Athena, enforced: bool, own: str | None, client: str | None, expected: str | None
) -> None:
    configured = {"OutputLocation": f"s3://{RESULTS_BUCKET}/{own}/"} if own else {}
    name = workgroup(account, EnforceWorkGroupConfiguration=enforced, ResultConfiguration=configured)
    output = f"s3://{RESULTS_BUCKET}/{client}/" if client else None
    if expected is None:
        assert root.failure("SELECT 1", output=output, WorkGroup=name) == (
            "StartQueryExecution InvalidRequestException: No output location provided. An output location is required "
            "either through the Workgroup result configuration setting or as an API input."
        )
    else:
        execution = root.run("SELECT 1", output, WorkGroup=name)
        assert execution["ResultConfiguration"]["OutputLocation"].startswith(f"s3://{RESULTS_BUCKET}/{expected}/")


def test_a_new_workgroup_enforces_unless_told_otherwise(account: Sandbox, root: Athena) -> None:
    new = root.client.get_work_group(WorkGroup=workgroup(account))["WorkGroup"]["Configuration"]
    assert new["EnforceWorkGroupConfiguration"] is True
    primary = root.client.get_work_group(WorkGroup="primary")["WorkGroup"]["Configuration"]
    assert primary["EnforceWorkGroupConfiguration"] is False
    assert primary["ManagedQueryResultsConfiguration"] == {"Enabled": False}


def test_managed_query_results(account: Sandbox, root: Athena) -> None:
    name = workgroup(account, ManagedQueryResultsConfiguration={"Enabled": True})
    together = "ManagedQueryResultsConfiguration and ResultConfiguration cannot be set together"
    assert root.failure("SELECT 1", WorkGroup=name) == f"StartQueryExecution InvalidRequestException: {together}"
    assert root.rows("SELECT name FROM customers WHERE customer_id = 1", output=None, WorkGroup=name) == [["Anna"]]
    assert "ResultConfiguration" not in root.run("SELECT 1", None, WorkGroup=name)
    updates: dict[str, Any] = {"ResultConfigurationUpdates": {"OutputLocation": OUTPUT}}
    with pytest.raises(ClientError, match=together):
        root.client.update_work_group(WorkGroup=name, ConfigurationUpdates=updates)
    updates["ManagedQueryResultsConfigurationUpdates"] = {"Enabled": False}
    root.client.update_work_group(WorkGroup=name, ConfigurationUpdates=updates)
    assert root.rows("SELECT 1", WorkGroup=name) == [["1"]]
    with pytest.raises(ClientError, match=together):
        workgroup(
            account,
            ManagedQueryResultsConfiguration={"Enabled": True},
            ResultConfiguration={"OutputLocation": OUTPUT},
        )


def test_settings_of_a_workgroup_are_kept_changed_and_removed(account: Sandbox, root: Athena) -> None:
    encryption = {"EncryptionOption": "SSE_S3"}
    settings: dict[str, Any] = {
        "ResultConfiguration": {
            "OutputLocation": OUTPUT,
            "EncryptionConfiguration": encryption,
            "ExpectedBucketOwner": ACCOUNT,
            "AclConfiguration": {"S3AclOption": "BUCKET_OWNER_FULL_CONTROL"},
        },
        "EnableMinimumEncryptionConfiguration": True,
        "BytesScannedCutoffPerQuery": 10000000,
        "IdentityCenterConfiguration": {
            "EnableIdentityCenter": True,
            "IdentityCenterInstanceArn": "arn:aws:sso:::instance/x",
        },
        "QueryResultsS3AccessGrantsConfiguration": {
            "EnableS3AccessGrants": True,
            "AuthenticationType": "DIRECTORY_IDENTITY",
        },
    }
    name = workgroup(account, **settings)
    found = root.client.get_work_group(WorkGroup=name)["WorkGroup"]["Configuration"]
    assert {key: found[key] for key in settings} == settings
    root.client.update_work_group(
        WorkGroup=name,
        Description="described",
        ConfigurationUpdates={
            "ResultConfigurationUpdates": {
                "OutputLocation": f"{OUTPUT}new/",
                "RemoveEncryptionConfiguration": True,
                "RemoveExpectedBucketOwner": True,
                "RemoveAclConfiguration": True,
            },
            "RemoveBytesScannedCutoffPerQuery": True,
            "EnableMinimumEncryptionConfiguration": False,
        },
    )
    updated = root.client.get_work_group(WorkGroup=name)["WorkGroup"]
    assert updated["Description"] == "described"
    assert updated["Configuration"]["ResultConfiguration"] == {"OutputLocation": f"{OUTPUT}new/"}
    assert updated["Configuration"]["EnableMinimumEncryptionConfiguration"] is False
    assert "BytesScannedCutoffPerQuery" not in updated["Configuration"]
    assert updated["Configuration"]["IdentityCenterConfiguration"] == settings["IdentityCenterConfiguration"]


# ---- cancelling ----

# 6 ** 16 rows to add up: it ends only by being stopped.
_ENDLESS = "SELECT sum(t0.order_id + t15.order_id) FROM " + ", ".join(f"orders t{number}" for number in range(16))


def test_stop(account: Sandbox, root: Athena) -> None:
    query_id = root.start(_ENDLESS)
    with pytest.raises(ClientError, match="Query has not yet finished"):
        root.client.get_query_results(QueryExecutionId=query_id)
    # Others are served while it runs.
    assert root.rows("SELECT 1") == [["1"]]
    root.client.stop_query_execution(QueryExecutionId=query_id)
    assert root.finish(query_id)["Status"]["State"] == "CANCELLED"
    with pytest.raises(ClientError, match="Final query state: CANCELLED"):
        root.client.get_query_results(QueryExecutionId=query_id)
    listed = account.client("s3").list_objects_v2(Bucket=RESULTS_BUCKET)
    assert not [each["Key"] for each in listed["Contents"] if query_id in each["Key"]]


def test_a_running_query_holds_up_neither_reset_nor_end() -> None:
    with Sandbox() as sandbox:
        seed(sandbox)
        athena = Athena(sandbox.client("athena"))
        # More than run at a time.
        for _number in range(6):
            athena.start(_ENDLESS)
        sandbox.reset()
        seed(sandbox)
        assert athena.rows("SELECT 1") == [["1"]]
        for _number in range(6):
            athena.start(_ENDLESS)
        process = sandbox._process
    # Zero: it ended by itself on SIGTERM, not by the SIGKILL that follows when it does not.
    assert process.returncode == 0


def test_an_unknown_query(root: Athena) -> None:
    for call in (root.client.get_query_execution, root.client.get_query_results, root.client.stop_query_execution):
        with pytest.raises(ClientError, match="QueryExecution nothing was not found"):
            call(QueryExecutionId="nothing")


# ---- the rights a query uses ----

# Every right that reading sales.shipments takes, each as (action, resources) of its own.
RIGHTS: list[tuple[str, Sequence[str]]] = [
    ("athena:StartQueryExecution", [f"{ATHENA}:workgroup/primary"]),
    ("athena:GetQueryExecution", [f"{ATHENA}:workgroup/primary"]),
    ("athena:GetQueryResults", [f"{ATHENA}:workgroup/primary"]),
    ("s3:GetBucketLocation", [RESULTS]),
    ("s3:PutObject", [f"{RESULTS}/team/*"]),
    ("s3:GetObject", [f"{RESULTS}/team/*"]),
    ("glue:GetDatabase", [f"{GLUE}:catalog", f"{GLUE}:database/sales"]),
    ("glue:GetTable", [f"{GLUE}:catalog", f"{GLUE}:database/sales", f"{GLUE}:table/sales/*"]),
    ("glue:GetPartitions", [f"{GLUE}:catalog", f"{GLUE}:database/sales", f"{GLUE}:table/sales/*"]),
    ("s3:ListBucket", [SOURCE]),
    ("s3:GetObject", [f"{SOURCE}/sales/shipments/*", f"{SOURCE}/archive/shipments/*"]),
]


def all_rights(without: int | None = None) -> list[dict[str, Any]]:
    """A policy of all rights, but for one."""
    return [statement(*right) for index, right in enumerate(RIGHTS) if index != without]


def not_authorized(action: str) -> str:
    """Athena's own refusal of a call, and Glue's that a query fails with."""
    operation = action.partition(":")[2]
    if action.startswith("athena:"):
        return f"{operation} AccessDeniedException: You are not authorized to perform: {action} on the resource."
    reason = f"because no identity-based policy allows the {action} action"
    envelope = "(Service: AmazonDataCatalog; Status Code: 400; Error Code: AccessDeniedException;"
    return (
        f"FAILED: User: {{user}} is not authorized to perform: {action} on resource: {GLUE}:catalog {reason} {envelope}"
    )


REFUSALS = [
    not_authorized("athena:StartQueryExecution"),
    not_authorized("athena:GetQueryExecution"),
    not_authorized("athena:GetQueryResults"),
    f"StartQueryExecution InvalidRequestException: Unable to verify/create output bucket {RESULTS_BUCKET}",
    f"FAILED: Access denied when writing output to url: s3://{RESULTS_BUCKET}/team/",
    "GetQueryResults InvalidRequestException: You do not seem to have access to the S3 location of your query results.",
    not_authorized("glue:GetDatabase"),
    not_authorized("glue:GetTable"),
    not_authorized("glue:GetPartitions"),
    f"FAILED: Permission denied on S3 path: s3://{SOURCE_BUCKET}/sales/shipments/carrier=north/",
    f"FAILED: Permission denied on S3 path: s3://{SOURCE_BUCKET}/sales/shipments/carrier=north/part-0.csv",
]


@pytest.mark.parametrize(
    "missing", range(len(RIGHTS)), ids=[f"{action} {resources[0]}" for action, resources in RIGHTS]
)
def test_each_right_is_needed(new_user: NewUser, missing: int) -> None:
    user = new_user(*all_rights(without=missing))
    athena = Athena(user.client("athena"))
    expected = REFUSALS[missing].format(user=user.arn)
    assert athena.failure(SHIPMENTS).startswith(expected)
    user.may(all_rights())
    assert athena.rows(SHIPMENTS) == SHIPMENTS_ROWS
    user.may(all_rights(without=missing))
    assert athena.failure(SHIPMENTS).startswith(expected)


def test_a_failed_query_left_nothing_behind(account: Sandbox, new_user: NewUser) -> None:
    athena = Athena(new_user(*all_rights(without=10)).client("athena"))
    query_id = athena.start(SHIPMENTS)
    assert athena.finish(query_id)["Status"]["State"] == "FAILED"
    listed = account.client("s3").list_objects_v2(Bucket=RESULTS_BUCKET)
    assert not [each["Key"] for each in listed["Contents"] if query_id in each["Key"]]
    failure = "GetQueryResults operation: Query did not finish successfully. Final query state: FAILED"
    with pytest.raises(ClientError, match=failure):
        athena.client.get_query_results(QueryExecutionId=query_id)


def test_select_1_needs_neither_glue_nor_source(new_user: NewUser) -> None:
    athena = Athena(new_user(*all_rights()[:6]).client("athena"))
    assert athena.rows("SELECT 1") == [["1"]]
    assert "glue:GetDatabase" in athena.failure(SHIPMENTS)


@pytest.mark.parametrize(
    ("narrowed", "named"),
    [
        ("catalog", f"glue:GetTable on resource: {GLUE}:catalog "),
        ("database/sales", f"glue:GetTable on resource: {GLUE}:database/sales "),
        ("table/sales/*", f"glue:GetTable on resource: {GLUE}:table/sales/shipments "),
    ],
)
def test_glue_asks_for_the_table_and_all_above_it(new_user: NewUser, narrowed: str, named: str) -> None:
    rights = [s for s in all_rights() if s["Action"] != "glue:GetTable"]
    kept = [arn for arn in RIGHTS[7][1] if arn != f"{GLUE}:{narrowed}"]
    athena = Athena(new_user(*rights, statement("glue:GetTable", kept)).client("athena"))
    assert named in athena.failure(SHIPMENTS)


def test_rights_on_one_table_are_not_rights_on_another(new_user: NewUser) -> None:
    rights = [s for s in all_rights() if s["Action"] != "glue:GetTable"]
    only = [f"{GLUE}:catalog", f"{GLUE}:database/sales", f"{GLUE}:table/sales/shipments"]
    athena = Athena(new_user(*rights, statement("glue:GetTable", only)).client("athena"))
    assert athena.rows(SHIPMENTS) == SHIPMENTS_ROWS
    for sql in (
        "SELECT * FROM shipments JOIN orders USING (order_id)",
        "SELECT (SELECT max(order_id) FROM sales.orders)",
    ):
        assert f"glue:GetTable on resource: {GLUE}:table/sales/orders " in athena.failure(sql)
    # Whether a table is there is not told to who may not see it.
    assert f"glue:GetTable on resource: {GLUE}:table/sales/nothing " in athena.failure("SELECT * FROM nothing")
    assert f"glue:GetDatabase on resource: {GLUE}:database/hr " in athena.failure("SELECT * FROM hr.employees")


def test_a_view_needs_rights_on_its_table_too(new_user: NewUser) -> None:
    rights = [s for s in all_rights() if s["Action"] != "glue:GetTable"] + [
        statement("s3:GetObject", f"{SOURCE}/sales/*")
    ]
    arns = [f"{GLUE}:catalog", f"{GLUE}:database/sales", f"{GLUE}:table/sales/active_customers"]
    user = new_user(*rights, statement("glue:GetTable", arns))
    athena = Athena(user.client("athena"))
    sql = "SELECT count(*) FROM active_customers"
    assert f"glue:GetTable on resource: {GLUE}:table/sales/customers " in athena.failure(sql)
    user.may([*rights, statement("glue:GetTable", [*arns, f"{GLUE}:table/sales/customers"])])
    assert athena.rows(sql) == [["4"]]


def test_a_partition_outside_of_the_table_needs_rights_there(new_user: NewUser) -> None:
    inside = statement("s3:GetObject", f"{SOURCE}/sales/shipments/*")
    user = new_user(*all_rights(without=10), inside)
    athena = Athena(user.client("athena"))
    path = f"s3://{SOURCE_BUCKET}/archive/shipments/west/part-0.csv"
    assert athena.failure(SHIPMENTS) == f"FAILED: Permission denied on S3 path: {path}"
    user.may([*all_rights(without=10), inside, statement("s3:GetObject", f"{SOURCE}/archive/shipments/west/*")])
    assert athena.rows(SHIPMENTS) == SHIPMENTS_ROWS


def test_listing_limited_to_prefixes(new_user: NewUser) -> None:
    def listing(*prefixes: str) -> dict[str, Any]:
        return statement("s3:ListBucket", SOURCE) | {"Condition": {"StringLike": {"s3:prefix": list(prefixes)}}}

    user = new_user(*all_rights(without=9), listing("sales/*"))
    athena = Athena(user.client("athena"))
    path = f"s3://{SOURCE_BUCKET}/archive/shipments/west/"
    assert athena.failure(SHIPMENTS) == f"FAILED: Permission denied on S3 path: {path}"
    user.may([*all_rights(without=9), listing("sales/*", "archive/shipments/*")])
    assert athena.rows(SHIPMENTS) == SHIPMENTS_ROWS


def test_a_prefix_condition_voids_get_bucket_location(new_user: NewUser) -> None:
    conditional = statement("s3:GetBucketLocation", RESULTS) | {"Condition": {"StringLike": {"s3:prefix": "*"}}}
    athena = Athena(new_user(*all_rights(without=3), conditional).client("athena"))
    assert "Unable to verify/create output bucket" in athena.failure("SELECT 1")


def test_output_outside_of_the_prefix(new_user: NewUser) -> None:
    athena = Athena(new_user(*all_rights()).client("athena"))
    for location in (f"s3://{RESULTS_BUCKET}/", f"s3://{RESULTS_BUCKET}/team-secret/", f"s3://{SOURCE_BUCKET}/sales/"):
        assert athena.failure("SELECT 1", output=location).startswith(
            (
                "FAILED: Access denied when writing output to url: ",
                "StartQueryExecution InvalidRequestException: Unable to",
            )
        )


def test_the_workgroup_is_the_one_named(account: Sandbox, new_user: NewUser) -> None:
    name = workgroup(account, EnforceWorkGroupConfiguration=False)
    user = new_user(*all_rights())
    athena = Athena(user.client("athena"))
    assert athena.failure("SELECT 1", WorkGroup=name).startswith("StartQueryExecution AccessDeniedException")
    actions = [action for action, _resources in RIGHTS if action.startswith("athena:")]
    user.may([*all_rights(), statement(actions, f"{ATHENA}:workgroup/{name}")])
    assert athena.rows("SELECT 1", WorkGroup=name) == [["1"]]


def test_an_acl_needs_its_own_right(new_user: NewUser) -> None:
    user = new_user(*all_rights())
    athena = Athena(user.client("athena"))
    acl = {"AclConfiguration": {"S3AclOption": "BUCKET_OWNER_FULL_CONTROL"}}
    assert "Access denied when writing output" in athena.failure("SELECT 1", ResultConfiguration=acl)
    user.may([*all_rights(), statement("s3:PutObjectAcl", f"{RESULTS}/team/*")])
    assert athena.rows("SELECT 1", ResultConfiguration=acl) == [["1"]]


def test_a_permissions_boundary_limits_the_query(account: Sandbox, new_user: NewUser) -> None:
    user = new_user(*all_rights())
    athena = Athena(user.client("athena"))
    narrow = document([s for s in all_rights() if s["Action"] != "glue:GetPartitions"])
    boundary = user.iam.create_policy(PolicyName=f"{user.name}-boundary", PolicyDocument=narrow)["Policy"]["Arn"]
    user.iam.put_user_permissions_boundary(UserName=user.name, PermissionsBoundary=boundary)
    assert "glue:GetPartitions" in athena.failure(SHIPMENTS)
    user.iam.delete_user_permissions_boundary(UserName=user.name)
    assert athena.rows(SHIPMENTS) == SHIPMENTS_ROWS


@pytest.fixture
def bucket_policy(account: Sandbox) -> Iterator[Callable[[str, dict[str, Any]], None]]:
    """Put a policy of one statement on a bucket, until the end of the test."""
    s3 = account.client("s3")
    names = []

    def put(name: str, policy_statement: dict[str, Any]) -> None:
        s3.put_bucket_policy(Bucket=name, Policy=document([policy_statement]))
        names.append(name)

    yield put
    for name in names:
        s3.delete_bucket_policy(Bucket=name)


def test_a_bucket_policy_can_refuse(new_user: NewUser, bucket_policy: Callable[[str, dict[str, Any]], None]) -> None:
    user = new_user(*all_rights())
    athena = Athena(user.client("athena"))
    bucket_policy(
        SOURCE_BUCKET, statement("s3:GetObject", f"{SOURCE}/archive/*", "Deny") | {"Principal": {"AWS": user.arn}}
    )
    assert "Permission denied on S3 path: s3://acme-data-lake/archive/" in athena.failure(SHIPMENTS)
    bucket_policy(SOURCE_BUCKET, statement("s3:GetObject", f"{SOURCE}/hr/*", "Deny") | {"Principal": "*"})
    assert athena.rows(SHIPMENTS) == SHIPMENTS_ROWS
    bucket_policy(RESULTS_BUCKET, statement("s3:PutObject", f"{RESULTS}/*", "Deny") | {"Principal": "*"})
    assert "Access denied when writing output to url" in athena.failure("SELECT 1")


def test_a_bucket_policy_can_allow(new_user: NewUser, bucket_policy: Callable[[str, dict[str, Any]], None]) -> None:
    user = new_user(*all_rights(without=10))
    athena = Athena(user.client("athena"))
    assert "Permission denied on S3 path" in athena.failure(SHIPMENTS)
    bucket_policy(SOURCE_BUCKET, statement("s3:GetObject", f"{SOURCE}/*") | {"Principal": {"AWS": user.arn}})
    assert athena.rows(SHIPMENTS) == SHIPMENTS_ROWS


def test_conditions_on_how_athena_calls(
    account: Sandbox, new_user: NewUser, bucket_policy: Callable[[str, dict[str, Any]], None]
) -> None:
    via = statement("s3:GetObject", RIGHTS[10][1]) | {
        "Condition": {"StringEquals": {"aws:CalledViaLast": "athena.amazonaws.com"}}
    }
    user = new_user(*all_rights(without=10), via)
    assert Athena(user.client("athena")).rows(SHIPMENTS) == SHIPMENTS_ROWS
    with pytest.raises(ClientError, match="AccessDenied"):
        user.client("s3").get_object(Bucket=SOURCE_BUCKET, Key="sales/shipments/carrier=south/part-0.csv")
    # Athena comes from addresses of AWS and over TLS, whatever the caller's own are.
    own_network = {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
    user.may([*all_rights(without=10), statement("s3:GetObject", RIGHTS[10][1]) | {"Condition": own_network}])
    assert "Permission denied on S3 path" in Athena(user.client("athena")).failure(SHIPMENTS)
    user.may(all_rights())
    insecure = {"Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    bucket_policy(SOURCE_BUCKET, statement("s3:*", f"{SOURCE}/*", "Deny") | insecure)
    assert Athena(user.client("athena")).rows(SHIPMENTS) == SHIPMENTS_ROWS


def test_an_encryption_condition_of_the_bucket(
    new_user: NewUser, bucket_policy: Callable[[str, dict[str, Any]], None]
) -> None:
    athena = Athena(new_user(*all_rights()).client("athena"))
    unencrypted = {"Principal": "*", "Condition": {"Null": {"s3:x-amz-server-side-encryption": "true"}}}
    bucket_policy(RESULTS_BUCKET, statement("s3:PutObject", f"{RESULTS}/*", "Deny") | unencrypted)
    assert "Access denied when writing output to url" in athena.failure("SELECT 1")
    encryption = {"EncryptionConfiguration": {"EncryptionOption": "SSE_S3"}}
    assert athena.rows("SELECT 1", ResultConfiguration=encryption) == [["1"]]


def test_a_role_queries_with_its_own_rights(account: Sandbox) -> None:
    iam = account.client("iam")
    name = f"role-{next(_numbers)}"
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document([trust]))["Role"]["Arn"]
    user = User(account, f"base-{name}", [statement("sts:AssumeRole", arn)])

    def session() -> Athena:
        granted = user.client("sts").assume_role(RoleArn=arn, RoleSessionName="query")["Credentials"]
        key = (granted["AccessKeyId"], granted["SecretAccessKey"])
        return Athena(account.client("athena", *key, session_token=granted["SessionToken"]))

    iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=document(all_rights(without=8)))
    assert f"assumed-role/{name}/query is not authorized to perform: glue:GetPartitions" in session().failure(SHIPMENTS)
    iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=document(all_rights()))
    assert session().rows(SHIPMENTS) == SHIPMENTS_ROWS


def test_defining_a_table_needs_the_right_to(account: Sandbox, new_user: NewUser) -> None:
    table = f"made_{next(_numbers)}"
    sql = f"CREATE EXTERNAL TABLE hr.{table} (a int) STORED AS PARQUET LOCATION 's3://{SOURCE_BUCKET}/{table}/'"
    user = new_user(*all_rights())
    athena = Athena(user.client("athena"))
    assert "glue:CreateTable on resource" in athena.failure(sql)
    arns = [f"{GLUE}:catalog", f"{GLUE}:database/hr", f"{GLUE}:table/hr/{table}"]
    user.may([*all_rights(), statement("glue:CreateTable", arns)])
    assert athena.rows(sql) == []
    assert Athena(account.client("athena")).rows(f"SELECT * FROM hr.{table}") == []
    assert "glue:DeleteTable on resource" in athena.failure(f"DROP TABLE hr.{table}")
    user.may([*all_rights(), statement("glue:DeleteTable", arns)])
    assert athena.rows(f"DROP TABLE hr.{table}") == []
    assert "TABLE_NOT_FOUND" in Athena(account.client("athena")).failure(f"SELECT * FROM hr.{table}")
