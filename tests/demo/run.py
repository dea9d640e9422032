# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: one command provisions an access-key connection, and a real client queries with it.

Runs against the sandbox that AWS_ENDPOINT_URL names:

    python tests/sandbox exec -- python tests/demo/run.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
USER = "qualytics"
OUTPUT_LOCATION = "s3://acme-athena-results/qualytics/"
SQL = "SELECT order_month, count(*), sum(amount) FROM orders GROUP BY order_month ORDER BY order_month"
# The sums of tests/sandbox/data/sales/orders, by hand.
ROWS = [["2026-01", "2", "269.90"], ["2026-02", "2", "1205.05"], ["2026-03", "2", "33.33"]]


class DemoError(Exception):
    """The demo did not show what it is there to show."""


def step(title: str) -> None:
    print(f"\n== {title}", flush=True)


def playbook(*arguments: str, status: str = "") -> None:
    """Run ansible-playbook as the account's administrator, whose keys the environment has.

    status: the status that the playbook must show for the connection.
    """
    command = ["ansible-playbook", *arguments]
    print(f"   $ {' '.join(command)}", flush=True)
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    shown = [
        line
        for line in done.stdout.splitlines()
        if line.startswith(("changed:", "failed:", "fatal:")) or "msg" in line or "ok=" in line
    ]
    print("\n".join(f"   {line.strip()}" for line in shown))
    print(f"   ({time.monotonic() - started:.1f} s)", flush=True)
    if done.returncode:
        raise DemoError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    if status and f'"msg": "sales: {status}"' not in done.stdout:
        raise DemoError(f"the connection is not {status}:\n{done.stdout}")


def client(credentials: Path) -> dict[str, t.Any]:
    """Query as the connection does: nothing but the user's own access key."""
    kept = {name: os.environ[name] for name in ("PATH", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION")}
    environment = {**kept, "AWS_SHARED_CREDENTIALS_FILE": str(credentials), "AWS_PROFILE": USER}
    command = [sys.executable, str(TESTS / "clients" / "athena_query.py"), OUTPUT_LOCATION, "sales", "orders", SQL]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    answer: dict[str, t.Any] = json.loads(done.stdout)
    if answer["served"]:
        print(f"   served: databases {answer['databases']}, columns {answer['columns']}")
        print("\n".join(f"   {row}" for row in answer["rows"]), flush=True)
    else:
        print(f"   refused: {answer['message']}", flush=True)
    return answer


def expect(answer: dict[str, t.Any], served: bool) -> None:
    if answer["served"] is not served:
        raise DemoError(f"the client was {'served' if answer['served'] else 'refused'}")
    if not served and "not authorized" not in answer["message"]:
        raise DemoError("the client failed for another reason than its rights")
    if served and answer["rows"] != ROWS:
        raise DemoError(f"the client got other rows than the files hold: {answer['rows']}")


def main() -> int:
    inventory = str(TESTS / "demo" / "inventory.yml")
    with tempfile.TemporaryDirectory(prefix="athena-demo-") as directory:
        credentials = Path(directory) / "credentials"
        try:
            step("An account with a data lake, a results bucket, and a user without any right")
            playbook(str(TESTS / "sandbox" / "seed.yml"), "-e", f"sandbox_credentials_file={credentials}")
            step("A PyAthena client with the user's access key, before")
            expect(client(credentials), served=False)
            step("Provision the connection")
            playbook("qualytics.athena.provision", "-i", inventory, status="changed")
            step("The same client, after")
            expect(client(credentials), served=True)
            step("Is everything still as it should be?")
            playbook("qualytics.athena.provision", "-i", inventory, "--check", "--diff", status="in_sync")
            step("Remove the connection")
            playbook("qualytics.athena.remove", "-i", inventory, status="changed")
            step("The same client, afterwards")
            expect(client(credentials), served=False)
        except DemoError as error:
            print(f"\ndemo failed: {error}", file=sys.stderr)
            return 1
    print("\nThe client was refused, served, and refused again.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
