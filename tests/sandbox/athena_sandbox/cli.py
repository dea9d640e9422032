# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the sandbox."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from .launcher import Sandbox, SandboxError, client_environment, refuse_running, stop_instance, write_state

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python tests/sandbox", description="A local AWS that enforces IAM.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run in the foreground until interrupted")
    run.add_argument("--port", type=int, default=0, help="default: a free port")
    start = commands.add_parser("start", help="start in the background")
    start.add_argument("--port", type=int, default=0, help="default: a free port")
    start.add_argument("--state-file", type=Path, required=True, help="where to write pid, url and environment")
    stop = commands.add_parser("stop", help="stop what `start` started")
    stop.add_argument("--state-file", type=Path, required=True)
    execute = commands.add_parser("exec", help="run a command against a sandbox of its own: exec -- COMMAND...")
    execute.add_argument("argv", nargs=argparse.REMAINDER, metavar="COMMAND")
    return parser


def _run(port: int) -> int:
    _exit_on_signals()
    with Sandbox(port) as sandbox:
        for name, value in sandbox.environment.items():
            print(f"export {name}={shlex.quote(value)}", flush=True)
        threading.Event().wait()
    return 0


def _start(port: int, state_file: Path) -> int:
    _exit_on_signals()
    refuse_running(state_file)
    sandbox = Sandbox(port, detached=True)
    try:
        state = sandbox.state()
        write_state(state_file, state)
    except BaseException:
        sandbox.stop()
        raise
    print(f"sandbox ready at {sandbox.url} (pid {state['pid']})")
    return 0


def _exec(command: Sequence[str]) -> int:
    if not command:
        raise SandboxError("exec needs a command: exec -- COMMAND...")
    _exit_on_signals()
    with Sandbox() as sandbox:
        child: list[subprocess.Popen[bytes]] = []
        early: list[int] = []

        def forward(signal_number: int, _frame: FrameType | None = None) -> None:
            if not child:
                early.append(signal_number)
            # A terminal sends Ctrl-C to the command itself; sending it again would look like a second Ctrl-C.
            elif child[0].poll() is None and not (signal_number == signal.SIGINT and _in_foreground()):
                child[0].send_signal(signal_number)

        for number in _SIGNALS:
            signal.signal(number, forward)
        try:
            child.append(subprocess.Popen(command, env=client_environment(sandbox.environment)))
        except OSError as error:
            print(f"{command[0]}: {error.strerror}", file=sys.stderr)
            return 127 if isinstance(error, FileNotFoundError) else 126
        for signal_number in early:
            forward(signal_number)
        status = child[0].wait()
    return status if status >= 0 else 128 - status


def _in_foreground() -> bool:
    try:
        with open("/dev/tty", "rb") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def _exit_on_signals() -> None:
    """Turn signals into SystemExit, so that `with Sandbox()` stops the server on the way out."""

    def leave(signal_number: int, _frame: FrameType | None) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        sys.exit(128 + signal_number)

    for number in _SIGNALS:
        signal.signal(number, leave)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "run":
            return _run(options.port)
        if options.command == "start":
            return _start(options.port, options.state_file)
        if options.command == "stop":
            print(stop_instance(options.state_file))
            return 0
        argv = options.argv[1:] if options.argv[:1] == ["--"] else options.argv
        return _exec(argv)
    except SandboxError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
