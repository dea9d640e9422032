# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the product does with the credentials that the profiles of the examples hold."""

from __future__ import annotations

import configparser
import time
from pathlib import Path
from typing import Any

from athena_sandbox import Sandbox

from .world import RESULTS

_ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")


def query(sandbox: Sandbox, credentials: Path, statement: str) -> str:
    """What a query of the user C(qualytics) comes to."""
    athena = sandbox.client("athena", **_key(credentials, "qualytics"))
    location = {"OutputLocation": f"s3://{RESULTS}/qualytics"}
    started = athena.start_query_execution(QueryString=statement, ResultConfiguration=location)
    while True:
        status = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]["Status"]
        if status["State"] in _ENDED:
            return str(status["State"])
        time.sleep(0.05)


def s3_of_target(sandbox: Sandbox, credentials: Path, role: str, external_id: str) -> Any:
    """A client of the target role, as the base role gets it."""
    sts = sandbox.client("sts", **_key(credentials, "qualytics-dataplane"))
    session = sts.assume_role(RoleArn=role, RoleSessionName="product", ExternalId=external_id)["Credentials"]
    return sandbox.client(
        "s3", session["AccessKeyId"], session["SecretAccessKey"], session_token=session["SessionToken"]
    )


def _key(credentials: Path, profile: str) -> dict[str, str]:
    profiles = configparser.ConfigParser()
    profiles.read(credentials, encoding="utf-8")
    names = {"access_key_id": "aws_access_key_id", "secret_access_key": "aws_secret_access_key"}
    if profiles.has_option(profile, "aws_session_token"):
        names["session_token"] = "aws_session_token"
    return {argument: profiles[profile][setting] for argument, setting in names.items()}
