# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start, reach and stop a sandbox in a process of its own. Standard library only, apart from Sandbox.client()."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from functools import cache
from pathlib import Path
from typing import Any

from . import control

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
# The account root of the sandbox: the example key of AWS's own documentation, worth nothing anywhere else.
ROOT_ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE"
ROOT_SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

_START_SECONDS = 60
_STOP_SECONDS = 15
_MARKER = "--sandbox-instance"
_DIRECTORY_PREFIX = "athena-sandbox-"
# All the server inherits: an AWS profile, a proxy or a ministack setting of the user must not reach it.
_INHERITED = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT")


class SandboxError(Exception):
    """The sandbox did not start, or what a state file names is not a sandbox."""


def server_environment(directory: Path) -> dict[str, str]:
    """The whole environment of the server process, whose files all stay inside `directory`."""
    package_root = str(Path(__file__).resolve().parent.parent)
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    python_path = os.pathsep.join(filter(None, (package_root, inherited.get("PYTHONPATH"))))
    return inherited | {
        "PYTHONPATH": python_path,
        "HOME": str(directory),
        "TMPDIR": str(directory),
        "S3_DATA_DIR": str(directory / "s3"),
        "STATE_DIR": str(directory / "state"),
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # Without this ministack would clean up containers of a Docker daemon it finds.
        "DOCKER_HOST": f"unix://{directory}/no-docker",
        "LOG_LEVEL": "WARNING",
        "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
        "MINISTACK_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ROOT_ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": ROOT_SECRET_ACCESS_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def client_environment(sandbox_environment: dict[str, str]) -> dict[str, str]:
    """This process's environment, pointed at the sandbox and at nothing else."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    no_files = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return environment | sandbox_environment | no_files


def command_line(pid: int) -> str:
    """The command line of a process, empty when there is no such process (or only its exit status is left)."""
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/cmdline").exists():
        try:
            return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    shown = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout


@cache
def _service_models() -> Any:
    """One loader for all clients: reading the service models is most of the time that making a client takes."""
    import botocore.loaders

    return botocore.loaders.create_loader()


class Sandbox:
    """A running sandbox.

    `with Sandbox() as sandbox:` starts one on a free port of 127.0.0.1 and stops it; it also ends when this process
    ends in any way, unless `detached`, when it lives until `stop_instance`.
    """

    def __init__(self, port: int = 0, detached: bool = False) -> None:
        self._instance = uuid.uuid4().hex
        self._directory = Path(tempfile.mkdtemp(prefix=_DIRECTORY_PREFIX))
        self._lifeline: int | None = None
        try:
            self._process = self._launch(port, detached)
            self.url = self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        self.environment = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ROOT_ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": ROOT_SECRET_ACCESS_KEY,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def _launch(self, port: int, detached: bool) -> subprocess.Popen[bytes]:
        self._ready, ready_write = os.pipe()
        descriptors = [ready_write]
        command = [sys.executable, "-m", "athena_sandbox.server", _MARKER, self._instance]
        command += ["--directory", str(self._directory), "--port", str(port), "--ready-fd", str(ready_write)]
        if not detached:
            # Nothing is ever written: the server ends when the pipe closes, that is when this process is gone.
            lifeline_read, self._lifeline = os.pipe()
            descriptors.append(lifeline_read)
            command += ["--lifeline-fd", str(lifeline_read)]
        try:
            with open(self._directory / "server.log", "wb") as log:
                return subprocess.Popen(
                    command,
                    env=server_environment(self._directory),
                    pass_fds=descriptors,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    # A Ctrl-C in the terminal is for the command; the sandbox must outlive it to be stopped in order.
                    start_new_session=True,
                )
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _wait_until_ready(self) -> str:
        with os.fdopen(self._ready, "rb") as ready:
            answered, _writable, _failed = select.select([ready], [], [], _START_SECONDS)
            url = ready.read().decode() if answered else ""
        if not url:
            log = (self._directory / "server.log").read_text(errors="replace")
            raise SandboxError(f"the sandbox did not start:\n{log[-4000:]}")
        return url

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop the server, wait until it is gone and remove its files; safe to call twice."""
        process = getattr(self, "_process", None)
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None
        shutil.rmtree(self._directory, ignore_errors=True)

    def state(self) -> dict[str, Any]:
        """What a state file holds: pid, url and environment for users, instance and directory for `stop_instance`."""
        return {
            "pid": self._process.pid,
            "url": self.url,
            "environment": self.environment,
            "instance": self._instance,
            "directory": str(self._directory),
        }

    def reset(self) -> None:
        """Empty the account and the record of calls; turn all switches off."""
        self._control("POST", "reset")

    def keep(self, name: str) -> None:
        """Keep all that the accounts hold, to be brought back by this name; a reset does not forget it."""
        self._control("PUT", "snapshot", {"name": name})

    def restore(self, name: str) -> None:
        """Make the accounts hold what was kept, and nothing else; no calls recorded, all switches off."""
        self._control("POST", "snapshot", {"name": name})

    def calls(self) -> list[dict[str, Any]]:
        """The calls received, in order: {service, operation, access_key_id, status}."""
        calls: list[dict[str, Any]] = json.loads(self._control("GET", "calls"))
        return calls

    def clear_calls(self) -> None:
        """Forget the calls received so far."""
        self._control("DELETE", "calls")

    def switch(self, name: str, times: int = 1, **settings: Any) -> None:
        """Turn a switch on (see switches.py): what AWS does now and then, for the next `times` times."""
        self._control("POST", "switches", {"switch": name, "times": times, **settings})

    def switches(self) -> list[dict[str, Any]]:
        """The switches that are still on, with the times that are left."""
        switches: list[dict[str, Any]] = json.loads(self._control("GET", "switches"))
        return switches

    def _control(self, method: str, name: str, settings: Any = None) -> bytes:
        status, body = control.request(self.url, method, f"/_sandbox/{name}", settings)
        if status != 200:
            raise SandboxError(f"{method} {name}: the sandbox answered {status}: {body[:500]!r}")
        return body

    def client(
        self,
        service: str,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        region: str | None = None,
        session_token: str | None = None,
    ) -> Any:
        """A boto3 client on the sandbox, as the account root unless a key is given; it never retries."""
        import boto3
        import botocore.session
        from botocore.config import Config

        # As if the user had neither a profile nor configuration files.
        unset = {"profile": (None, None, None, None), "config_file": (None, None, os.devnull, None)}
        core = botocore.session.Session(session_vars=unset)
        core.register_component("data_loader", _service_models())
        session = boto3.session.Session(
            botocore_session=core,
            aws_access_key_id=access_key_id or ROOT_ACCESS_KEY_ID,
            aws_secret_access_key=secret_access_key or ROOT_SECRET_ACCESS_KEY,
            aws_session_token=session_token,
            region_name=region or REGION,
        )
        return session.client(
            service, endpoint_url=self.url, config=Config(retries={"total_max_attempts": 1}, proxies={})
        )


def _read_state(path: Path) -> tuple[int, str, Path]:
    """The pid, instance and directory of a state file; FileNotFoundError when there is none."""
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        return int(state["pid"]), str(state["instance"]), Path(state["directory"])
    except (ValueError, KeyError, TypeError) as error:
        raise SandboxError(f"{path} is not a sandbox state file: {error!r}") from error


def _is_running(pid: int, instance: str) -> bool:
    return f"{_MARKER} {instance}" in command_line(pid)


def refuse_running(path: Path) -> None:
    """SandboxError when a state file names a sandbox that still runs."""
    if path.exists():
        pid, instance, _directory = _read_state(path)
        if _is_running(pid, instance):
            raise SandboxError(f"the sandbox of {path} is already running (pid {pid})")


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Write a state file that only its owner may read, whatever lay there before."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(state, file, indent=2)


def stop_instance(path: Path) -> str:
    """Stop the sandbox a state file names and remove the file; returns what was done, in words."""
    try:
        pid, instance, directory = _read_state(path)
    except FileNotFoundError:
        return f"no sandbox to stop: {path} does not exist"
    was_running = _is_running(pid, instance)
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + _STOP_SECONDS
        if _is_running(pid, instance):
            os.kill(pid, signal_number)
        while _is_running(pid, instance) and time.monotonic() < deadline:
            time.sleep(0.05)
    if _is_running(pid, instance):
        raise SandboxError(f"the sandbox (pid {pid}) could not be stopped")
    if directory.name.startswith(_DIRECTORY_PREFIX):
        shutil.rmtree(directory, ignore_errors=True)
    path.unlink(missing_ok=True)
    return f"sandbox stopped (pid {pid})" if was_running else f"the sandbox of {path} was not running any more"
