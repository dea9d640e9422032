# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A night on which connections are broken: compared by a pipeline, by a controller in slices, and then repaired."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from .commands import Finished, run_command
from .controller import Job, run_sliced
from .pipelines import drift_command
from .world import ACCOUNTS, Fleet

NO_BUCKET = "example-analytics-no-such-bucket"


class Night(NamedTuple):
    """What ran, in its order, and where the reports are."""

    pipeline: Finished
    slices: list[Job]
    joined: Finished
    lost: Finished
    repaired: Finished
    directory: Path

    @property
    def pipeline_report(self) -> Path:
        return self.directory / "pipeline"


def spend_night(fleet: Fleet) -> Night:
    """Break three connections in three ways, and run what runs at night."""
    _break(fleet)
    directory = fleet.directory / "night"
    command = [part.replace("=reports", f"={directory / 'pipeline'}") for part in drift_command("github_actions")]
    pipeline = run_command(fleet, command)
    slices = run_sliced(fleet, directory / "slices", count=2)
    join = ["ansible-playbook", "join_reports.yml", "-e", f"athena_report_sources={directory / 'slices'}", "-e"]
    joined = run_command(fleet, [*join, f"athena_report_directory={directory / 'joined'}"])
    # A directory for each night, in it one for each job.
    (of_second_slice,) = directory.glob("slices/*/12/report.json")
    of_second_slice.rename(directory / "kept.json")
    lost = run_command(fleet, [*join, f"athena_report_directory={directory / 'lost'}"])
    (directory / "kept.json").rename(of_second_slice)
    repair = ["ansible-playbook", "provision.yml", "-e", f"athena_report_directory={directory / 'repaired'}"]
    repaired = run_command(fleet, repair, profiles="provision")
    (fleet.project / "inventory" / "host_vars" / "forecast.yml").unlink()
    return Night(pipeline, slices, joined, lost, repaired, directory)


def _break(fleet: Fleet) -> None:
    """One connection has drifted, one has no bucket any more, and nobody gets into the other account."""
    arn = f"arn:aws:iam::{ACCOUNTS['analytics']}:policy/qualytics-athena-qualytics-sales"
    fleet.client("iam", "analytics").detach_user_policy(UserName="qualytics-sales", PolicyArn=arn)
    variables = fleet.project / "inventory" / "host_vars"
    variables.mkdir()
    (variables / "forecast.yml").write_text(f"athena_access_output_location: s3://{NO_BUCKET}\n", encoding="utf-8")
    nobody = {"Effect": "Deny", "Principal": {"AWS": fleet.pipeline.arn}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [nobody]})
    for role in ("athena-provisioner", "athena-reader"):
        fleet.client("iam", "people").update_assume_role_policy(RoleName=role, PolicyDocument=document)
