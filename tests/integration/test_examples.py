# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of the documentation runs: those of the plugins, and the snippets of the README."""

from __future__ import annotations

import json
import re
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml

from athena_sandbox import Sandbox
from athena_sandbox.launcher import client_environment

from ..examples.blocks import ROOT, blocks_of, plugin_examples

PLUGINS = plugin_examples()
README = ROOT / "README.md"
SHARED_RESULTS_OWNER = VENDOR = "210987654321"


@pytest.fixture
def account(clean_sandbox: Sandbox) -> Sandbox:
    """What the examples take for granted: buckets, a user and a role."""
    clean_sandbox.client("s3").create_bucket(Bucket="example-athena-results")
    clean_sandbox.client("iam").create_user(UserName="qualytics")
    anybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
    for name in ("qualytics-athena", "qualytics-athena-target", "qualytics-dataplane"):
        clean_sandbox.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    boundary = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    clean_sandbox.client("iam").create_policy(PolicyName="data-quality-boundary", PolicyDocument=json.dumps(boundary))
    vendor = clean_sandbox.client("iam", access_key_id=VENDOR, secret_access_key="the-vendors-own-account")
    vendor.create_role(RoleName="qualytics-dataplane", Path="/dataplane/", AssumeRolePolicyDocument=trust)
    make_data_lake(clean_sandbox)
    return clean_sandbox


def make_data_lake(sandbox: Sandbox) -> None:
    """Two tables, an LF-tag, and the caller as data lake administrator."""
    lake, glue = sandbox.client("lakeformation"), sandbox.client("glue")
    caller = sandbox.client("sts").get_caller_identity()["Arn"]
    settings = lake.get_data_lake_settings()["DataLakeSettings"]
    settings["DataLakeAdmins"] = [{"DataLakePrincipalIdentifier": caller}]
    lake.put_data_lake_settings(DataLakeSettings=settings)
    lake.create_lf_tag(TagKey="domain", TagValues=["sales", "hr"])
    glue.create_database(DatabaseInput={"Name": "sales"})
    columns = [{"Name": "id", "Type": "int"}, {"Name": "ssn", "Type": "string"}]
    for name in ("orders", "customers"):
        storage = {"Columns": columns, "Location": f"s3://example-data-lake/sales/{name}"}
        glue.create_table(DatabaseName="sales", TableInput={"Name": name, "StorageDescriptor": storage})


def make_connections(sandbox: Sandbox, directory: Path) -> dict[str, str]:
    """What the examples of the check take for granted: connections that work, and a profile of the base role's."""
    iam, s3 = sandbox.client("iam"), sandbox.client("s3")
    s3.create_bucket(Bucket="example-data-lake")
    for name in ("orders", "customers"):
        s3.put_object(Bucket="example-data-lake", Key=f"sales/{name}/part-0.csv", Body=b"1,123-45-6789\n")
        storage = sandbox.client("glue").get_table(DatabaseName="sales", Name=name)["Table"]["StorageDescriptor"]
        storage |= {
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                "Parameters": {"field.delim": ","},
            },
        }
        sandbox.client("glue").update_table(
            DatabaseName="sales", TableInput={"Name": name, "StorageDescriptor": storage}
        )
    actions = ["athena:*", "glue:*", "s3:*", "lakeformation:GetDataAccess", "sts:AssumeRole"]
    rights = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    key = iam.create_access_key(UserName="qualytics")["AccessKey"]
    iam.put_user_policy(UserName="qualytics", **inline_policy(rights))
    iam.put_role_policy(RoleName="qualytics-athena-target", **inline_policy(rights))
    assume = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    iam.put_role_policy(RoleName="qualytics-dataplane", **inline_policy(assume))
    role = iam.get_role(RoleName="qualytics-dataplane")["Role"]["Arn"]
    somebody = sandbox.client("sts", key["AccessKeyId"], key["SecretAccessKey"])
    session = somebody.assume_role(RoleArn=role, RoleSessionName="dataplane")["Credentials"]
    path = directory / "credentials"
    path.write_text(
        "[qualytics-dataplane]\n"
        f"aws_access_key_id = {session['AccessKeyId']}\n"
        f"aws_secret_access_key = {session['SecretAccessKey']}\n"
        f"aws_session_token = {session['SessionToken']}\n",
        encoding="utf-8",
    )
    return {"AWS_SHARED_CREDENTIALS_FILE": str(path)}


def inline_policy(statement: dict[str, t.Any]) -> dict[str, str]:
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return {"PolicyName": "connection", "PolicyDocument": document}


def share_results(sandbox: Sandbox) -> None:
    """The results bucket of another account, which lets this one in."""
    owner = sandbox.client("s3", access_key_id=SHARED_RESULTS_OWNER, secret_access_key="an-owner-of-another-account")
    name, arn = "example-shared-results", "arn:aws:s3:::example-shared-results"
    guests = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "s3:*", "Resource": [arn, f"{arn}/*"]}
    owner.create_bucket(Bucket=name)
    owner.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [guests]}))


def run_playbook(sandbox: Sandbox, *arguments: str, more: dict[str, str] | None = None) -> str:
    """The output of ansible-playbook, which must end well."""
    environment = client_environment(sandbox.environment) | (more or {})
    done = subprocess.run(
        ["ansible-playbook", *arguments], capture_output=True, text=True, check=False, env=environment, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def play(tasks: list[dict[str, t.Any]]) -> str:
    python = "{{ ansible_playbook_python }}"
    header = {"hosts": "localhost", "connection": "local", "gather_facts": False}
    return yaml.safe_dump([{**header, "vars": {"ansible_python_interpreter": python}, "tasks": tasks}], sort_keys=False)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_the_examples_of_a_plugin_run(plugin: str, account: Sandbox, tmp_path: Path) -> None:
    share_results(account)
    tasks = yaml.safe_load(PLUGINS[plugin])
    assert tasks, "a plugin without examples"
    playbook = tmp_path / "examples.yml"
    playbook.write_text(play(tasks), encoding="utf-8")
    more = make_connections(account, tmp_path) if plugin == "plugins/modules/athena_access_check.py" else None
    output = run_playbook(account, "-i", "localhost,", str(playbook), more=more)
    assert all(task["name"] in output for task in tasks)


def readme_snippets(language: str) -> list[str]:
    return [block.text for block in blocks_of(README) if block.language == language]


def test_the_inventory_of_the_readme_is_provisioned_and_removed(account: Sandbox, tmp_path: Path) -> None:
    inventory = next(text for text in readme_snippets("yaml") if "# connections.yml" in text)
    path = tmp_path / "connections.yml"
    path.write_text(inventory, encoding="utf-8")
    commands = re.findall(r"ansible-playbook -i connections.yml ([^\n#`]+)", README.read_text(encoding="utf-8"))
    # A connection without a key or data does not work yet, and its verification says so: the scenarios run it. Drift
    # comes last, when nothing is left: its tests run it.
    commands = [command for command in commands if not re.search(r"athena\.(verify|drift)", command)]
    assert len(commands) == 4
    outputs = [run_playbook(account, "-i", str(path), *command.split()) for command in commands]
    for host in ("sales", "hr"):
        statuses = [re.findall(rf'"msg": "{host}: (\w+)"', output) for output in outputs]
        assert statuses == [["drift"], ["changed"], ["in_sync"], ["changed"]]


def test_the_role_of_the_readme_runs_in_a_play(account: Sandbox, tmp_path: Path) -> None:
    tasks = next(yaml.safe_load(text) for text in readme_snippets("yaml") if "include_role" in text)
    playbook = tmp_path / "play.yml"
    playbook.write_text(play(tasks), encoding="utf-8")
    assert '"msg": "changed"' in run_playbook(account, "-i", "localhost,", str(playbook))
