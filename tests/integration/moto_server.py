# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""moto, a stand-in for AWS that others wrote, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from athena_sandbox.launcher import REGION

# On a free port, until nobody holds the other end of its standard input.
_SERVER = """
import sys
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""
_KEY = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}


class Moto:
    """A running moto, in the words of the sandbox, as far as module runs need them."""

    def __init__(self, port: int, log: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._log = log
        self.clear_calls()

    def client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, **_KEY)

    def reset(self) -> None:
        """An empty account."""
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")):
            return

    def note(self, call: str) -> None:
        """Keep a call that a module is about to make; moto keeps none."""
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"{call}\n")

    def clear_calls(self) -> None:
        self._log.write_text("", encoding="utf-8")

    def calls(self) -> list[dict[str, str]]:
        calls = [line.split(":") for line in self._log.read_text(encoding="utf-8").splitlines()]
        return [{"service": service, "operation": operation} for service, operation in calls]


@contextmanager
def running_moto(log: Path) -> Iterator[Moto]:
    """log: a file for the calls that modules make."""
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            port = process.stdout.readline()
            assert port, "moto did not start"
            yield Moto(int(port), log)
        finally:
            process.stdin.close()
            process.wait(15)
