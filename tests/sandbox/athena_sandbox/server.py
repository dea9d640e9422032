# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server process: ministack behind one private socket, with this package's corrections installed.

Started by launcher.py only, which sets the environment ministack reads when it is imported.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import importlib.util
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

# Every file that corrects ministack: each has install(), and may have reset() for state of its own. A module listed
# here but absent is not part of this sandbox (yet): a later service, such as lake_formation, is added by its name.
# The last one stands before the handlers of all the others.
CORRECTIONS = (
    "authorization",
    "organization_policies",
    "iam",
    "roles",
    "trust",
    "assume_role",
    "simulator",
    "keys",
    "s3",
    "glue",
    "catalog_encryption",
    "athena",
    "lake_formation_service",
    "failing_calls",
    "slow_calls",
)

SERVICES = "iam,sts,s3,glue,athena,kms"


def _listen(port: int) -> socket.socket:
    """A listening socket, so that a client that knows the port is never refused while ministack still starts."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(256)
    return listener


def corrections() -> list[Any]:
    """The correction modules that exist."""
    names = [f"{__package__}.{name}" for name in CORRECTIONS]
    return [importlib.import_module(name) for name in names if importlib.util.find_spec(name)]


def _end_with(lifeline: int) -> None:
    """Stop in good order when the process that started this one is gone."""

    def watch() -> None:
        os.read(lifeline, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


async def _serve(application: Callable[..., Awaitable[None]], listener: socket.socket) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await serve(application, config, shutdown_trigger=stopped.wait)


def main() -> None:
    """Serve until SIGTERM, SIGINT or the end of the parent."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sandbox-instance", required=True)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ready-fd", type=int, required=True)
    parser.add_argument("--lifeline-fd", type=int)
    options = parser.parse_args()
    os.umask(0o077)
    if options.lifeline_fd is not None:
        _end_with(options.lifeline_fd)
    ready = False
    try:
        listener = _listen(options.port)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        os.environ["GATEWAY_PORT"] = str(listener.getsockname()[1])
        os.environ["SERVICES"] = SERVICES

        from . import pin
        from .call_log import recording

        if changed := pin.moved(pin.PINNED):
            sys.exit("this sandbox does not fit the installed ministack:\n" + "\n".join(changed))
        installed = corrections()
        for module in installed:
            module.install()

        def announce() -> None:
            nonlocal ready
            ready = True
            os.write(options.ready_fd, url.encode())
            os.close(options.ready_fd)

        application = recording([module.reset for module in installed if hasattr(module, "reset")], announce)
        asyncio.run(_serve(application, listener))
    finally:
        # The log of a failed start is for the launcher, which removes the directory itself.
        if ready:
            shutil.rmtree(options.directory, ignore_errors=True)


if __name__ == "__main__":
    main()
