# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A test-only Ansible module: Glue databases, tables and partitions as catalog.yml describes them.

No collection has a module for the Glue Data Catalog. It creates and updates, and never deletes.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
# format -> (InputFormat, OutputFormat, SerDe, SerDe parameters, table parameters)
_FORMATS: dict[str, tuple[str, str, str, dict[str, str], dict[str, str]]] = {
    "csv": (
        _TEXT_INPUT,
        _TEXT_OUTPUT,
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        {"field.delim": ",", "serialization.format": ","},
        {"classification": "csv", "skip.header.line.count": "1"},
    ),
    "quoted_csv": (
        _TEXT_INPUT,
        _TEXT_OUTPUT,
        "org.apache.hadoop.hive.serde2.OpenCSVSerde",
        {"separatorChar": ",", "quoteChar": '"'},
        {"classification": "csv", "skip.header.line.count": "1"},
    ),
    "parquet": (
        f"{_PARQUET}.MapredParquetInputFormat",
        f"{_PARQUET}.MapredParquetOutputFormat",
        f"{_PARQUET}.serde.ParquetHiveSerDe",
        {"serialization.format": "1"},
        {"classification": "parquet"},
    ),
}


def _columns(described: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{"Name": column["name"], "Type": column["type"]} for column in described]


def _storage(table: dict[str, Any], location: str) -> dict[str, Any]:
    input_format, output_format, serde, parameters, _table_parameters = _FORMATS[table["format"]]
    return {
        "Columns": _columns(table["columns"]),
        "Location": location,
        "InputFormat": input_format,
        "OutputFormat": output_format,
        "SerdeInfo": {"SerializationLibrary": serde, "Parameters": parameters},
    }


def table_input(table: dict[str, Any], database: str, bucket: str) -> dict[str, Any]:
    """The TableInput of a table, or of a view as Athena writes it."""
    if "view" in table:
        columns = [{"name": column["name"], "type": column["type"]} for column in table["columns"]]
        definition = {"originalSql": table["view"], "catalog": "awsdatacatalog", "schema": database, "columns": columns}
        encoded = base64.b64encode(json.dumps(definition).encode()).decode()
        return {
            "Name": table["name"],
            "TableType": "VIRTUAL_VIEW",
            "Parameters": {"presto_view": "true", "comment": "Presto View"},
            "StorageDescriptor": {"Columns": _columns(table["columns"]), "Location": ""},
            "PartitionKeys": [],
            "ViewOriginalText": f"/* Presto View: {encoded} */",
            "ViewExpandedText": "/* Presto View */",
        }
    return {
        "Name": table["name"],
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE"} | _FORMATS[table["format"]][4],
        "StorageDescriptor": _storage(table, f"s3://{bucket}/{table['location']}/"),
        "PartitionKeys": _columns(table.get("partition_keys", [])),
    }


def partition_inputs(table: dict[str, Any], bucket: str) -> list[dict[str, Any]]:
    """The PartitionInput of each partition."""
    return [
        {"Values": each["values"], "StorageDescriptor": _storage(table, f"s3://{bucket}/{each['location']}/")}
        for each in table.get("partitions", [])
    ]


def _differs(wanted: dict[str, Any], found: dict[str, Any]) -> bool:
    """Whether anything wanted is not so; what AWS adds is no difference."""
    return any(found.get(name) != value for name, value in wanted.items())


def ensure_catalog(glue: Any, databases: list[dict[str, Any]], bucket: str, check_mode: bool = False) -> Iterator[str]:
    """Create or update what is missing or different; yields what was done, in words."""

    def change(words: str, operation: str, **arguments: Any) -> str:
        if not check_mode:
            getattr(glue, operation)(**arguments)
        return words

    existing = {
        each["Name"]: each for page in glue.get_paginator("get_databases").paginate() for each in page["DatabaseList"]
    }
    for database in databases:
        name = database["name"]
        wanted = {"Name": name, "Description": database["description"]}
        if name not in existing:
            yield change(f"created database {name}", "create_database", DatabaseInput=wanted)
        elif _differs(wanted, existing[name]):
            yield change(f"updated database {name}", "update_database", Name=name, DatabaseInput=wanted)
        pages = glue.get_paginator("get_tables").paginate(DatabaseName=name) if name in existing else ()
        tables = {each["Name"]: each for page in pages for each in page["TableList"]}
        for table in database["tables"]:
            full_name = f"{name}.{table['name']}"
            wanted_table = table_input(table, name, bucket)
            if table["name"] not in tables:
                yield change(f"created table {full_name}", "create_table", DatabaseName=name, TableInput=wanted_table)
            elif _differs(wanted_table, tables[table["name"]]):
                yield change(f"updated table {full_name}", "update_table", DatabaseName=name, TableInput=wanted_table)
            arguments = {"DatabaseName": name, "TableName": table["name"]}
            partitioned = table["name"] in tables and table.get("partition_keys")
            pages = glue.get_paginator("get_partitions").paginate(**arguments) if partitioned else ()
            partitions = {tuple(each["Values"]): each for page in pages for each in page["Partitions"]}
            for partition in partition_inputs(table, bucket):
                values = partition["Values"]
                words = f"partition {'/'.join(values)} of {full_name}"
                if tuple(values) not in partitions:
                    yield change(f"created {words}", "create_partition", PartitionInput=partition, **arguments)
                elif _differs(partition, partitions[tuple(values)]):
                    entry = {"PartitionValueList": values, "PartitionInput": partition}
                    yield change(f"updated {words}", "batch_update_partition", Entries=[entry], **arguments)


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "databases": {"type": "list", "elements": "dict", "required": True},
            "bucket": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    glue = module.client("glue")
    changes = list(ensure_catalog(glue, module.params["databases"], module.params["bucket"], module.check_mode))
    module.exit_json(changed=bool(changes), changes=changes)


if __name__ == "__main__":
    main()
