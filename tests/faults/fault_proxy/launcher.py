# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start, reach and stop a fault proxy in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import athena_sandbox
from athena_sandbox import control

from .rules import Fault

_PACKAGES = (Path(__file__).resolve().parent.parent, Path(athena_sandbox.__file__).resolve().parent.parent)


class Proxy:
    """A running proxy in front of a URL; ends with `stop`, or when this process ends in any way."""

    def __init__(self, backend: str) -> None:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, _PACKAGES))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fault_proxy.server", backend],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout
        port = self._process.stdout.readline().decode().strip()
        if not port:
            self.stop()
            raise RuntimeError("the fault proxy did not start")
        self.url = f"http://127.0.0.1:{port}"

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process and wait for it; safe to call twice."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(15)
        self._process.stdout.close()

    def rule(self, fault: Fault, **settings: Any) -> None:
        """Have calls meet a fault (see rules.Rule)."""
        self._control("POST", "rules", {"fault": fault, **settings})

    def rules(self) -> list[dict[str, Any]]:
        """The rules that are not used up."""
        rules: list[dict[str, Any]] = self._control("GET", "rules")
        return rules

    def clear_rules(self) -> None:
        self._control("DELETE", "rules")

    def calls(self) -> list[dict[str, Any]]:
        """The calls received, in order: {service, operation, status, fault}; status 0 is no answer."""
        calls: list[dict[str, Any]] = self._control("GET", "calls")
        return calls

    def clear_calls(self) -> None:
        self._control("DELETE", "calls")

    def clear_memory(self) -> None:
        """Forget what reads were answered."""
        self._control("DELETE", "memory")

    def _control(self, method: str, name: str, settings: Any = None) -> Any:
        status, body = control.request(self.url, method, f"/_proxy/{name}", settings)
        if status != 200:
            raise ValueError(f"{method} {name}: the proxy answered {status}: {body[:500]!r}")
        return json.loads(body)
