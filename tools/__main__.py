# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tools COMMAND`: what the Makefile's targets call."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from types import FrameType

from .commands import become, end_all
from .environment import Environment, SetupFailed, development_environment, ensure
from .lock import write_locks
from .paths import CACHE, ROOT
from .private import private_environment
from .pythons import NoPython
from .release import release
from .steps import EVERY_STEP, STEPS, demo_command
from .suite import run_many, run_one

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Documentation that is made from data.
_PAGES = {
    "error-page": "tools.error_page",
    "provisioner-page": "tools.provisioner_page",
    "pictures": "ansible_collections.qualytics.athena.tests.browser.pictures",
}
_MADE_BY_TOOLS = (
    ".venv",
    ".venv-floor",
    ".venv-importer",
    ".venv-matrix",
    ".hypothesis",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    "tests/output",
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("setup", help="make the environment, or bring it up to date")
    run = commands.add_parser("run", help="run one step on the terminal")
    run.add_argument("step", choices=sorted(EVERY_STEP))
    test = commands.add_parser("test", help="run the steps that every change must pass, or those named")
    test.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(EVERY_STEP))
    commands.add_parser("demo", help="the demonstration")
    commands.add_parser("sandbox", help="a sandbox in the foreground")
    commands.add_parser("error-page", help="make the documentation page on error messages anew")
    commands.add_parser("provisioner-page", help="make the documentation of the provisioner's policies anew")
    commands.add_parser("pictures", help="take the pictures of the report in the documentation anew, with Chromium")
    commands.add_parser("fault-page", help="try every fault, and make the documentation page on faults anew")
    released = commands.add_parser("release", help="make the changelog of the version in galaxy.yml from the fragments")
    released.add_argument("day", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the day of the release")
    commands.add_parser("lock", help="pin the requirements anew")
    commands.add_parser("clean", help="remove all that the tools made")
    return parser


def _ready_environment() -> Environment:
    environment = development_environment()
    ensure(environment, lambda line: print(line, flush=True))
    return environment


def _clean() -> None:
    for name in _MADE_BY_TOOLS:
        shutil.rmtree(ROOT / name, ignore_errors=True)
    shutil.rmtree(CACHE, ignore_errors=True)
    for top in ("plugins", "tests", "tools"):
        for directory in (ROOT / top).rglob("__pycache__"):
            shutil.rmtree(directory, ignore_errors=True)


def _leave(number: int, _frame: FrameType | None) -> None:
    """End in order, and what runs with us; a second signal (make sends one on) must not break into that."""
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    for number in _SIGNALS:
        signal.signal(number, _leave)
    try:
        if options.command == "lock":
            write_locks()
        elif options.command == "clean":
            _clean()
        elif options.command == "setup":
            _ready_environment()
        elif options.command == "release":
            release(_ready_environment(), options.day, print)
        elif options.command == "run":
            return 0 if run_one(_ready_environment(), options.step) else 1
        elif options.command in _PAGES:
            environment = _ready_environment()
            variables = private_environment(environment, options.command)
            become(["python", "-m", _PAGES[options.command]], variables | {"PYTHONPATH": str(environment.collections)})
        elif options.command == "fault-page":
            environment = _ready_environment()
            paths = os.pathsep.join([str(environment.collections), "tests/sandbox", "tests/faults", "."])
            variables = private_environment(environment, options.command)
            become(["python", "-m", "tests.faults.record"], variables | {"PYTHONPATH": paths})
        elif options.command == "test":
            unknown = set(options.steps) - set(EVERY_STEP)
            if unknown:
                raise SetupFailed(f"no such step: {', '.join(sorted(unknown))}")
            return 0 if run_many(_ready_environment(), options.steps or STEPS) else 1
        else:
            command = demo_command() if options.command == "demo" else ["python", "tests/sandbox", "run"]
            become(command, private_environment(_ready_environment(), options.command))
    except (NoPython, SetupFailed, subprocess.CalledProcessError) as error:
        print(f"tools: {error}", file=sys.stderr)
        return 1
    finally:
        end_all()
    return 0


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
