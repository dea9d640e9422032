# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Athena client: PyAthena, with the credentials of the environment and no others.

It does what the product does on a connection: list the schemas, read a table's columns, run SQL and fetch the rows.
Prints one JSON object: {"served": true, "databases": [...], "columns": [...], "rows": [[...]]}
or {"served": false, "refused_by": "...", "message": "..."}.

    python tests/clients/athena_query.py S3_OUTPUT_LOCATION DATABASE TABLE SQL
"""

from __future__ import annotations

import json
import sys
import typing as t

import pyathena
from botocore.exceptions import ClientError
from pyathena.error import Error as PyAthenaError


def query(output_location: str, database: str, table: str, sql: str) -> dict[str, t.Any]:
    """What the connection gets to see; raises what PyAthena and boto3 raise."""
    with pyathena.connect(s3_staging_dir=output_location, schema_name=database) as connection:
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


def main(arguments: list[str]) -> int:
    try:
        answer = query(*arguments)
    except (PyAthenaError, ClientError) as error:
        answer = {"served": False, "refused_by": type(error).__name__, "message": str(error)}
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
