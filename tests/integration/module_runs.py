# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a module the way ansible-core does, in a process of its own, and see which calls reached the sandbox.

The process is a fork, so that importing ansible and the SDK is paid once for hundreds of runs; arguments go in and the
result comes out through the same encoders that ansible-core uses between controller and module.
"""

from __future__ import annotations

import dataclasses
import functools
import gc
import importlib
import json
import os
import signal
import sys
import time
import traceback
import typing as t
from collections.abc import Callable

import botocore.client
import botocore.hooks
import botocore.loaders
import botocore.session
from ansible.module_utils.common import json as module_json
from ansible.module_utils.testing import patch_module_args

from athena_sandbox import Sandbox
from athena_sandbox.launcher import REGION, ROOT_ACCESS_KEY_ID, ROOT_SECRET_ACCESS_KEY
from athena_sandbox.user import User

_MODULES = "ansible_collections.qualytics.athena.plugins.modules"
_READ_ONLY = ("Describe", "Get", "List", "Head", "Simulate")
_DECODER = module_json.get_module_decoder("legacy", module_json.Direction.MODULE_TO_CONTROLLER)
# All clients of all runs read the service models through one loader: that is most of the time a client takes.
_LOADER = botocore.loaders.create_loader()

Hook = Callable[[str], None]


def is_write(call: str) -> bool:
    """Whether a call, as service:Operation, changes anything."""
    return not call.partition(":")[2].startswith(_READ_ONLY)


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of a module: its result, what it wrote beside it, and its calls as service:Operation in their order."""

    result: dict[str, t.Any]
    status: int
    output: str
    calls: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        return bool(self.result.get("failed"))

    @property
    def message(self) -> str:
        return str(self.result.get("msg", ""))

    @property
    def warnings(self) -> list[str]:
        """The warnings as text, whichever form this ansible-core gives them."""
        return [_text(warning) for warning in self.result.get("warnings", [])]

    @property
    def writes(self) -> tuple[str, ...]:
        return tuple(filter(is_write, self.calls))

    @property
    def drift(self) -> list[tuple[str, str, str | None, str | None]]:
        """The drift without its subjects: (aspect, kind, expected, actual)."""
        return [(row["aspect"], row["kind"], row["expected"], row["actual"]) for row in self.result.get("drift", [])]

    def ok(self) -> Run:
        """This run, which must have succeeded."""
        assert not self.failed, f"{self.message}\n{self.output}"
        assert self.status == 0, self.output
        return self

    def refused(self) -> Run:
        """This run, which must have failed with a message and no traceback."""
        assert self.failed, self.result
        assert self.status == 1, self.output
        assert self.message
        assert "Traceback" not in self.output, self.output
        assert "Traceback" not in self.message, self.message
        return self


def _text(warning: t.Any) -> str:
    event = getattr(warning, "event", None)
    return str(event.msg if event is not None else getattr(warning, "msg", warning))


class Endpoint(t.Protocol):
    """What modules are run against: a sandbox, or what stands in its place and records calls."""

    @property
    def url(self) -> str: ...

    def calls(self) -> list[dict[str, t.Any]]: ...

    def clear_calls(self) -> None: ...


@dataclasses.dataclass(frozen=True)
class Process:
    """A forked module run that may still be going on."""

    pid: int
    result: int
    output: int

    def wait(self) -> Run:
        with os.fdopen(self.result, encoding="utf-8") as result, os.fdopen(self.output, encoding="utf-8") as output:
            printed, noise = result.read(), output.read()
        _pid, status = os.waitpid(self.pid, 0)
        decoded = json.loads(printed, cls=_DECODER) if printed.strip() else {}
        return Run(decoded, os.waitstatus_to_exitcode(status), noise)


class Modules:
    """Modules of the collection, run by an administrator of a sandbox, or by whoever is named."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.credentials = {"access_key": ROOT_ACCESS_KEY_ID, "secret_key": ROOT_SECRET_ACCESS_KEY}
        _warm_up()

    def start(
        self,
        name: str,
        options: dict[str, t.Any],
        check: bool = False,
        before: Hook | None = None,
        after: Hook | None = None,
    ) -> Process:
        """Start a module; the hooks are called in its process around every AWS call, with service:Operation.

        An option that is None is left out, the connection's options are filled in.
        """
        main = importlib.import_module(f"{_MODULES}.{name}").main
        connection = {"endpoint_url": self.endpoint.url, "region": REGION, **self.credentials}
        given = {key: value for key, value in {**connection, **options}.items() if value is not None}
        arguments = {**given, "_ansible_check_mode": check, "_ansible_diff": True}
        result_read, result_write = os.pipe()
        output_read, output_write = os.pipe()
        pid = os.fork()
        if pid:
            os.close(result_write)
            os.close(output_write)
            return Process(pid, result_read, output_read)
        status = 70
        # It does not live long, and to look through what it has of its parent would copy that.
        gc.disable()
        try:
            os.dup2(result_write, 1)
            os.dup2(output_write, 2)
            sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
            sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
            status = _as_a_module(main, arguments, before, after)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def run(self, name: str, options: dict[str, t.Any], **more: t.Any) -> Run:
        """Run a module to its end, with the calls that it alone made."""
        self.endpoint.clear_calls()
        run = self.start(name, options, **more).wait()
        calls = tuple(f"{call['service']}:{call['operation']}" for call in self.endpoint.calls())
        return dataclasses.replace(run, calls=calls)


def provisioner(sandbox: Sandbox) -> tuple[User, Modules]:
    """A user who may do everything that the test does not deny, and modules run with the user's key."""
    user = User(sandbox, "provisioner").may("*", "*")
    modules = Modules(sandbox)
    modules.credentials = {"access_key": user.key["AccessKeyId"], "secret_key": user.key["SecretAccessKey"]}
    return user, modules


@functools.cache
def _warm_up() -> None:
    """Read before the first fork what every run would read for itself."""
    _remember_event_names()
    core = botocore.session.Session()
    core.register_component("data_loader", _LOADER)
    for service in ("sts", "iam", "athena", "s3", "glue", "kms", "lakeformation"):
        core.create_client(service, REGION, aws_access_key_id="none", aws_secret_access_key="none")


def _remember_event_names() -> None:
    """What a name of an event stands for is the same in all sessions; to find it out is most of what one takes."""
    found: dict[str, str] = {}
    alias = botocore.hooks.EventAliaser._alias_event_name

    def remembered(aliaser: t.Any, name: str) -> str:
        if name not in found:
            found[name] = alias(aliaser, name)
        return found[name]

    botocore.hooks.EventAliaser._alias_event_name = remembered


def _as_a_module(main: Callable[[], None], arguments: dict[str, t.Any], before: Hook | None, after: Hook | None) -> int:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
    os.environ.update(AWS_EC2_METADATA_DISABLED="true", NO_PROXY="127.0.0.1")
    botocore.session.create_loader = lambda _search_path=None: _LOADER
    call = botocore.client.BaseClient._make_api_call

    def observed(client: t.Any, operation: str, parameters: t.Any) -> t.Any:
        name = f"{client.meta.service_model.service_name}:{operation}"
        if before:
            before(name)
        answer = call(client, operation, parameters)
        if after:
            after(name)
        return answer

    botocore.client.BaseClient._make_api_call = observed
    try:
        with patch_module_args(arguments):
            main()
    except SystemExit as end:
        return int(end.code or 0)
    return 71


def killed_at(number: int, done: bool) -> dict[str, Hook]:
    """Hooks that kill the module at its write of this number, counted from 0: before it, or when it is done."""
    count = -1

    def hook(call: str) -> None:
        nonlocal count
        count += is_write(call)
        if is_write(call) and count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return {"after" if done else "before": hook}


def in_a_hurry(_call: str) -> None:
    """As a hook: what is waited for between tries is not waited for."""
    time.sleep = lambda _seconds: None
