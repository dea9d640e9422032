# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: one command provisions two connections, one in each authentication mode, and a real client queries.

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
USER, BASE_ROLE = "qualytics", "qualytics-dataplane"
SQL = "SELECT order_month, count(*), sum(amount) FROM orders GROUP BY order_month ORDER BY order_month"
# The sums of tests/sandbox/data/sales/orders, by hand.
ROWS = [["2026-01", "2", "269.90"], ["2026-02", "2", "1205.05"], ["2026-03", "2", "33.33"]]


class Connection(t.NamedTuple):
    """A connection as a client makes it: the profile with its credentials, and what it gives beside them."""

    name: str
    profile: str
    options: tuple[str, ...] = ()


TARGET_ROLE = "arn:aws:iam::123456789012:role/qualytics-target"
CONNECTIONS = [
    Connection("key", USER),
    Connection("role", BASE_ROLE, ("--role-arn", TARGET_ROLE, "--external-id", "acme-3f1c7a52")),
]


class DemoError(Exception):
    """The demo did not show what it is there to show."""


def step(title: str) -> None:
    print(f"\n== {title}", flush=True)


def playbook(*arguments: str, status: str = "", **environment: str) -> None:
    """Run ansible-playbook as the account's administrator, whose keys the environment has.

    status: what the playbook must show for every connection, or how that begins. environment: variables beside those.
    """
    command = ["ansible-playbook", *arguments]
    print(f"   $ {' '.join(command)}", flush=True)
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})
    shown = [
        line
        for line in done.stdout.splitlines()
        if line.startswith(("changed:", "failed:", "fatal:")) or "msg" in line or "ok=" in line
    ]
    print("\n".join(f"   {line.strip()}" for line in shown))
    print(f"   ({time.monotonic() - started:.1f} s)", flush=True)
    if done.returncode:
        raise DemoError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    for connection in CONNECTIONS if status else ():
        if f'"msg": "{connection.name}: {status}' not in done.stdout:
            raise DemoError(f"the connection {connection.name} is not {status}:\n{done.stdout}")


def client(connection: Connection, credentials: Path) -> dict[str, t.Any]:
    """Query as the connection does: nothing but the user's own access key, or the base role's session."""
    kept = {name: os.environ[name] for name in ("PATH", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION")}
    environment = {**kept, "AWS_SHARED_CREDENTIALS_FILE": str(credentials), "AWS_PROFILE": connection.profile}
    location = f"s3://acme-athena-results/{connection.name}/"
    client = str(TESTS / "clients" / "athena_query.py")
    command = [sys.executable, client, *connection.options, location, "sales", "orders", SQL]
    print(f"   {connection.name}: as {' '.join([connection.profile, *connection.options])}")
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    answer: dict[str, t.Any] = json.loads(done.stdout)
    if answer["served"]:
        print(f"   served: databases {answer['databases']}, columns {answer['columns']}")
        print("\n".join(f"   {row}" for row in answer["rows"]), flush=True)
    else:
        print(f"   refused: {answer['message']}", flush=True)
    return answer


def expect(credentials: Path, served: bool) -> None:
    for connection in CONNECTIONS:
        _expect(client(connection, credentials), served)


def _expect(answer: dict[str, t.Any], served: bool) -> None:
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
            step("An account with a data lake, a results bucket, and a user and a base role without any right")
            seeding = f"sandbox_credentials_file={credentials} sandbox_base_role_name={BASE_ROLE}"
            playbook(str(TESTS / "sandbox" / "seed.yml"), "-e", seeding)
            step("A PyAthena client with the user's access key, and one with the base role's session, before")
            expect(credentials, served=False)
            step("Provision the connections")
            playbook("qualytics.athena.provision", "-i", inventory, status="changed")
            step("The same clients, after")
            expect(credentials, served=True)
            step("Does it all agree, also for the product? Verify, with its own credentials")
            live = ("-e", "athena_access_live=true")
            verified = {"AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
            playbook("qualytics.athena.verify", "-i", inventory, *live, status="works", **verified)
            step("Is everything still as it should be?")
            playbook("qualytics.athena.provision", "-i", inventory, "--check", "--diff", status="in_sync")
            step("Remove the connections")
            playbook("qualytics.athena.remove", "-i", inventory, status="changed")
            step("The same clients, afterwards")
            expect(credentials, served=False)
        except DemoError as error:
            print(f"\ndemo failed: {error}", file=sys.stderr)
            return 1
    print("\nBoth clients were refused, served, and refused again.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
