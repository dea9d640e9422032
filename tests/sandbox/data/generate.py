# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the sample data beside this file: `python tests/sandbox/data/generate.py`.

The folders are the keys of the objects in the source bucket; catalog.yml says which tables lie on them.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, Literal

import duckdb

HERE = Path(__file__).parent

Rows = list[list[Any]]

CUSTOMERS_FILE = "sales/customers/customers.parquet"
CUSTOMERS_COLUMNS = (
    "customer_id INTEGER, name VARCHAR, country VARCHAR, signed_up DATE, credit DECIMAL(10,2), is_active BOOLEAN"
)
CUSTOMERS: Rows = [
    [1, "Anna", "DE", "2025-03-01", "1000.00", True],
    [2, "Bruno", "FR", "2025-04-17", "250.50", True],
    [3, "Chiara", "IT", "2025-06-30", "0.00", False],
    [4, "Dagny", "SE", "2025-09-12", None, True],
    [5, "O'Neill", "IE", "2025-12-31", "99.99", True],
    [6, None, "DE", "2026-01-15", "10.00", False],
]

# Plain CSV: a header line, nothing quoted, an empty field is NULL where the column is a number.
ORDERS_HEADER = ["order_id", "customer_id", "ordered_at", "amount"]
ORDERS: dict[str, Rows] = {
    "2026-01": [[101, 1, "2026-01-03 09:15:00", "19.90"], [102, 2, "2026-01-20 18:00:30", "250.00"]],
    "2026-02": [[103, 1, "2026-02-02 07:45:10", "5.05"], [104, 4, "2026-02-14 12:00:00", "1200.00"]],
    "2026-03": [[105, 5, "2026-03-01 00:00:00", "33.33"], [106, 3, "2026-03-30 23:59:59", None]],
}

# The shipments of the carrier `west` were archived: their partition lies outside the table's own location.
SHIPMENTS_HEADER = ["shipment_id", "order_id", "weight_kg"]
SHIPMENTS: dict[str, Rows] = {
    "sales/shipments/carrier=north/part-0.csv": [[1, 101, "1.5"], [2, 102, "0.25"]],
    "sales/shipments/carrier=south/part-0.csv": [[3, 103, "12"]],
    "archive/shipments/west/part-0.csv": [[4, 104, "80.5"], [5, 105, "2.75"]],
}

# Quoted CSV: fields hold the separator and quotes.
EMPLOYEES_HEADER = ["employee_id", "name", "department", "salary"]
EMPLOYEES: Rows = [
    [1, "Smith, Anna", "Sales", 5200],
    [2, 'Karl "Kalle" Berg', "Sales", 4800],
    [3, "Díaz, Inés", "Research", 6100],
]


def _path(root: Path, name: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _write_csv(path: Path, header: list[str], rows: Rows, quoting: Literal[0, 1] = csv.QUOTE_MINIMAL) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=quoting, lineterminator="\n")
        writer.writerows([header, *rows])


def generate(root: Path) -> None:
    """Write every file under `root`."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"CREATE TABLE customers ({CUSTOMERS_COLUMNS})")
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?)", CUSTOMERS)
        connection.execute(f"COPY customers TO '{_path(root, CUSTOMERS_FILE)}' (FORMAT parquet)")
    for month, rows in ORDERS.items():
        path = _path(root, f"sales/orders/order_month={month}/orders.csv")
        _write_csv(path, ORDERS_HEADER, rows)
    for name, rows in SHIPMENTS.items():
        _write_csv(_path(root, name), SHIPMENTS_HEADER, rows)
    _write_csv(_path(root, "hr/employees/employees.csv"), EMPLOYEES_HEADER, EMPLOYEES, csv.QUOTE_ALL)


if __name__ == "__main__":
    generate(HERE)
