# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox's process and command line: starting, stopping, what it listens on, what it leaves behind, its record."""

from __future__ import annotations

import ipaddress
import json
import os
import signal
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

from athena_sandbox import Sandbox
from athena_sandbox.launcher import SandboxError, command_line, stop_instance

REPOSITORY = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, str(REPOSITORY / "tests" / "sandbox")]

pytestmark = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads /proc, which this system lacks")


def run(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the sandbox's command line."""
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, check=False, env={**os.environ, **(environment or {})}
    )


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether the condition comes true before patience ends."""
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def listening_sockets(pid: int) -> list[tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]]:
    """The addresses and ports on which a process listens, from /proc."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        target = str(descriptor.readlink()) if descriptor.is_symlink() else ""
        if target.startswith("socket:["):
            inodes.add(target[len("socket:[") : -1])
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, port = fields[1].split(":")
                found.append((ipaddress.ip_address(bytes.fromhex(address)[::-1]), int(port, 16)))
    return found


def processes(marker: str) -> list[int]:
    """The processes whose command line holds the marker."""
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and marker in command_line(int(entry.name))
    ]


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory of its own for temporary files: what a test starts must leave it empty."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr("tempfile.tempdir", None)
    yield place
    left = processes(str(place))
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == []
    assert list(place.iterdir()) == []


def test_listens_on_one_loopback_port_only(sandbox: Sandbox) -> None:
    url = urlsplit(sandbox.url)
    assert url.hostname == "127.0.0.1"
    # Having served each service once: ministack opens some listeners late.
    for service, operation in (
        ("s3", "list_buckets"),
        ("iam", "list_users"),
        ("kms", "list_keys"),
        ("athena", "list_work_groups"),
    ):
        getattr(sandbox.client(service), operation)()
    assert listening_sockets(sandbox.state()["pid"]) == [(ipaddress.ip_address("127.0.0.1"), url.port)]


def test_files_are_private_and_gone_after_stop(directory: Path) -> None:
    with Sandbox() as sandbox:
        (own,) = directory.iterdir()
        assert stat.S_IMODE(own.stat().st_mode) == 0o700
        pid = sandbox.state()["pid"]
    assert not own.exists()
    assert command_line(pid) == ""
    sandbox.stop()


def test_a_ctrl_c_in_the_terminal_is_not_for_the_sandbox(sandbox: Sandbox) -> None:
    """It must outlive the command that the Ctrl-C interrupts, which may still tidy up."""
    assert os.getpgid(sandbox.state()["pid"]) != os.getpgrp()


def test_takes_nothing_of_the_users_aws(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    monkeypatch.setenv("MINISTACK_ACCOUNT_ID", "999999999999")
    monkeypatch.setenv("AUTH", "false")
    monkeypatch.setenv("PERSIST_STATE", "1")
    with Sandbox() as sandbox:
        assert sandbox.client("sts").get_caller_identity()["Account"] == "123456789012"
        assert sandbox.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:root"
        with pytest.raises(ClientError, match="InvalidAccessKeyId"):
            sandbox.client("s3", "AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY").list_buckets()


def test_start_writes_a_private_state_file_and_stop_ends_it_once(directory: Path, tmp_path: Path) -> None:
    state_file = tmp_path / "state.json"
    started = run("start", "--state-file", str(state_file))
    assert (started.returncode, started.stderr) == (0, "")
    assert len(started.stdout.splitlines()) == 1
    assert stat.S_IMODE(state_file.stat().st_mode) == 0o600
    state = json.loads(state_file.read_text(encoding="utf-8"))
    assert state["environment"] == {
        "AWS_ENDPOINT_URL": state["url"],
        "AWS_ACCESS_KEY_ID": state["environment"]["AWS_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": state["environment"]["AWS_SECRET_ACCESS_KEY"],
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    assert len(state["environment"]["AWS_SECRET_ACCESS_KEY"]) == 40
    assert state["url"] in command_output_of_client(state["environment"])

    second = run("start", "--state-file", str(state_file))
    assert second.returncode == 1
    assert "already running" in second.stderr

    assert run("stop", "--state-file", str(state_file)).returncode == 0
    assert command_line(state["pid"]) == ""
    assert not state_file.exists()
    again = run("stop", "--state-file", str(state_file))
    assert (again.returncode, again.stderr) == (0, "")


def command_output_of_client(environment: dict[str, str]) -> str:
    """What a client prints that gets its endpoint from the environment alone."""
    code = "import boto3; c = boto3.client('sts'); print(c.meta.endpoint_url, c.get_caller_identity()['Account'])"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[1] == "123456789012"
    return done.stdout


def test_stop_leaves_another_process_alone(tmp_path: Path) -> None:
    state_file = tmp_path / "state.json"
    with subprocess.Popen(["sleep", "60"]) as other:
        state = {"pid": other.pid, "instance": "a" * 32, "directory": str(tmp_path / "athena-sandbox-gone")}
        state_file.write_text(json.dumps(state), encoding="utf-8")
        assert "was not running" in stop_instance(state_file)
        assert other.poll() is None
        other.kill()
    assert not state_file.exists()


def test_stop_refuses_what_is_no_state_file(tmp_path: Path) -> None:
    state_file = tmp_path / "state.json"
    state_file.write_text("{}", encoding="utf-8")
    with pytest.raises(SandboxError, match="not a sandbox state file"):
        stop_instance(state_file)
    assert state_file.exists()


def test_start_says_why_it_failed(directory: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    taken = str(urlsplit(sandbox.url).port)
    failed = run("start", "--port", taken, "--state-file", str(tmp_path / "state.json"))
    assert failed.returncode == 1
    assert "in use" in failed.stderr
    assert not (tmp_path / "state.json").exists()


def test_exec_gives_the_command_the_sandbox_and_returns_its_exit_code(directory: Path) -> None:
    user = {"AWS_PROFILE": "production", "AWS_SESSION_TOKEN": "token", "AWS_REGION": "eu-west-1"}
    code = (
        "import boto3, json, os, sys; print(boto3.client('sts').get_caller_identity()['Account']);"
        "print(json.dumps({k: v for k, v in os.environ.items() if k.startswith('AWS_')})); sys.exit(7)"
    )
    done = run("exec", "--", sys.executable, "-c", code, environment=user)
    assert done.returncode == 7, done.stderr
    account, environment = done.stdout.splitlines()
    assert account == "123456789012"
    given = json.loads(environment)
    assert not set(given) & set(user)
    assert given["AWS_CONFIG_FILE"] == given["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull


def test_exec_of_an_absent_command_is_127(directory: Path) -> None:
    done = run("exec", "--", "no-such-command-here")
    assert done.returncode == 127
    assert "no-such-command-here" in done.stderr
    assert run("exec").returncode == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_exec_passes_signals_on_and_stops_the_sandbox(directory: Path, number: signal.Signals) -> None:
    with running_exec("trap 'exit 9' TERM INT HUP; echo up; while :; do sleep 0.05; done") as process:
        process.send_signal(number)
        assert process.wait(30) == 9
    assert eventually(lambda: processes(str(directory)) == [])


def test_exec_reports_a_command_killed_by_a_signal_as_shells_do(directory: Path) -> None:
    with running_exec("echo up; kill -KILL $$") as process:
        assert process.wait(30) == 128 + signal.SIGKILL


def test_a_sandbox_dies_with_the_parent_that_was_killed(directory: Path) -> None:
    with running_exec("echo up; sleep 3") as process:
        assert len(processes(str(directory))) == 1
        process.kill()
        process.wait(30)
        assert eventually(lambda: processes(str(directory)) == [])
    # Nobody was left to tidy up but the sandbox itself.
    assert eventually(lambda: list(directory.iterdir()) == [])


def running_exec(script: str) -> subprocess.Popen[str]:
    """`exec` of a shell script that has printed its first line."""
    process = subprocess.Popen([*COMMAND, "exec", "--", "sh", "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def test_run_prints_the_environment_until_it_is_interrupted(directory: Path) -> None:
    with subprocess.Popen([*COMMAND, "run"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _line in range(5)]
        assert all(line.startswith("export AWS_") for line in lines)
        process.terminate()
        assert process.wait(30) == 128 + signal.SIGTERM


def test_calls_are_recorded_in_order_with_operation_key_and_status(clean_sandbox: Sandbox) -> None:
    sandbox = clean_sandbox
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket="records")
    s3.put_object(Bucket="records", Key="a/b", Body=b"x")
    s3.get_bucket_location(Bucket="records")
    s3.head_bucket(Bucket="records")
    s3.list_objects_v2(Bucket="records")
    s3.list_objects(Bucket="records")
    with pytest.raises(ClientError):
        s3.head_object(Bucket="records", Key="absent")
    s3.copy_object(Bucket="records", Key="c", CopySource="records/a/b")
    upload = s3.create_multipart_upload(Bucket="records", Key="d")["UploadId"]
    s3.abort_multipart_upload(Bucket="records", Key="d", UploadId=upload)
    s3.get_object(Bucket="records", Key="a/b")
    sandbox.client("iam").create_user(UserName="recorded")
    sandbox.client("glue").get_databases()
    sandbox.client("sts").get_caller_identity()
    root = sandbox.environment["AWS_ACCESS_KEY_ID"]
    assert [(call["service"], call["operation"], call["status"]) for call in sandbox.calls()] == [
        ("s3", "CreateBucket", 200),
        ("s3", "PutObject", 200),
        ("s3", "GetBucketLocation", 200),
        ("s3", "HeadBucket", 200),
        ("s3", "ListObjectsV2", 200),
        ("s3", "ListObjects", 200),
        ("s3", "HeadObject", 404),
        ("s3", "CopyObject", 200),
        ("s3", "CreateMultipartUpload", 200),
        ("s3", "AbortMultipartUpload", 204),
        ("s3", "GetObject", 200),
        ("iam", "CreateUser", 200),
        ("glue", "GetDatabases", 200),
        ("sts", "GetCallerIdentity", 200),
    ]
    assert {call["access_key_id"] for call in sandbox.calls()} == {root}
    sandbox.clear_calls()
    assert sandbox.calls() == []


def test_reset_empties_the_account(clean_sandbox: Sandbox) -> None:
    clean_sandbox.client("iam").create_user(UserName="gone")
    clean_sandbox.client("s3").create_bucket(Bucket="gone-bucket")
    clean_sandbox.client("kms").create_key()
    clean_sandbox.reset()
    assert clean_sandbox.client("iam").list_users()["Users"] == []
    assert clean_sandbox.client("s3").list_buckets()["Buckets"] == []
    assert clean_sandbox.client("kms").list_keys()["Keys"] == []


def test_control_paths_are_not_calls_and_unknown_ones_are_refused(clean_sandbox: Sandbox) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{clean_sandbox.url}/_sandbox/secrets")
    assert clean_sandbox.calls() == []


def test_a_wrong_secret_is_refused(clean_sandbox: Sandbox) -> None:
    iam = clean_sandbox.client("iam")
    iam.create_user(UserName="signer")
    key = iam.create_access_key(UserName="signer")["AccessKey"]
    wrong = clean_sandbox.client("sts", key["AccessKeyId"], "x" * 40)
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        wrong.get_caller_identity()
    right = clean_sandbox.client("sts", key["AccessKeyId"], key["SecretAccessKey"])
    # Allowed to everybody, whatever his policies.
    assert right.get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/signer"
    iam.update_access_key(UserName="signer", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        right.get_caller_identity()


def test_clients_from_the_environment_reach_it(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    assert boto3.session.Session().client("sts").get_caller_identity()["Account"] == "123456789012"
