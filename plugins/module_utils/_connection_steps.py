# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which steps lead to a connection and back, and which options of the connection each of them takes.

The authentication modes are two strategies behind one interface: who carries the permissions, whether that identity is
made with the connection, and which options must be there.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Callable, Iterable, Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _arguments,
    _validation,
)

Options = Mapping[str, t.Any]
# What the steps before a step returned, by their names.
Results = Mapping[str, Mapping[str, t.Any]]


@dataclasses.dataclass(frozen=True)
class Mode:
    """An authentication mode. is_kept: whether the identity is there before the connection, and stays after it."""

    iam_type: t.Literal["user", "role"]
    is_kept: bool
    name_option: str
    path_options: tuple[str, ...]
    needed: tuple[str, ...]

    def name(self, given: Options) -> str:
        return str(given[self.name_option])

    def path(self, given: Options) -> str | None:
        return next((given[option] for option in self.path_options if given[option] is not None), None)

    @property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """How the connection calls what the modules call by the same name for users and roles."""
        return {"iam_name": (self.name_option,), "iam_path": self.path_options or ("path",)}


MODES: t.Final[Mapping[str, Mode]] = {
    "access_key": Mode("user", True, "user_name", (), ("output_location",)),
    "iam_role": Mode("role", False, "role_name", ("role_path", "path"), ("trusted_principals", "output_location")),
}


@dataclasses.dataclass(frozen=True)
class Step:
    """One concern of a connection.

    name: under which its result goes into the connection's. title: what it does, for people. takes: the arguments of
    its module. own: those that it does not take under the same name. names: how the connection calls an option, where
    it calls it otherwise; the first that is given is meant. to_remove: the only ones that count for a removal.
    """

    name: str
    title: str
    takes: _arguments.Specification
    own: Callable[[Options, Results], Options]
    names: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    to_remove: tuple[str, ...] = ()

    def options(self, given: Options, results: Results) -> dict[str, t.Any]:
        """All options of the step's module, with its defaults where the connection says nothing."""
        taken = {name: given.get(self.given_as(name, given)) for name in self.takes}
        taken.update(self.own(given, results))
        if given["state"] == "absent":
            taken.update(dict.fromkeys(set(taken) - set(self.to_remove)))
        return {
            name: argument.get("default") if taken[name] is None else taken[name]
            for name, argument in self.takes.items()
        }

    def given_as(self, option: str, given: Options) -> str:
        """The name under which the connection was given this option of the step's module."""
        names = {**MODES[given["auth_mode"]].names, **self.names}.get(option, (option,))
        return next((name for name in names if given.get(name) is not None), names[-1])


def check_needed_options(given: Options) -> None:
    """Raise InvalidOption where the authentication mode lacks an option that the state needs."""
    mode = MODES[given["auth_mode"]]
    needed = (mode.name_option, *(() if given["state"] == "absent" else mode.needed))
    prefix = given["variable_prefix"]
    lacking = [f"{prefix}{name}" for name in needed if given[name] is None]
    if lacking:
        raise _validation.InvalidOption(
            ", ".join(lacking), f"must be set with {prefix}auth_mode={given['auth_mode']!r}"
        )


def check_variables(given: Options) -> None:
    """Raise InvalidOption where a variable is no option: a misspelt one would leave the policy wider than was meant."""
    prefix = given["variable_prefix"]
    known = {f"{prefix}{name}" for name in set(given) - {"variable_prefix", "variables"}}
    misspelt = [name for name in given["variables"] or () if name not in known]
    if misspelt:
        raise _validation.InvalidOption(
            ", ".join(misspelt), "the role knows no such variable; correct or rename it (variables)"
        )


def steps_of(given: Options) -> list[Step]:
    """The steps that lead to what the state asks for, in their order."""
    discovery = [_DISCOVERY] if given["use_discovered"] else []
    grants = [_GRANTS] if given["lake_formation_grants"] is not None else []
    keeps_identity = MODES[given["auth_mode"]].is_kept
    state = given["state"]
    if state == "verified":
        return [*discovery, _VERIFICATION]
    role = [] if keeps_identity else [_ROLE]
    if state == "absent":
        # Grants go first, as they outlive their principal.
        return [*grants, _POLICY, *role]
    verification = [_VERIFICATION] if given["verify"] else []
    return [*discovery, _BUCKET, *role, _POLICY, *grants, *verification]


def is_to_run(step: Step, given: Options, results: Results) -> bool:
    """Whether there is something for the step to look at.

    What would still be changed cannot be verified: the verification waits for a run that changes it.
    """
    if step is not _VERIFICATION or given["state"] == "verified":
        return True
    return not any(result.get("changed") and result.get("check_mode") for result in results.values())


def named_as_given(error: _validation.InvalidOption, step: Step, given: Options) -> _validation.InvalidOption:
    """The error with the option's name as the connection calls it."""
    name = re.split(r"\W", error.option, maxsplit=1)[0]
    rest = error.option.removeprefix(name)
    return _validation.InvalidOption(given["variable_prefix"] + step.given_as(name, given) + rest, error.text)


def first_failure(checks: Iterable[Mapping[str, t.Any]], fail_on: Iterable[str]) -> str:
    """What the first check says that has a status to fail on, and how many more do; empty where none does."""
    failing = [check for check in checks if check["status"] in set(fail_on)]
    if not failing:
        return ""
    more = f" (and {len(failing) - 1} more)" if len(failing) > 1 else ""
    return f"{failing[0]['name']}: {failing[0]['detail']}. {failing[0]['remedy']}{more}"


def _identity(given: Options) -> dict[str, t.Any]:
    mode = MODES[given["auth_mode"]]
    return {"iam_type": mode.iam_type, "iam_name": mode.name(given)}


def _identity_with_path(given: Options) -> dict[str, t.Any]:
    return {**_identity(given), "iam_path": MODES[given["auth_mode"]].path(given)}


def _state(given: Options) -> str:
    return "absent" if given["state"] == "absent" else "present"


def _lake_formation(given: Options) -> bool:
    """Grants are of no use to a query without lakeformation:GetDataAccess."""
    return bool(given["lake_formation"] or given["lake_formation_grants"])


def _grants(given: Options) -> list[Mapping[str, t.Any]]:
    """The grants that are named, and DESCRIBE on the database default.

    Athena looks at that database whatever the query names, so that it has to be seen where there is one. What else the
    connection holds on it is not for purging, and an identity that stays may need it for another connection.
    """
    grants = list(given["lake_formation_grants"] or ())
    if not grants or (given["state"] == "absent" and MODES[given["auth_mode"]].is_kept):
        return grants
    return [*grants, {"database": "default", "if_exists": True, "purge": False}]


def _keys_and_sources(given: Options, results: Results) -> dict[str, t.Any]:
    """What was found is in the policy only where that was asked for; it has what was given in it."""
    found = results.get("discovery", {}).get("policy_options")
    if not found:
        return {"kms_keys": given["kms_keys"] or {}, "source_locations": given["source_locations"]}
    return {"kms_keys": found["kms_keys"], "source_locations": found["source_locations"] or None}


def _of_discovery(given: Options, _results: Results) -> Options:
    return {
        # Nothing is allowed that was not said to be.
        "allowed_source_buckets": given["allowed_source_buckets"] or [],
        "lake_formation": _lake_formation(given),
        # What is not seen would be taken out of the policy; a verification writes none.
        "fail_on_unknown": given["state"] != "verified",
    }


def _of_bucket(given: Options, results: Results) -> Options:
    return {"granted_keys": _keys_and_sources(given, results)["kms_keys"].get("results") or []}


def _of_role(given: Options, results: Results) -> Options:
    # What the step before took away, or in check mode would: the ARN of a managed policy, the name of an inline one.
    removed = results.get("policy", {}).get("drift", ()) if given["state"] == "absent" else ()
    names = (re.sub(r"^role/[^/]+/", "", row["subject"]) for row in removed)
    return {"state": _state(given), "detached_policies": list(dict.fromkeys(names))}


def _of_policy(given: Options, results: Results) -> Options:
    name = given["policy_name"] or f"qualytics-athena-{MODES[given['auth_mode']].name(given)}"
    options = {**_identity(given), "name": name, "state": _state(given), "lake_formation": _lake_formation(given)}
    return {**options, **_keys_and_sources(given, results)}


def _of_grants(given: Options, results: Results) -> Options:
    # The step that keeps the role knows its ARN.
    role = results.get("role", {}).get("role")
    identity = dict.fromkeys(("iam_type", "iam_name", "iam_path")) if role else _identity_with_path(given)
    options = {"principal": role["arn"] if role else None, "state": _state(given), "grants": _grants(given)}
    return {**identity, **options}


def _of_verification(given: Options, results: Results) -> Options:
    grants = None if given["lake_formation_grants"] is None else _grants(given)
    options = {**_identity_with_path(given), "lake_formation": _lake_formation(given), "lake_formation_grants": grants}
    # The connection fails for what it finds, and says so in fewer words.
    return {**options, **_keys_and_sources(given, results), "fail_on": []}


_DISCOVERY: t.Final = Step("discovery", "Discover keys and source data", _arguments.DISCOVERY, _of_discovery)
_BUCKET: t.Final = Step("bucket_check", "Check the results bucket", _arguments.BUCKET_CHECK, _of_bucket)
_ROLE: t.Final = Step(
    "role",
    "Keep the role and its trust",
    _arguments.ROLE,
    _of_role,
    {name: (f"role_{name}", name) for name in ("path", "description", "tags")},
    ("role_name", "state", "path", "trusted_principals", "base_role_name", "detached_policies"),
)
_POLICY: t.Final = Step(
    "policy",
    "Keep the policy",
    _arguments.POLICY,
    _of_policy,
    {"name": ("policy_name",)},
    ("name", "state", "policy_type", "iam_type", "iam_name", "path"),
)
_GRANTS: t.Final = Step(
    "grants",
    "Keep the grants in Lake Formation",
    _arguments.GRANTS,
    _of_grants,
    {name: (f"lake_formation_{name}",) for name in ("grants", "purge", "purge_scope", "purge_databases")},
    ("principal", "iam_type", "iam_name", "iam_path", "catalog_id", "state", "grants"),
)
_VERIFICATION: t.Final = Step(
    "checked", "See whether the connection will work", _arguments.ACCESS_CHECK, _of_verification
)
