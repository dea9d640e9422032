# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Athena's workgroups: their settings, and where they let the result of a query lie."""

from __future__ import annotations

from typing import Any

from ministack.services import athena as ministack_athena

from .athena_answers import InvalidRequest, Request, precede, replace

_TOGETHER = "ManagedQueryResultsConfiguration and ResultConfiguration cannot be set together"
_NO_LOCATION = (
    "No output location provided. An output location is required either through the Workgroup result configuration"
    " setting or as an API input."
)


def find(name: str) -> dict[str, Any]:
    """A workgroup; raises InvalidRequest."""
    workgroup: dict[str, Any] | None = ministack_athena._workgroups.get(name)
    if workgroup is None:
        raise InvalidRequest(f"WorkGroup {name} is not found.")
    return workgroup


def result_configuration(workgroup: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any] | None:
    """The ResultConfiguration in force, None with managed query results; raises InvalidRequest."""
    configuration = workgroup.get("Configuration") or {}
    own = configuration.get("ResultConfiguration") or {}
    if (configuration.get("ManagedQueryResultsConfiguration") or {}).get("Enabled"):
        if asked.get("OutputLocation"):
            raise InvalidRequest(_TOGETHER)
        return None
    # Settings are taken whole from one side: the client's encryption does not go with the workgroup's location.
    enforced = configuration.get("EnforceWorkGroupConfiguration")
    in_force = own if enforced or not asked.get("OutputLocation") else asked
    if not in_force.get("OutputLocation"):
        raise InvalidRequest(_NO_LOCATION)
    return dict(in_force)


def _checked(configuration: dict[str, Any]) -> dict[str, Any]:
    managed = (configuration.get("ManagedQueryResultsConfiguration") or {}).get("Enabled")
    if managed and (configuration.get("ResultConfiguration") or {}).get("OutputLocation"):
        raise InvalidRequest(_TOGETHER)
    return configuration


def _create_workgroup(data: Request) -> Request:
    """The request with what AWS takes for granted; raises InvalidRequest."""
    defaults = {
        "EnforceWorkGroupConfiguration": True,
        "PublishCloudWatchMetricsEnabled": True,
        "RequesterPaysEnabled": False,
        "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"},
    }
    return data | {"Configuration": _checked(defaults | (data.get("Configuration") or {}))}


def _get_workgroup(data: dict[str, Any]) -> dict[str, Any]:
    workgroup = find(data.get("WorkGroup", ""))
    # Every workgroup shows these, set or not.
    defaults = {
        "EnforceWorkGroupConfiguration": False,
        "PublishCloudWatchMetricsEnabled": False,
        "RequesterPaysEnabled": False,
        "ManagedQueryResultsConfiguration": {"Enabled": False},
        "ResultConfiguration": {},
    }
    return {"WorkGroup": workgroup | {"Configuration": defaults | (workgroup.get("Configuration") or {})}}


def _update_workgroup(data: dict[str, Any]) -> dict[str, Any]:
    workgroup = find(data.get("WorkGroup", ""))
    configuration = _updated(workgroup.get("Configuration") or {}, data.get("ConfigurationUpdates") or {})
    workgroup["Configuration"] = _checked(configuration)
    workgroup.update({name: data[name] for name in ("Description", "State") if name in data})
    return {}


def _updated(configuration: dict[str, Any], updates: dict[str, Any]) -> dict[str, Any]:
    """AWS's naming rule for updates: RemoveX drops X, XUpdates changes inside X, anything else is set."""
    updated = dict(configuration)
    for name, value in updates.items():
        if name.startswith("Remove"):
            if value:
                updated.pop(name.removeprefix("Remove"), None)
        elif name.endswith("Updates"):
            inner = name.removesuffix("Updates")
            updated[inner] = _updated(updated.get(inner) or {}, value)
        else:
            updated[name] = value
    return updated


def install() -> None:
    """Put these in the place of ministack's."""
    precede(_create_workgroup)
    replace(_get_workgroup)
    replace(_update_workgroup)
