# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grants of one principal, from options to result: read, observe, plan, apply, observe again, report.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import time
import typing as t
from collections.abc import Container, Iterable, Mapping, Sequence

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _change,
    _diff_text,
    _errors,
    _grants,
    _grants_catalog,
    _grants_catalog_read,
    _grants_failures,
    _grants_judge,
    _grants_options,
    _grants_plan,
    _grants_read,
    _grants_refusals,
    _grants_resources,
    _grants_returned,
    _grants_round,
    _grants_send,
    _grants_words,
    _iam,
    _identity,
    _lake_formation,
    _location,
    _report,
    _validation,
    _words,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import _aws_module

_COLUMNS: t.Final = ("column", "excluded_columns")

# The first requests, those for which the listing asks after them, and one more.
_ROUNDS: t.Final = 4
# A listing may show what was before a write for some time; where AWS refused some of it, that is the likelier reason.
_LOOKS: t.Final = 5
_LOOKS_AFTER_REFUSALS: t.Final = 3


def prepare_grants(params: Mapping[str, t.Any], session: _aws_module.Session) -> _aws_module.Run:
    """Read the options, or raise InvalidOption: what they show by themselves is refused before the first call."""
    wanted = _grants_options.read_wanted(_with_principal(params, _before_any_call(session)), _location.SOME_ACCOUNT)
    return lambda: _run(params, wanted, session)


def _run(
    params: Mapping[str, t.Any], wanted: _grants_options.WantedGrants, session: _aws_module.Session
) -> dict[str, t.Any]:
    """Make the grants of the principal what the options ask for; in check mode, only say what would be done."""
    if not wanted.atoms and wanted.scope.kind == "nothing":
        # Nobody is looked up for nothing, and an ARN without a call is that of some account.
        named = dataclasses.replace(wanted, principal=params.get("principal") or params["iam_name"])
        result = _result(named, session, _grants_plan.Difference(), frozenset())
        return {**result, "principal": params.get("principal")}
    for permission in _grants_options.unverifiable_options(params):
        session.warn(f"the grant option of {permission} is left as it is: Lake Formation lists it, granted or not")
    wanted = _grants_options.read_wanted(
        {**params, "principal": _principal(params, session)}, session.caller["Account"]
    )
    return _Run(wanted, session).result()


def _before_any_call(session: _aws_module.Session) -> _location.Scope:
    return _location.Scope(session.partition, _location.SOME_ACCOUNT, session.region)


def _with_principal(params: Mapping[str, t.Any], scope: _location.Scope) -> dict[str, t.Any]:
    """The options with the ARN of the principal that they name otherwise, as far as it can be told from its name."""
    if params.get("principal") is not None:
        return dict(params)
    iam_type, name, path = params["iam_type"], params["iam_name"], params.get("iam_path")
    _validation.check_identifier("iam_name", name, iam_type)
    _validation.check_path("iam_path", path)
    return {**params, "principal": scope.identity(iam_type, path or "/", name)}


def _principal(params: Mapping[str, t.Any], session: _aws_module.Session) -> str:
    """The ARN of the principal; grants outlive whom they are for, so that one that is gone is named by its path."""
    if params.get("principal") is not None:
        return str(params["principal"])
    found = _iam.get_identity(session.client("iam"), _identity.Identity(params["iam_type"], params["iam_name"]))
    return str(found["Arn"] if found else _with_principal(params, session.scope)["principal"])


class _Run:
    """One run: what was found, and what is made of it."""

    def __init__(self, wanted: _grants_options.WantedGrants, session: _aws_module.Session) -> None:
        self._wanted = wanted
        self._session = session
        self._client = session.client("lakeformation")
        pages = session.progress.count("grants", "pages of grants read")
        self._reader = _grants_read.GrantReader(self._client, wanted.catalog_id, wanted.request, pages)
        self._catalog = _grants_catalog_read.CatalogReader("grants", session)
        self._catalog_if_allowed = _grants_catalog_read.CatalogReader("grants", session, required=False)
        self._settings = self._read_settings()
        self._judge = _grants_judge.Judge(wanted, session, self._client, self._reader, self._settings)
        self._scope = wanted.scope
        # What is listed although it is on nothing that exists, or not granted by itself; AWS does not revoke that.
        self._gone: frozenset[_grants.Atom] = frozenset()
        self._not_held: frozenset[_grants.Atom] = frozenset()

    def result(self) -> dict[str, t.Any]:
        if self._judge.of_identities():
            self._scope = _grants_plan.PurgeScope()
        listing = self._observe()
        self._judge.of_sight(listing)
        self._judge.of_reach(listing)
        difference = self._difference(listing)
        self._require_settings(difference)
        facts = self._look_up(listing, difference)
        if facts:
            there = _grants_catalog.without_absent(self._wanted.atoms, self._wanted.optional, facts)
            self._wanted = dataclasses.replace(self._wanted, atoms=_grants_catalog.spelled_as_in_catalog(there, facts))
            difference = self._difference(listing)
        self._judge.of_grants(listing, difference, facts)
        self._note_absent(listing, facts)
        difference = self._difference(listing)
        held = listing.held(self._wanted.principal)
        if self._session.check_mode:
            self._warn_of_conflicts(difference, held)
        if not difference or self._session.check_mode:
            return _result(self._wanted, self._session, difference, held)
        outcome = _grants_round.Outcome()
        try:
            problems = self._apply(listing, difference, outcome)
        except AnsibleAWSError as error:
            error.kwargs = self._unfinished(difference, outcome, held)
            raise
        if problems:
            return {**self._unfinished(difference, outcome, held), "failed": True, "msg": problems}
        not_revoked = (self._gone | self._not_held) - outcome.revoked
        difference = _grants_plan.Difference(difference.to_grant, difference.to_revoke - not_revoked)
        return _result(self._wanted, self._session, difference, held)

    def _unfinished(
        self, difference: _grants_plan.Difference, outcome: _grants_round.Outcome, held: _grants.Atoms
    ) -> dict[str, t.Any]:
        """What was done before the run failed, and what was not."""
        done = _grants_plan.Difference(difference.to_grant & outcome.granted, difference.to_revoke & outcome.revoked)
        # Revoked with the rest of its list, and not granted again.
        lost = (outcome.revoked & held) - difference.to_revoke
        if lost:
            self._session.warn(
                f"the principal has lost {self._lines(lost)}: AWS revoked it with the rest of its list, and did not "
                "grant it again; the next run does"
            )
        rest = _grants_plan.Difference(
            (difference.to_grant - done.to_grant) | lost, difference.to_revoke - done.to_revoke
        )
        report = _result(self._wanted, self._session, done, held, lost)
        return {**report, "not_done": _drift(self._wanted, rest), "changed": outcome.changed}

    def _warn_of_conflicts(self, difference: _grants_plan.Difference, held: _grants.Atoms) -> None:
        """An apply may be refused what check mode says would be granted."""
        warning = _grants_refusals.of_conflicts(difference, held, self._wanted.atoms, self._wanted.catalog_id)
        if warning:
            self._session.warn(warning)

    def _lines(self, atoms: _grants.Atoms) -> str:
        return _words.some(_grants_words.grant_lines(atoms, self._wanted.catalog_id))

    # Observe -------------------------------------------------------------------------------------------------------

    def _observe(self) -> _grants_read.Listing:
        scope = self._scope
        if scope.kind not in ("databases", "principal"):
            return self._reader.read(self._wanted.bases)
        return self._reader.read_all(self._wanted.bases, scope.kind == "principal", scope.databases)

    def _read_settings(self) -> Mapping[str, t.Any] | _lake_formation.LakeFormationError:
        try:
            return _lake_formation.get_data_lake_settings(self._client, self._wanted.request)
        except _lake_formation.LakeFormationError as error:
            if _errors.is_denied(error):
                return error
            raise

    def _difference(self, listing: _grants_read.Listing) -> _grants_plan.Difference:
        held = listing.held(self._wanted.principal) - self._gone - self._not_held
        if self._wanted.absent:
            return _grants_plan.compare_absent(self._wanted.atoms, held)
        return _grants_plan.compare(self._wanted.atoms, held, self._scope)

    def _require_settings(self, difference: _grants_plan.Difference) -> None:
        """What is purged must not be an administrator's; whether it is must be known."""
        if (
            difference.to_revoke
            and not self._wanted.absent
            and isinstance(self._settings, _lake_formation.LakeFormationError)
        ):
            raise self._settings

    def _look_up(
        self, listing: _grants_read.Listing, difference: _grants_plan.Difference
    ) -> _grants_catalog.CatalogFacts | None:
        """What the Data Catalog has of the resources to grant on; Refused where it lacks any of them."""
        bases = {atom.resource.base for atom in difference.to_grant} | set(listing.unseen)
        if not bases:
            return None
        facts = self._catalog.read(bases)
        for base, error in listing.unseen.items():
            # Neither "not found" nor "not authorized" is an answer as long as the resource is not known to be absent.
            if facts.entries.get(base) or (base not in facts.entries and _errors.is_denied(error)):
                raise error
            if base not in facts.entries and not any(atom.resource.base == base for atom in difference.to_grant):
                what = _grants_words.resource_words([base], self._wanted.catalog_id)
                self._session.warn(
                    f"Lake Formation does not find the {what}, or does not show it to the caller: if it exists, "
                    "what is granted on it stays as it is"
                )
        problems = _grants_catalog.missing(
            _grants_catalog.without_absent(difference.to_grant, self._wanted.optional, facts),
            facts,
            self._wanted.catalog_id,
        )
        if problems:
            message = (
                f"grants: not in the Glue Data Catalog: {', '.join(problems)}; correct the names, or create them first"
            )
            if not self._session.check_mode:
                raise _change.Refused(message)
            # An earlier task may be about to create it, which check mode only predicts too.
            perhaps = " (in check mode it may be that an earlier task would create them)"
            self._session.warn(f"{message}{perhaps * self._session.predicts}")
        links = _grants_catalog.refused_on_links(difference.to_grant, facts, self._wanted.catalog_id)
        if links:
            raise _change.Refused(
                f"grants: a resource link takes DESCRIBE and DROP only, not {'; '.join(links)}; grant the rest on its "
                "target, with the target's catalog_id"
            )
        return facts

    def _note_absent(self, listing: _grants_read.Listing, facts: _grants_catalog.CatalogFacts | None) -> None:
        """What is listed on resources that do not exist: Lake Formation keeps it, and may refuse to revoke it.

        So that is no difference. Where the options name it, revoking is tried, which only an apply can do.
        """
        if self._wanted.absent:
            found = self._add_left_on_absent(listing, facts) if facts else frozenset[_grants.Atom]()
            self._add_gone(found if self._session.check_mode else frozenset())
            return
        to_revoke = self._difference(listing).to_revoke
        # By resource, Lake Formation lists nothing on what does not exist; only columns can be gone there.
        is_wide = self._scope.kind in ("databases", "principal")
        bases = {atom.resource.base for atom in to_revoke if is_wide or atom.resource.kind in _COLUMNS}
        known = facts or _grants_catalog.CatalogFacts()
        rest = self._catalog_if_allowed.read(bases - set(known.entries))
        for permission in sorted(rest.denied):
            self._session.warn(
                f"{permission} is not allowed: whether all exists on which something is revoked could not be looked at"
            )
        known = _grants_catalog.CatalogFacts({**known.entries, **rest.entries})
        self._add_gone(_grants_catalog.on_absent({atom for atom in to_revoke if atom.resource.base in bases}, known))

    def _add_left_on_absent(
        self, listing: _grants_read.Listing, facts: _grants_catalog.CatalogFacts
    ) -> frozenset[_grants.Atom]:
        absent = {base for base in listing.unseen if facts.is_absent(base)}
        if not absent:
            return frozenset()
        left = self._reader.read_absent(absent)
        if left is None:
            names = _words.some(
                sorted(_grants_words.resource_words([base], self._wanted.catalog_id) for base in absent)
            )
            self._session.warn(
                f"not in the Glue Data Catalog: {names}; what may still be granted there shows in the account-wide "
                "list only, which is too long to look through"
            )
            return frozenset()
        for principal, rows in left.rows.items():
            listing.rows[principal].update(rows)
        return _grants_plan.compare_absent(self._wanted.atoms, left.held(self._wanted.principal)).to_revoke

    def _add_gone(self, atoms: _grants.Atoms) -> None:
        new = atoms - self._gone
        if new:
            self._gone |= new
            self._session.warn(
                f"still listed, but on nothing that exists: {self._lines(new)}; Lake Formation does not revoke that, "
                "and it holds again should the resource be made again"
            )

    # Apply ---------------------------------------------------------------------------------------------------------

    def _apply(
        self, listing: _grants_read.Listing, difference: _grants_plan.Difference, outcome: _grants_round.Outcome
    ) -> str:
        """Write in rounds until the listing shows what is wanted; what went wrong, empty where nothing did."""
        principal = self._wanted.principal
        ways: dict[_grants_resources.Resource, _grants_plan.Way] = {}
        for _round in range(_ROUNDS):
            units = _grants_plan.plan_units(self._wanted_to_keep, difference, listing.of(principal), ways)
            counter = self._session.progress.count("grants", "sent", sum(unit.size for unit in units))
            send = _grants_send.BatchSender(self._client, principal, self._wanted.request, counter)
            outcome.next_round()
            _grants_round.apply_round(units, send, outcome)
            failures = list(outcome.failures)
            self._add_gone(frozenset[_grants.Atom]().union(*(it.gone for it in failures)))
            revoking = {atom.resource.base for atom in difference.to_revoke}
            hopeless = [it for it in failures if not self._may_be_settled(it, revoking)]
            if hopeless:
                return self._refusals(hopeless, listing)
            listing, difference = self._settled(listing, difference, bool(failures))
            if not difference:
                return ""
            partly_gone = {it.entry.base for it in failures if it.is_of_gone}
            for base in outcome.narrowed & {atom.resource.base for atom in difference.to_revoke}:
                ways[base] = "whole" if base not in ways and base not in partly_gone else "single"
        if self._wanted.absent and self._is_nothing_held(failures, difference, outcome):
            return ""
        if failures:
            return self._refusals(failures, listing)
        rest = "; ".join(_left_over(difference, self._wanted))
        return (
            f"Lake Formation took the requests, but still lists otherwise: {rest}. Run the task again; if this stays, "
            "something else writes the same grants, or the principal holds them implicitly"
        )

    def _is_nothing_held(
        self,
        failures: Iterable[_grants_failures.Failure],
        difference: _grants_plan.Difference,
        outcome: _grants_round.Outcome,
    ) -> bool:
        """Whether all that is left to revoke is listed, but not granted by itself: what comes with ALL may be."""
        refused = frozenset[_grants.Atom]().union(*(it.entry.atoms for it in failures if it.is_of_nothing_held))
        if not difference.to_revoke <= refused:
            return False
        self._not_held = difference.to_revoke
        if not_revoked := self._not_held - outcome.revoked:
            self._session.warn(
                f"listed, but not granted by itself: {self._lines(not_revoked)}; Lake Formation has nothing to revoke "
                "there, as it comes with ALL on the same resource, or implicitly"
            )
        return True

    def _refusals(self, failures: Sequence[_grants_failures.Failure], listing: _grants_read.Listing) -> str:
        return _grants_refusals.refusals(
            failures, listing.held(self._wanted.principal), self._wanted.atoms, self._wanted.catalog_id
        )

    @property
    def _wanted_to_keep(self) -> _grants.Atoms:
        return frozenset() if self._wanted.absent else self._wanted.atoms

    @staticmethod
    def _may_be_settled(failure: _grants_failures.Failure, revoking: Container[_grants_resources.Resource]) -> bool:
        """Whether another round may do what this one could not."""
        if failure.verb == "revoke":
            return failure.is_of_shape
        return failure.is_invalid_modification and failure.entry.base in revoking

    def _settled(
        self, before: _grants_read.Listing, difference: _grants_plan.Difference, is_partial: bool
    ) -> tuple[_grants_read.Listing, _grants_plan.Difference]:
        """Read again what was written, and some times more where a listing may lag behind what was acknowledged."""
        touched = {atom.resource.base for atom in (*difference.to_grant, *difference.to_revoke)}
        untouched = _grants_read.Listing()
        for principal in before.rows:
            for atoms in before.of(principal):
                if next(iter(atoms)).resource.base not in touched:
                    untouched.rows[principal][atoms] = None
        waits = _grants_send.backoff(_LOOKS_AFTER_REFUSALS if is_partial else _LOOKS)
        while True:
            listing = self._reader.read(touched)
            for principal, rows in untouched.rows.items():
                listing.rows[principal].update(rows)
            left = self._difference(listing)
            wait = next(waits, None)
            if not left or wait is None:
                return listing, left
            time.sleep(wait)


def _left_over(difference: _grants_plan.Difference, wanted: _grants_options.WantedGrants) -> list[str]:
    catalog_id = wanted.catalog_id
    return [
        *(f"missing {line}" for line in _grants_words.grant_lines(difference.to_grant, catalog_id)),
        *(f"extra {line}" for line in _grants_words.grant_lines(difference.to_revoke, catalog_id)),
    ]


def _drift(wanted: _grants_options.WantedGrants, of: _grants_plan.Difference) -> list[dict[str, t.Any]]:
    return _report.drift_result(
        _grants_words.grant_drift(wanted.principal, of.to_grant, of.to_revoke, wanted.catalog_id)
    )


def _result(
    wanted: _grants_options.WantedGrants,
    session: _aws_module.Session,
    difference: _grants_plan.Difference,
    held: _grants.Atoms,
    lost: _grants.Atoms = frozenset(),
) -> dict[str, t.Any]:
    """The result; held: all that the principal held before. lost: what was revoked of it, and should not have been."""
    principal, catalog_id = wanted.principal, wanted.catalog_id
    revoked = difference.to_revoke | lost
    bases = wanted.bases | {atom.resource.base for atom in revoked}
    before = {atom for atom in held if atom.resource.base in bases}
    after = (before - revoked) | difference.to_grant
    asked = _grants_returned.returned_entries(wanted.atoms)
    return {
        "changed": bool(difference),
        "check_mode": session.check_mode,
        "principal": principal,
        "drift": _drift(wanted, difference),
        "diff": _diff_text.diff_text(
            f"Lake Formation grants of {principal}",
            # Ansible shows no difference where nothing changes, and thousands of lines take their time.
            *(_grants_words.grant_facts(atoms if before != after else (), catalog_id) for atoms in (before, after)),
        ),
        "grants": [] if wanted.absent else asked,
        # Most runs find just what they ask for.
        "observed_grants": asked if before == wanted.atoms else _grants_returned.returned_entries(before),
        "granted": _requests(wanted, _grants.grant_entries(difference.to_grant)),
        "revoked": _requests(wanted, _grants.revoke_entries(revoked)),
    }


def _requests(wanted: _grants_options.WantedGrants, entries: Iterable[_grants.Entry]) -> list[dict[str, t.Any]]:
    return [{**wanted.request, **entry.request(wanted.principal)} for entry in entries]
