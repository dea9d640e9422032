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

from ansible_collections.qualytics.athena.plugins.module_utils import _iam, _lake_formation
from ansible_collections.qualytics.athena.plugins.module_utils._change import Refused
from ansible_collections.qualytics.athena.plugins.module_utils._diff_text import diff_text
from ansible_collections.qualytics.athena.plugins.module_utils._errors import is_denied
from ansible_collections.qualytics.athena.plugins.module_utils._grants import (
    Atom,
    Atoms,
    grant_entries,
    revoke_entries,
)
from ansible_collections.qualytics.athena.plugins.module_utils._grants_catalog import (
    CatalogFacts,
    missing,
    on_absent,
    refused_on_links,
    spelled_as_in_catalog,
    without_absent,
)
from ansible_collections.qualytics.athena.plugins.module_utils._grants_catalog_read import CatalogReader
from ansible_collections.qualytics.athena.plugins.module_utils._grants_failures import Failure
from ansible_collections.qualytics.athena.plugins.module_utils._grants_judge import Judge
from ansible_collections.qualytics.athena.plugins.module_utils._grants_options import (
    WantedGrants,
    read_wanted,
    unverifiable_options,
)
from ansible_collections.qualytics.athena.plugins.module_utils._grants_plan import (
    Difference,
    PurgeScope,
    Way,
    compare,
    compare_absent,
    plan_units,
)
from ansible_collections.qualytics.athena.plugins.module_utils._grants_read import GrantReader, Listing
from ansible_collections.qualytics.athena.plugins.module_utils._grants_refusals import of_conflicts, refusals
from ansible_collections.qualytics.athena.plugins.module_utils._grants_resources import Resource
from ansible_collections.qualytics.athena.plugins.module_utils._grants_round import Outcome, apply_round
from ansible_collections.qualytics.athena.plugins.module_utils._grants_send import BatchSender, backoff
from ansible_collections.qualytics.athena.plugins.module_utils._grants_words import (
    grant_drift,
    grant_facts,
    grant_lines,
    resource_words,
    some,
)
from ansible_collections.qualytics.athena.plugins.module_utils._identity import Identity
from ansible_collections.qualytics.athena.plugins.module_utils._lake_formation import LakeFormationError
from ansible_collections.qualytics.athena.plugins.module_utils._location import SOME_ACCOUNT, Scope
from ansible_collections.qualytics.athena.plugins.module_utils._report import drift_result
from ansible_collections.qualytics.athena.plugins.module_utils._validation import check_identifier, check_path

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils._aws_module import Run as PreparedRun
    from ansible_collections.qualytics.athena.plugins.module_utils._aws_module import Session

_COLUMNS: t.Final = ("column", "excluded_columns")

# The first requests, those for which the listing asks after them, and one more.
_ROUNDS: t.Final = 4
# A listing may show what was before a write for some time; where AWS refused some of it, that is the likelier reason.
_LOOKS: t.Final = 5
_LOOKS_AFTER_REFUSALS: t.Final = 3


def prepare_grants(params: Mapping[str, t.Any], session: Session) -> PreparedRun:
    """Read the options, or raise InvalidOption: what they show by themselves is refused before the first call."""
    wanted = read_wanted(_with_principal(params, _before_any_call(session)), SOME_ACCOUNT)
    return lambda: _run(params, wanted, session)


def _run(params: Mapping[str, t.Any], wanted: WantedGrants, session: Session) -> dict[str, t.Any]:
    """Make the grants of the principal what the options ask for; in check mode, only say what would be done."""
    if not wanted.atoms and wanted.scope.kind == "nothing":
        return _report(wanted, session, Difference(), frozenset())
    for permission in unverifiable_options(params):
        session.warn(f"the grant option of {permission} is left as it is: Lake Formation lists it, granted or not")
    wanted = read_wanted({**params, "principal": _principal(params, session)}, session.caller["Account"])
    return _Run(wanted, session).result()


def _before_any_call(session: Session) -> Scope:
    return Scope(session.partition, SOME_ACCOUNT, session.region)


def _with_principal(params: Mapping[str, t.Any], scope: Scope) -> dict[str, t.Any]:
    """The options with the ARN of the principal that they name otherwise, as far as it can be told from its name."""
    if params.get("principal") is not None:
        return dict(params)
    iam_type, name, path = params["iam_type"], params["iam_name"], params.get("iam_path")
    check_identifier("iam_name", name, iam_type)
    check_path("iam_path", path)
    return {**params, "principal": scope.identity(iam_type, path or "/", name)}


def _principal(params: Mapping[str, t.Any], session: Session) -> str:
    """The ARN of the principal; grants outlive whom they are for, so that one that is gone is named by its path."""
    if params.get("principal") is not None:
        return str(params["principal"])
    found = _iam.get_identity(session.client("iam"), Identity(params["iam_type"], params["iam_name"]))
    return str(found["Arn"] if found else _with_principal(params, session.scope)["principal"])


class _Run:
    """One run: what was found, and what is made of it."""

    def __init__(self, wanted: WantedGrants, session: Session) -> None:
        self._wanted = wanted
        self._session = session
        self._client = session.client("lakeformation")
        self._reader = GrantReader(self._client, wanted.catalog_id, wanted.request)
        glue, account_id = session.client("glue"), session.caller["Account"]
        self._catalog = CatalogReader(glue, self._client, account_id)
        self._catalog_if_allowed = CatalogReader(glue, self._client, account_id, required=False)
        self._settings = self._read_settings()
        self._judge = Judge(wanted, session, self._client, self._reader, self._settings)
        self._scope = wanted.scope
        # What is listed although it is on nothing that exists, or not granted by itself; AWS does not revoke that.
        self._gone: frozenset[Atom] = frozenset()
        self._not_held: frozenset[Atom] = frozenset()

    def result(self) -> dict[str, t.Any]:
        if self._judge.of_identities():
            self._scope = PurgeScope()
        listing = self._observe()
        self._judge.of_sight(listing)
        self._judge.of_reach(listing)
        difference = self._difference(listing)
        self._require_settings(difference)
        facts = self._look_up(listing, difference)
        self._judge.of_grants(listing, difference, facts)
        if facts:
            there = without_absent(self._wanted.atoms, self._wanted.optional, facts)
            self._wanted = dataclasses.replace(self._wanted, atoms=spelled_as_in_catalog(there, facts))
        self._note_absent(listing, facts)
        difference = self._difference(listing)
        held = listing.held(self._wanted.principal)
        if self._session.check_mode:
            self._warn_of_conflicts(difference, held)
        if not difference or self._session.check_mode:
            return _report(self._wanted, self._session, difference, held)
        outcome = Outcome()
        try:
            problems = self._apply(listing, difference, outcome)
        except AnsibleAWSError as error:
            error.kwargs = self._unfinished(difference, outcome, held)
            raise
        if problems:
            return {**self._unfinished(difference, outcome, held), "failed": True, "msg": problems}
        not_revoked = (self._gone | self._not_held) - outcome.revoked
        difference = Difference(difference.to_grant, difference.to_revoke - not_revoked)
        return _report(self._wanted, self._session, difference, held)

    def _unfinished(self, difference: Difference, outcome: Outcome, held: Atoms) -> dict[str, t.Any]:
        """What was done before the run failed, and what was not."""
        done = Difference(difference.to_grant & outcome.granted, difference.to_revoke & outcome.revoked)
        # Revoked with the rest of its list, and not granted again.
        lost = (outcome.revoked & held) - difference.to_revoke
        if lost:
            self._session.warn(
                f"the principal has lost {self._lines(lost)}: AWS revoked it with the rest of its list, and did not "
                "grant it again; the next run does"
            )
        rest = Difference((difference.to_grant - done.to_grant) | lost, difference.to_revoke - done.to_revoke)
        report = _report(self._wanted, self._session, done, held, lost)
        return {**report, "not_done": _drift(self._wanted, rest), "changed": outcome.changed}

    def _warn_of_conflicts(self, difference: Difference, held: Atoms) -> None:
        """An apply may be refused what check mode says would be granted."""
        warning = of_conflicts(difference, held, self._wanted.atoms, self._wanted.catalog_id)
        if warning:
            self._session.warn(warning)

    def _lines(self, atoms: Atoms) -> str:
        return some(grant_lines(atoms, self._wanted.catalog_id))

    # Observe -------------------------------------------------------------------------------------------------------

    def _observe(self) -> Listing:
        scope = self._scope
        if scope.kind not in ("databases", "principal"):
            return self._reader.read(self._wanted.bases)
        return self._reader.read_all(self._wanted.bases, scope.kind == "principal", scope.databases)

    def _read_settings(self) -> Mapping[str, t.Any] | LakeFormationError:
        try:
            return _lake_formation.get_data_lake_settings(self._client, self._wanted.request)
        except LakeFormationError as error:
            if is_denied(error):
                return error
            raise

    def _difference(self, listing: Listing) -> Difference:
        held = listing.held(self._wanted.principal) - self._gone - self._not_held
        if self._wanted.absent:
            return compare_absent(self._wanted.atoms, held)
        return compare(self._wanted.atoms, held, self._scope)

    def _require_settings(self, difference: Difference) -> None:
        """What is purged must not be an administrator's; whether it is must be known."""
        if difference.to_revoke and not self._wanted.absent and isinstance(self._settings, LakeFormationError):
            raise self._settings

    def _look_up(self, listing: Listing, difference: Difference) -> CatalogFacts | None:
        """What the Data Catalog has of the resources to grant on; Refused where it lacks any of them."""
        bases = {atom.resource.base for atom in difference.to_grant} | set(listing.unseen)
        if not bases:
            return None
        facts = self._catalog.read(bases)
        for base, error in listing.unseen.items():
            # Neither "not found" nor "not authorized" is an answer as long as the resource is not known to be absent.
            if facts.entries.get(base) or (base not in facts.entries and is_denied(error)):
                raise error
            if base not in facts.entries and not any(atom.resource.base == base for atom in difference.to_grant):
                self._session.warn(
                    f"Lake Formation does not find the {resource_words([base], self._wanted.catalog_id)}, or does not "
                    "show it to the caller: if it exists, what is granted on it stays as it is"
                )
        problems = missing(
            without_absent(difference.to_grant, self._wanted.optional, facts), facts, self._wanted.catalog_id
        )
        if problems:
            message = (
                f"grants: not in the Glue Data Catalog: {', '.join(problems)}; correct the names, or create them first"
            )
            if not self._session.check_mode:
                raise Refused(message)
            # An earlier task may be about to create it, which check mode only predicts too.
            perhaps = " (in check mode it may be that an earlier task would create them)"
            self._session.warn(f"{message}{perhaps * self._session.predicts}")
        links = refused_on_links(difference.to_grant, facts, self._wanted.catalog_id)
        if links:
            raise Refused(
                f"grants: a resource link takes DESCRIBE and DROP only, not {'; '.join(links)}; grant the rest on its "
                "target, with the target's catalog_id"
            )
        return facts

    def _note_absent(self, listing: Listing, facts: CatalogFacts | None) -> None:
        """What is listed on resources that do not exist: Lake Formation keeps it, and may refuse to revoke it.

        So that is no difference. Where the options name it, revoking is tried, which only an apply can do.
        """
        if self._wanted.absent:
            found = self._add_left_on_absent(listing, facts) if facts else frozenset[Atom]()
            self._add_gone(found if self._session.check_mode else frozenset())
            return
        to_revoke = self._difference(listing).to_revoke
        # By resource, Lake Formation lists nothing on what does not exist; only columns can be gone there.
        is_wide = self._scope.kind in ("databases", "principal")
        bases = {atom.resource.base for atom in to_revoke if is_wide or atom.resource.kind in _COLUMNS}
        known = facts or CatalogFacts()
        rest = self._catalog_if_allowed.read(bases - set(known.entries))
        for permission in sorted(rest.denied):
            self._session.warn(
                f"{permission} is not allowed: whether all exists on which something is revoked could not be looked at"
            )
        known = CatalogFacts({**known.entries, **rest.entries})
        self._add_gone(on_absent({atom for atom in to_revoke if atom.resource.base in bases}, known))

    def _add_left_on_absent(self, listing: Listing, facts: CatalogFacts) -> frozenset[Atom]:
        absent = {base for base in listing.unseen if facts.is_absent(base)}
        if not absent:
            return frozenset()
        left = self._reader.read_absent(absent)
        if left is None:
            names = some(sorted(resource_words([base], self._wanted.catalog_id) for base in absent))
            self._session.warn(
                f"not in the Glue Data Catalog: {names}; what may still be granted there shows in the account-wide "
                "list only, which is too long to look through"
            )
            return frozenset()
        for principal, rows in left.rows.items():
            listing.rows[principal].update(rows)
        return compare_absent(self._wanted.atoms, left.held(self._wanted.principal)).to_revoke

    def _add_gone(self, atoms: Atoms) -> None:
        new = atoms - self._gone
        if new:
            self._gone |= new
            self._session.warn(
                f"still listed, but on nothing that exists: {self._lines(new)}; Lake Formation does not revoke that, "
                "and it holds again should the resource be made again"
            )

    # Apply ---------------------------------------------------------------------------------------------------------

    def _apply(self, listing: Listing, difference: Difference, outcome: Outcome) -> str:
        """Write in rounds until the listing shows what is wanted; what went wrong, empty where nothing did."""
        principal = self._wanted.principal
        send = BatchSender(self._client, principal, self._wanted.request)
        ways: dict[Resource, Way] = {}
        for _round in range(_ROUNDS):
            units = plan_units(self._wanted_to_keep, difference, listing.of(principal), ways)
            outcome.next_round()
            apply_round(units, send, outcome)
            failures = list(outcome.failures)
            self._add_gone(frozenset[Atom]().union(*(it.gone for it in failures)))
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
        rest = "; ".join(_words(difference, self._wanted))
        return (
            f"Lake Formation took the requests, but still lists otherwise: {rest}. Run the task again; if this stays, "
            "something else writes the same grants, or the principal holds them implicitly"
        )

    def _is_nothing_held(self, failures: Iterable[Failure], difference: Difference, outcome: Outcome) -> bool:
        """Whether all that is left to revoke is listed, but not granted by itself: what comes with ALL may be."""
        refused = frozenset[Atom]().union(*(it.entry.atoms for it in failures if it.is_of_nothing_held))
        if not difference.to_revoke <= refused:
            return False
        self._not_held = difference.to_revoke
        if not_revoked := self._not_held - outcome.revoked:
            self._session.warn(
                f"listed, but not granted by itself: {self._lines(not_revoked)}; Lake Formation has nothing to revoke "
                "there, as it comes with ALL on the same resource, or implicitly"
            )
        return True

    def _refusals(self, failures: Sequence[Failure], listing: Listing) -> str:
        return refusals(failures, listing.held(self._wanted.principal), self._wanted.atoms, self._wanted.catalog_id)

    @property
    def _wanted_to_keep(self) -> Atoms:
        return frozenset() if self._wanted.absent else self._wanted.atoms

    @staticmethod
    def _may_be_settled(failure: Failure, revoking: Container[Resource]) -> bool:
        """Whether another round may do what this one could not."""
        if failure.verb == "revoke":
            return failure.is_of_shape
        return failure.is_invalid_modification and failure.entry.base in revoking

    def _settled(self, before: Listing, difference: Difference, is_partial: bool) -> tuple[Listing, Difference]:
        """Read again what was written, and some times more where a listing may lag behind what was acknowledged."""
        touched = {atom.resource.base for atom in (*difference.to_grant, *difference.to_revoke)}
        untouched = Listing()
        for principal in before.rows:
            for atoms in before.of(principal):
                if next(iter(atoms)).resource.base not in touched:
                    untouched.rows[principal][atoms] = None
        waits = backoff(_LOOKS_AFTER_REFUSALS if is_partial else _LOOKS)
        while True:
            listing = self._reader.read(touched)
            for principal, rows in untouched.rows.items():
                listing.rows[principal].update(rows)
            left = self._difference(listing)
            wait = next(waits, None)
            if not left or wait is None:
                return listing, left
            time.sleep(wait)


def _words(difference: Difference, wanted: WantedGrants) -> list[str]:
    catalog_id = wanted.catalog_id
    return [
        *(f"missing {line}" for line in grant_lines(difference.to_grant, catalog_id)),
        *(f"extra {line}" for line in grant_lines(difference.to_revoke, catalog_id)),
    ]


def _drift(wanted: WantedGrants, of: Difference) -> list[dict[str, t.Any]]:
    return drift_result(grant_drift(wanted.principal, of.to_grant, of.to_revoke, wanted.catalog_id))


def _report(
    wanted: WantedGrants, session: Session, difference: Difference, held: Atoms, lost: Atoms = frozenset()
) -> dict[str, t.Any]:
    """The result; held: all that the principal held before. lost: what was revoked of it, and should not have been."""
    principal, catalog_id = wanted.principal, wanted.catalog_id
    revoked = difference.to_revoke | lost
    bases = wanted.bases | {atom.resource.base for atom in revoked}
    before = {atom for atom in held if atom.resource.base in bases}
    after = (before - revoked) | difference.to_grant
    return {
        "changed": bool(difference),
        "check_mode": session.check_mode,
        "drift": _drift(wanted, difference),
        "diff": diff_text(
            f"Lake Formation grants of {principal}", grant_facts(before, catalog_id), grant_facts(after, catalog_id)
        ),
        # Written as what is revoked is, which names a permission only where it is there itself beside its option.
        "grants": [] if wanted.absent else [entry.request(principal) for entry in revoke_entries(wanted.atoms)],
        "observed_grants": [entry.request(principal) for entry in revoke_entries(before)],
        "granted": [entry.request(principal) for entry in grant_entries(difference.to_grant)],
        "revoked": [entry.request(principal) for entry in revoke_entries(revoked)],
    }
