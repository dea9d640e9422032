# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a connection will work, from options to result: read, observe, judge, try it live, report.

What may not be looked at leaves its own check unknown, and all others as they are.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _access_facts as _facts,
    _access_judge,
    _access_observe,
    _access_options,
    _beyond,
    _credentials,
    _identity,
    _live,
    _live_run,
    _policy,
    _report,
    _results_bucket,
    _results_workgroup_checks,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import _aws_module


def prepare_access_check(params: Mapping[str, t.Any], session: _aws_module.Session) -> _aws_module.Run:
    """Read the options, or raise InvalidOption: what they show by themselves is refused before the first call."""
    _access_options.check_options(params, session.partition, session.region)
    credentials = _credentials.read_live_credentials(params)
    return lambda: _run(params, credentials, session)


def _run(
    params: Mapping[str, t.Any], credentials: _credentials.Credentials, session: _aws_module.Session
) -> dict[str, t.Any]:
    """The result of the module; C(failed) and C(msg) are in it where a check has a status of the option C(fail_on)."""
    connection = _access_options.read_connection(params, session.scope, session.predicts)
    connection, facts = _access_observe.observe(connection, params["simulate"], session)
    live = None
    if params["live"] and facts.arn and not session.check_mode:
        live = _live_run.run_live(_live_wanted(facts.arn, connection, facts), credentials, session)
    found = _too_much(connection, facts)
    checks = _access_judge.judge(connection, facts, live, found)
    result = {
        "changed": False,
        "checks": _report.checks_result(checks),
        "tables": [it.row for it in _access_judge.table_verdicts(connection, facts)],
        "discovered": _facts.proposals_of(connection, facts, params["kms_key_accounts"]),
        "beyond": [it.row for it in found],
        "live": _made(live),
        "identity": facts.arn.arn if facts.arn else connection.expected_arn,
        "bucket": _results_bucket.bucket_result(connection.results, facts.results),
        "effective_location": _results_workgroup_checks.effective_location(connection.results, facts.results.workgroup),
    }
    failed = _report.failed_checks(checks, params["fail_on"])
    if failed:
        result |= {"failed": True, "msg": _report.failure_message(failed)}
    return result


def _made(live: _live.LiveResult | None) -> dict[str, t.Any] | None:
    return {"queries": live.queries, "objects": live.objects} if live else None


def _too_much(connection: _access_options.Connection, facts: _facts.Facts) -> list[_beyond.Beyond]:
    """What the policies of the identity allow beyond the one that the options ask for, and what queries need."""
    if facts.policies is None:
        return []
    wanted = _policy.build_policy(_facts.needed_policy(connection, facts), connection.scope)
    return _beyond.beyond(wanted, facts.policies.policies, facts.policies.boundary)


def _live_wanted(
    identity: _identity.IdentityArn, connection: _access_options.Connection, facts: _facts.Facts
) -> _live.LiveWanted:
    databases = _facts.databases_of(connection, facts.discovered) if connection.policy.databases else ()
    # What is not known is tried, but only where nothing better is.
    verdicts = _access_judge.table_verdicts(connection, facts)
    readable = [it.table for it in verdicts if it.readable in ("lake_formation", "s3")]
    unknown = [it.table for it in verdicts if it.readable == "unknown"]
    tables = {**_facts.one_table_each(databases, unknown), **_facts.one_table_each(databases, readable)}
    catalogs = connection.policy.data_catalogs or (_policy.DEFAULT_DATA_CATALOG,)
    return _live.LiveWanted(
        identity=identity,
        external_id=connection.external_id,
        workgroup=connection.results.workgroup,
        location=connection.results.location,
        effective=_results_workgroup_checks.effective_location(connection.results, facts.results.workgroup),
        data_catalog=_policy.DEFAULT_DATA_CATALOG if _policy.DEFAULT_DATA_CATALOG in catalogs else catalogs[0],
        databases=databases,
        tables={name: tables[name].name if name in tables else None for name in databases},
        keys=tuple(
            (it.use, it.arn, it.actions) for it in _facts.key_needs(connection, facts) if it.use != "lake_formation"
        ),
        region=connection.results.region,
        partition=connection.results.partition,
        result_streaming=connection.policy.result_streaming,
    )
