# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a long run tells of itself: by the module into its directory, and by its action on the screen."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ansible_collections.qualytics.athena.plugins.module_utils import _progress
from athena_sandbox import Sandbox
from athena_sandbox.launcher import REGION

from .access_world import AccessWorld
from .account import Account
from .guides import snippets
from .lake import READER, Lake
from .module_runs import Modules, Run
from .playbook_runs import run_playbook

GRANT = "lakeformation:BatchGrantPermissions"
COUNT = 300


def talkative(_call: str) -> None:
    """As a hook: whatever is counted is told."""
    _progress._PAUSE = _progress._PART = 0


def listened_to(directory: Path) -> dict[str, Any]:
    """What Ansible and the action give the module when somebody listens."""
    (directory / _progress.FILE_NAME).touch()
    return {"_ansible_tmpdir": str(directory), "_ansible_verbosity": 1}


def numbers(told: list[str], of: str) -> list[int]:
    """The counts of a kind, in the order in which they were told."""
    found = (re.fullmatch(rf"([\d,]+) {of}", line.partition(": ")[2]) for line in told)
    return [int(match[1].replace(",", "")) for match in found if match]


def told_in(directory: Path) -> list[str]:
    """The lines, among which is the one that the guide shows of their subject, with whatever numbers."""
    told = (directory / _progress.FILE_NAME).read_text(encoding="utf-8").splitlines()
    (shown,) = (text for text in snippets("performance", "text") if text.startswith("<sales> "))
    of_guide = {line.removeprefix("<sales> ") for line in shown.splitlines()}
    subjects = {line.partition(": ")[0] for line in told}
    expected = {without_numbers(line) for line in of_guide if line.partition(": ")[0] in subjects}
    assert expected
    assert expected <= {without_numbers(line) for line in told}
    return told


def without_numbers(line: str) -> str:
    return re.sub(r"[\d,]+", "N", line)


# The modules ----------------------------------------------------------------------------------------------------------


def test_grants_say_how_many_of_how_many_are_sent(sandbox: Sandbox, tmp_path: Path) -> None:
    names = Lake(sandbox).create_many(COUNT)
    grants = [{"database": "many", "tables": names}]
    options = {"principal": READER, "grants": grants, **listened_to(tmp_path)}
    Modules(sandbox).run("lf_grant", options, before=talkative).ok()
    told = told_in(tmp_path)
    assert numbers(told, f"of {COUNT} sent") == list(range(20, COUNT + 1, 20))
    # The pages before the writes, and those after them.
    assert numbers(told, "pages of grants read")[-1] > COUNT // 100
    assert numbers(told, "answers of the Data Catalog read")


def test_discovery_says_how_much_it_has_read(sandbox: Sandbox, tmp_path: Path) -> None:
    lake = Lake(sandbox)
    names = lake.create_many(230)
    columns = [{"Name": "day", "Type": "string"}]
    storage = {"Columns": columns, "Location": "s3://lake/many/daily"}
    table = {"Name": "daily", "StorageDescriptor": storage, "PartitionKeys": columns}
    lake.glue.create_table(DatabaseName="many", TableInput=table)
    days = [{"Values": [str(day)], "StorageDescriptor": storage} for day in range(7)]
    lake.glue.batch_create_partition(DatabaseName="many", TableName="daily", PartitionInputList=days)
    sandbox.client("s3").create_bucket(Bucket="acme-athena-results")
    location = {"output_location": "s3://acme-athena-results/qualytics"}
    options = {**location, "databases": ["many", "sales", "hr"], **listened_to(tmp_path)}
    run = Modules(sandbox).run("athena_discovery_info", options, before=talkative).ok()
    assert len(run.result["tables"]) == len(names) + 1 + 3 + 1
    told = told_in(tmp_path)
    assert told[0] == "discovery: 1 of 3 databases looked up"
    assert numbers(told, "tables listed")[-1] == len(names) + 1 + 3 + 1
    assert numbers(told, "partitions read") == [7]
    assert numbers(told, "of 235 tables read") == list(range(1, 236))


def test_a_verification_says_how_far_it_is(sandbox: Sandbox, tmp_path: Path) -> None:
    world = AccessWorld(sandbox, "access_key")
    options = {**world.check_options, "live": True, **world.credentials, **listened_to(tmp_path)}
    run: Run = world.modules.run("athena_access_check", options, before=talkative).ok()
    told = told_in(tmp_path)
    answered = [line for line in told if line.endswith("simulations answered")]
    assert answered[0].startswith("verification: 1 of ")
    ended = numbers(told, "queries ended")
    assert ended == sorted(ended)
    assert ended[-1] == len(run.result["live"]["queries"])
    assert numbers(told, "pages of grants read")
    assert world.credentials["live_secret_key"] not in "".join(told)


# The actions ----------------------------------------------------------------------------------------------------------


def play_of(names: list[str], **more: Any) -> list[dict[str, Any]]:
    """One task, whose principal is a default of all modules of the collection."""
    grants = [{"database": "many", "tables": names}]
    variables = {"ansible_connection": "local", **more.pop("vars", {})}
    task = {"name": "Grant", "qualytics.athena.lf_grant": {"grants": grants, "region": REGION}, **more}
    defaults = {"group/qualytics.athena.athena": {"principal": READER}}
    return [{"hosts": "all", "gather_facts": False, "module_defaults": defaults, "vars": variables, "tasks": [task]}]


def test_with_v_a_connection_says_how_far_it_is_and_in_the_end_what_was_done(sandbox: Sandbox, tmp_path: Path) -> None:
    names, temporary = Lake(sandbox).create_many(COUNT), tmp_path / "temporary"
    Account(sandbox).make_identity("user", "qualytics")
    sandbox.client("s3").create_bucket(Bucket="acme-athena-results")
    connection = {
        "athena_access_auth_mode": "access_key",
        "athena_access_user_name": "qualytics",
        "athena_access_output_location": "s3://acme-athena-results/qualytics",
        "athena_access_region": REGION,
        "athena_access_lake_formation_grants": [{"database": "many", "tables": names}],
    }
    inventory = tmp_path / "connections.yml"
    inventory.write_text(json.dumps({"all": {"hosts": {"sales": connection}}}), encoding="utf-8")
    told: list[str] = []
    batches: list[int] = []
    beside: set[str] = set()

    def watch(line: str) -> None:
        if line.startswith("<sales> grants: "):
            told.append(line)
            batches.append(sum(call["operation"] == "BatchGrantPermissions" for call in sandbox.calls()))
            beside.update(path.name for path in temporary.glob("*/*"))

    sandbox.switch("slow", 10_000, seconds=0.4)
    variables = {"ANSIBLE_REMOTE_TMP": str(temporary)}
    given = ("-v", f"--inventory={inventory}")
    run = run_playbook(sandbox, tmp_path, "qualytics.athena.provision", *given, variables=variables, watch=watch)
    assert run.status == 0, run.output[-4000:]
    assert run.calls.count(GRANT) == COUNT // 20
    # The first line came while grants were still to be sent.
    assert min(batches) < COUNT // 20
    sent = numbers([line.removeprefix("<sales> ") for line in told], f"of {COUNT} sent")
    assert len(sent) > 1
    assert sent == sorted(sent)
    assert sent[-1] == COUNT
    # The arguments of the module are in no file, and the directory is gone in the end.
    assert beside == {_progress.FILE_NAME}
    assert list(temporary.iterdir()) == []
    # In the place of "missing" there would be nothing, had nothing been done.
    counts = run.facts("athena_access_result")["sales"]["counts"]
    assert f"sales: changed: {counts['missing']} missing" in run.output
    assert counts["missing"] > COUNT


def test_v_changes_neither_result_nor_calls(sandbox: Sandbox, tmp_path: Path) -> None:
    play = play_of(Lake(sandbox).create_many(COUNT))
    quiet = run_playbook(sandbox, tmp_path, play, "--check", "--diff", "--inventory=sales,")
    told = run_playbook(sandbox, tmp_path, play, "--check", "--diff", "--inventory=sales,", "-v")
    assert quiet.status == told.status == 0, told.output[-4000:]
    assert quiet.writes == told.writes == ()
    assert quiet.calls == told.calls
    assert quiet.tasks == told.tasks
    assert quiet.tasks[0]["result"]["changed"]
    assert "grants: " not in quiet.output


def test_only_what_may_be_shown_is_shown_and_what_a_callback_prints_stays_whole(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """Three hosts at once: one like any other, one with no_log, and one on what may be another machine."""
    connection = "{{ 'elsewhere' if inventory_hostname == 'elsewhere' else 'local' }}"
    play = play_of(
        Lake(sandbox).create_many(2 * COUNT),
        check_mode=True,
        no_log="{{ inventory_hostname == 'secret' }}",
        vars={"ansible_connection": connection},
    )
    printed: list[str] = []
    variables = {
        "ANSIBLE_CONNECTION_PLUGINS": str(Path(__file__).parent / "connection_plugins"),
        "ANSIBLE_STDOUT_CALLBACK": "as_json",
        "ANSIBLE_VERBOSE_TO_STDERR": "true",
    }
    sandbox.switch("slow", 10_000, seconds=0.6)
    hosts = "--inventory=open,secret,elsewhere"
    run = run_playbook(sandbox, tmp_path, play, "-v", hosts, variables=variables, watch=printed.append)
    assert run.status == 0, run.output[-4000:]
    counts = json.loads("\n".join(printed))
    assert {host: count["changed"] for host, count in counts.items()} == {"open": 1, "secret": 1, "elsewhere": 1}
    assert set(re.findall(r"^<(\w+)> grants: ", run.output, re.MULTILINE)) == {"open"}


def test_a_task_in_the_background_ends_as_before(sandbox: Sandbox, tmp_path: Path) -> None:
    play = play_of(Lake(sandbox).create_many(20), **{"async": 60, "poll": 1})
    # Ansible looks for a job in the user's home, and begins it in that of the environment.
    variables = {"ANSIBLE_ASYNC_DIR": str(tmp_path)}
    run = run_playbook(sandbox, tmp_path, play, "-v", "--inventory=sales,", variables=variables)
    assert run.status == 0, run.output[-4000:]
    assert run.writes == (GRANT,)
