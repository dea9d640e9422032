# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Athena client: PyAthena, with the credentials of the environment and no others.

With --role-arn these are the base role's: the client assumes the target role with them, as the product does in the
authentication mode IAM role.

It does what the product does on a connection: list the schemas, read a table's columns, run SQL and fetch the rows.
Prints one JSON object: {"served": true, "databases": [...], "columns": [...], "rows": [[...]]}
or {"served": false, "refused_by": "...", "message": "..."}. With --list-tables it only lists the tables and their
columns: {"served": true, "tables": {"...": [...]}}.

    python tests/clients/athena_query.py [--list-tables] [--role-arn ARN [--external-id ID] [--duration-seconds N]]
        S3_OUTPUT_LOCATION DATABASE TABLE SQL
"""

from __future__ import annotations

import argparse
import json
import sys
import typing as t

import pyathena
from botocore.exceptions import ClientError
from pyathena.error import Error as PyAthenaError


def query(output_location: str, database: str, table: str, sql: str, **role: t.Any) -> dict[str, t.Any]:
    """What the connection gets to see; raises what PyAthena and boto3 raise.

    role: role_arn, external_id and duration_seconds, where a role is to be assumed first.
    """
    with pyathena.connect(s3_staging_dir=output_location, schema_name=database, **role) as connection:
        cursor = connection.cursor()
        rows = cursor.execute(sql).fetchall()
        databases = cursor.list_databases(catalog_name="AwsDataCatalog")
        metadata = cursor.get_table_metadata(table, catalog_name="AwsDataCatalog", schema_name=database)
    return {
        "served": True,
        "databases": sorted(t.cast(str, found.name) for found in databases),
        "columns": [column.name for column in (*metadata.columns, *metadata.partition_keys)],
        "rows": [[str(value) for value in row] for row in rows],
    }


def list_tables(output_location: str, database: str, **role: t.Any) -> dict[str, t.Any]:
    """The tables that the connection gets to see, with their columns."""
    with pyathena.connect(s3_staging_dir=output_location, schema_name=database, **role) as connection:
        tables = connection.cursor().list_table_metadata(catalog_name="AwsDataCatalog", schema_name=database)
    return {
        "served": True,
        "tables": {it.name: [column.name for column in (*it.columns, *it.partition_keys)] for it in tables},
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Query as an Athena connection does.")
    parser.add_argument("--list-tables", action="store_true")
    parser.add_argument("--role-arn")
    parser.add_argument("--external-id")
    parser.add_argument("--duration-seconds", type=int)
    for name in ("output_location", "database", "table", "sql"):
        parser.add_argument(name)
    given = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}
    only_list = given.pop("list_tables")
    try:
        if only_list:
            del given["table"], given["sql"]
        answer = list_tables(**given) if only_list else query(**given)
    except (PyAthenaError, ClientError) as error:
        answer = {"served": False, "refused_by": type(error).__name__, "message": str(error)}
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
