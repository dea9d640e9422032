# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""athena_perm_policy against what others do to the policy: a change is named and repaired, a rewrite is no change."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

from .account import Account, Document, arn_of
from .module_runs import Modules

MODULE = "athena_perm_policy"
NAME = "qualytics-athena"
ARN = arn_of(NAME)
TAGS = {"team": "data-platform", "stage": "live"}
OPTIONS: dict[str, Any] = {
    "name": NAME,
    "iam_type": "user",
    "iam_name": "qualytics",
    "output_location": "s3://acme-results/qualytics",
    "workgroups": ["primary"],
    "databases": ["sales"],
    "restrict_listing": True,
    "lake_formation": True,
}
GLUE = f"arn:aws:glue:us-east-1:{ACCOUNT_ID}"
METADATA = ["athena:ListDatabases", "athena:ListTableMetadata", "athena:GetTableMetadata"]

# What the options mean, written down by hand.
WANTED: Document = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "AthenaQueryAccess",
            "Effect": "Allow",
            "Action": [
                "athena:StartQueryExecution",
                "athena:StopQueryExecution",
                "athena:GetQueryExecution",
                "athena:GetQueryResults",
                "athena:GetWorkGroup",
            ],
            "Resource": f"arn:aws:athena:us-east-1:{ACCOUNT_ID}:workgroup/primary",
        },
        {"Sid": "AthenaCatalogMetadata", "Effect": "Allow", "Action": METADATA, "Resource": "*"},
        {
            "Sid": "GlueListNames",
            "Effect": "Allow",
            "Action": ["glue:GetDatabases", "glue:GetCatalog", "glue:GetCatalogs"],
            "Resource": [f"{GLUE}:catalog", f"{GLUE}:database/*"],
        },
        {
            "Sid": "GlueReadDatabases",
            "Effect": "Allow",
            "Action": [
                "glue:GetDatabase",
                "glue:GetTable",
                "glue:GetTables",
                "glue:GetPartition",
                "glue:GetPartitions",
                "glue:BatchGetPartition",
            ],
            "Resource": [
                f"{GLUE}:catalog",
                f"{GLUE}:database/default",
                f"{GLUE}:database/sales",
                f"{GLUE}:table/sales/*",
            ],
        },
        {
            "Sid": "S3QueryResultsBucket",
            "Effect": "Allow",
            "Action": [
                "s3:PutObject",
                "s3:GetObject",
                "s3:GetBucketLocation",
                "s3:ListBucketMultipartUploads",
                "s3:ListMultipartUploadParts",
                "s3:AbortMultipartUpload",
            ],
            "Resource": ["arn:aws:s3:::acme-results", "arn:aws:s3:::acme-results/qualytics/*"],
        },
        {
            "Sid": "S3QueryResultsListing",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::acme-results",
            "Condition": {"StringLike": {"s3:prefix": ["qualytics", "qualytics/*"]}},
        },
        {
            "Sid": "LakeFormationDataAccess",
            "Effect": "Allow",
            "Action": "lakeformation:GetDataAccess",
            "Resource": "*",
        },
    ],
}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class Mutation(NamedTuple):
    """An alteration of the live document, and each drift it is: (aspect, kind, in expected, in actual)."""

    name: str
    document: Document
    drift: list[tuple[str, str, str | None, str | None]]


def altered(name: str, drift: list[tuple[str, str, str | None, str | None]], alter: Callable[[Any], None]) -> Mutation:
    document = copy.deepcopy(WANTED)
    alter(document["Statement"])
    return Mutation(name, document, drift)


def mutations() -> list[Mutation]:
    """Each action, resource, condition, effect and statement added, removed and altered, one at a time."""
    found = []
    for number, statement in enumerate(WANTED["Statement"]):
        sid = statement["Sid"]

        def on(element: str, value: Any, at: int = number) -> Callable[[Any], None]:
            return lambda live: live[at].update({element: value})

        for element, aspect, extra in [
            ("Action", "action", "s3:DeleteObject"),
            ("Resource", "resource", "arn:aws:s3:::acme-secrets/*"),
        ]:
            values = listed(statement[element])
            for value in values:
                rest = [other for other in values if other != value]
                replaced = [*rest, extra]
                # What replaces the only one of its kind is that one, altered; of several, one is gone and one is new.
                if value == values[-1]:
                    change = [(aspect, "different", value, extra)]
                    found.append(altered(f"{sid}: {value} became {extra}", change, on(element, replaced)))
                if rest:
                    found.append(
                        altered(f"{sid}: without {value}", [(aspect, "missing", value, None)], on(element, rest))
                    )
            added = [*values, extra]
            found.append(altered(f"{sid}: with {extra}", [(aspect, "extra", None, extra)], on(element, added)))
        denied = [("effect", "different", "Allow", "Deny")]
        found.append(altered(f"{sid}: denied", denied, on("Effect", "Deny")))
        condition = {"Bool": {"aws:SecureTransport": "true"}}
        conditioned = [("condition", "different", sid, "Bool aws:securetransport true")]
        both = {**statement.get("Condition", {}), **condition}
        found.append(altered(f"{sid}: under another condition", conditioned, on("Condition", both)))
        found.append(
            altered(f"{sid}: gone", [("statement", "missing", sid, None)], lambda live, at=number: live.pop(at))
        )

    def on_listing(condition: Any) -> Callable[[Any], None]:
        return lambda live: live[5].update(Condition=condition)

    prefixes = "StringLike s3:prefix qualytics, qualytics/*"
    for name, condition, actual in [
        ("no condition", {}, "s3:ListBucket on arn:aws:s3:::acme-results"),
        ("a value more", {"StringLike": {"s3:prefix": ["qualytics", "qualytics/*", "hr/*"]}}, "hr/*"),
        ("a value less", {"StringLike": {"s3:prefix": ["qualytics"]}}, "StringLike s3:prefix qualytics"),
        ("a wider value", {"StringLike": {"s3:prefix": ["qualytics", "*"]}}, "s3:prefix *, qualytics"),
        ("a letter", {"StringLike": {"s3:prefix": ["Qualytics", "qualytics/*"]}}, "Qualytics"),
        ("another operator", {"StringEquals": {"s3:prefix": ["qualytics", "qualytics/*"]}}, "StringEquals"),
        ("another key", {"StringLike": {"aws:Referer": ["qualytics", "qualytics/*"]}}, "aws:referer"),
    ]:
        change = [("condition", "different", prefixes, actual)]
        found.append(altered(f"S3QueryResultsListing: {name}", change, on_listing(condition)))

    backdoor = {"Sid": "Backdoor", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    whole = [("statement", "extra", None, "Backdoor: Allow s3:* on *")]
    found.append(altered("a statement more", whole, lambda live: live.append(backdoor)))
    inverse = {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::x"}
    found.append(
        altered("all but", [("statement", "extra", None, "NotAction iam:*")], lambda live: live.append(inverse))
    )
    older = copy.deepcopy(WANTED) | {"Version": "2008-10-17"}
    found.append(Mutation("an older language", older, [("version", "different", "2012-10-17", "2008-10-17")]))
    return found


def rewrites() -> dict[str, Document]:
    """Documents that mean the same."""

    def every(change: Callable[[dict[str, Any]], Any]) -> Document:
        document = copy.deepcopy(WANTED)
        document["Statement"] = [new for it in document["Statement"] for new in listed(change(it))]
        return document

    def split(element: str) -> Callable[[dict[str, Any]], Any]:
        return lambda it: [
            {**{key: it[key] for key in it if key != "Sid"}, element: value} for value in listed(it[element])
        ]

    metadata, lake_formation = WANTED["Statement"][1], WANTED["Statement"][6]
    merged = {**metadata, "Action": [*METADATA, lake_formation["Action"]]}
    others = [it for it in WANTED["Statement"] if it not in (metadata, lake_formation)]
    listing = WANTED["Statement"][5]
    return {
        "the same": WANTED,
        "statements in another order": WANTED | {"Statement": WANTED["Statement"][::-1]},
        "lists in another order": every(
            lambda it: {**it, "Action": listed(it["Action"])[::-1], "Resource": listed(it["Resource"])[::-1]}
        ),
        "lists of one": every(lambda it: {**it, "Action": listed(it["Action"]), "Resource": listed(it["Resource"])}),
        "lower case": every(lambda it: {**it, "Action": [name.lower() for name in listed(it["Action"])]}),
        "upper case": every(lambda it: {**it, "Action": [name.upper() for name in listed(it["Action"])]}),
        "everything twice": every(
            lambda it: {**it, "Action": listed(it["Action"]) * 2, "Resource": listed(it["Resource"]) * 2}
        ),
        "without Sid": every(lambda it: {key: it[key] for key in it if key != "Sid"}),
        "other Sids": every(lambda it: {**it, "Sid": f"Some{it['Sid']}"}),
        "an empty condition": every(lambda it: {"Condition": {}, **it}),
        "with an Id": {"Id": "from-the-console", **WANTED},
        "split by action": every(split("Action")),
        "split by resource": every(split("Resource")),
        "merged": WANTED | {"Statement": [*others, merged]},
        "a statement within another": WANTED | {"Statement": [*WANTED["Statement"], {**metadata, "Sid": "Again"}]},
        "conditions in another order": WANTED
        | {
            "Statement": [
                *(it for it in WANTED["Statement"] if it != listing),
                {**listing, "Condition": {"StringLike": {"S3:PREFIX": ["qualytics/*", "qualytics", "qualytics"]}}},
            ]
        },
    }


@pytest.fixture
def account(clean_sandbox: Sandbox) -> Account:
    account = Account(clean_sandbox)
    account.make_identity("user", "qualytics")
    return account


@pytest.fixture
def modules(clean_sandbox: Sandbox) -> Modules:
    return Modules(clean_sandbox)


def assert_names(run: Any, drift: list[tuple[str, str, str | None, str | None]]) -> None:
    """The run's drift is exactly this, in whatever order."""
    assert {row["subject"] for row in run.result["drift"]} == {ARN}
    found = sorted(run.drift, key=str)
    for aspect, kind, expected, actual in drift:
        fitting = [
            row
            for row in found
            if row[:2] == (aspect, kind)
            and _holds(row[2], expected, kind == "extra")
            and _holds(row[3], actual, kind == "missing")
        ]
        assert fitting, f"nothing names {aspect} {kind} {expected} {actual}: {found}"
        found.remove(fitting[0])
    assert found == []


def _holds(text: str | None, part: str | None, absent: bool) -> bool:
    return text is None if absent else text is not None and (part or "") in text


def test_the_options_mean_the_document_written_down_here(account: Account, modules: Modules) -> None:
    assert modules.run(MODULE, OPTIONS).ok().result["policy"]["document"] == WANTED
    assert account.document(ARN) == WANTED


@pytest.mark.parametrize("mutation", mutations(), ids=lambda mutation: mutation.name)
def test_a_change_is_named_and_repaired(account: Account, modules: Modules, mutation: Mutation) -> None:
    account.make_policy(NAME, mutation.document)
    account.attach(ARN)
    run = modules.run(MODULE, OPTIONS).ok()
    assert run.writes == ("iam:CreatePolicyVersion",)
    assert run.result["changed"]
    assert run.result["observed_policy"] == mutation.document
    # That a third run is silent follows: test_a_rewrite_is_no_change runs on this document.
    assert account.document(ARN) == WANTED
    assert_names(run, mutation.drift)


@pytest.mark.parametrize("document", rewrites().values(), ids=rewrites().keys())
def test_a_rewrite_is_no_change(account: Account, modules: Modules, document: Document) -> None:
    account.make_policy(NAME, document)
    account.attach(ARN)
    run = modules.run(MODULE, OPTIONS).ok()
    assert not run.result["changed"]
    assert run.writes == ()
    assert run.result["drift"] == []
    assert run.result["diff"]["before"] == run.result["diff"]["after"]


@pytest.mark.parametrize("iam_type", ["user", "role"])
def test_an_inline_policy_is_compared_and_repaired_the_same_way(
    account: Account, modules: Modules, iam_type: str
) -> None:
    options = OPTIONS | {"policy_type": "inline", "iam_type": iam_type}
    iam = account.iam
    if iam_type == "role":
        account.make_identity("role", "qualytics")
    put = {"user": iam.put_user_policy, "role": iam.put_role_policy}[iam_type]
    owner = {f"{iam_type.title()}Name": "qualytics"}

    put(**owner, PolicyName=NAME, PolicyDocument=json.dumps(rewrites()["lists in another order"], indent=2))
    assert modules.run(MODULE, options).ok().writes == ()

    mutation = next(it for it in mutations() if it.name == "S3QueryResultsBucket: with s3:DeleteObject")
    put(**owner, PolicyName=NAME, PolicyDocument=json.dumps(mutation.document))
    predicted = modules.run(MODULE, options, check=True).ok()
    applied = modules.run(MODULE, options).ok()
    assert [row[:2] for row in applied.drift] == [("action", "extra")]
    assert "s3:DeleteObject" in applied.drift[0][3]
    assert applied.result["drift"] == predicted.result["drift"]
    assert applied.result["diff"] == predicted.result["diff"]
    assert {row["subject"] for row in applied.result["drift"]} == {f"{iam_type}/qualytics/{NAME}"}
    assert applied.writes == (f"iam:Put{iam_type.title()}Policy",)
    assert account.state()["inline"] == {f"{iam_type}/qualytics/{NAME}": WANTED}
    assert not modules.run(MODULE, options).ok().result["changed"]


def test_an_older_version_made_the_default(account: Account, modules: Modules) -> None:
    old = mutations()[0]
    account.make_policy(NAME, old.document)
    account.set_document(ARN, WANTED)
    account.attach(ARN)
    assert not modules.run(MODULE, OPTIONS).ok().result["changed"]
    account.iam.set_default_policy_version(PolicyArn=ARN, VersionId="v1")
    predicted = modules.run(MODULE, OPTIONS, check=True).ok()
    assert predicted.writes == ()
    assert_names(predicted, old.drift)
    applied = modules.run(MODULE, OPTIONS).ok()
    assert applied.result["drift"] == predicted.result["drift"]
    assert account.document(ARN) == WANTED
    assert not modules.run(MODULE, OPTIONS).ok().result["changed"]


def test_a_detached_policy(account: Account, modules: Modules) -> None:
    account.make_policy(NAME, WANTED)
    predicted = modules.run(MODULE, OPTIONS, check=True).ok()
    applied = modules.run(MODULE, OPTIONS).ok()
    assert applied.drift == [("attachment", "missing", "user/qualytics", None)]
    assert applied.result["drift"] == predicted.result["drift"]
    assert applied.result["diff"] == predicted.result["diff"]
    assert applied.writes == ("iam:AttachUserPolicy",)
    assert account.state()["managed"][ARN]["users"] == ["qualytics"]
    assert not modules.run(MODULE, OPTIONS).ok().result["changed"]


@pytest.mark.parametrize(
    ("live", "asked", "purge", "drift", "after"),
    [
        ({}, TAGS, True, [("missing", f"{key}={TAGS[key]}", None) for key in ("stage", "team")], TAGS),
        (TAGS, TAGS, True, [], TAGS),
        (TAGS | {"team": "x"}, TAGS, True, [("different", "team=data-platform", "team=x")], TAGS),
        (TAGS | {"Team": "x"}, TAGS, True, [("extra", None, "Team=x")], TAGS),
        (TAGS | {"by": "hand"}, TAGS, True, [("extra", None, "by=hand")], TAGS),
        (TAGS | {"by": "hand"}, TAGS, False, [], TAGS | {"by": "hand"}),
        ({"by": "hand"}, {"team": "a"}, False, [("missing", "team=a", None)], {"team": "a", "by": "hand"}),
        (TAGS, {}, True, [("extra", None, "stage=live"), ("extra", None, "team=data-platform")], {}),
        (TAGS, {}, False, [], TAGS),
        (TAGS, None, True, [], TAGS),
    ],
    ids=["none", "same", "value", "letter case", "extra", "extra kept", "missing kept", "empty", "empty kept", "unset"],
)
def test_tags(
    account: Account,
    modules: Modules,
    live: dict[str, str],
    asked: dict[str, str] | None,
    purge: bool,
    drift: list[tuple[str, str | None, str | None]],
    after: dict[str, str],
) -> None:
    account.make_policy(NAME, WANTED, Tags=[{"Key": key, "Value": value} for key, value in live.items()])
    account.attach(ARN)
    options = OPTIONS | {"tags": asked, "purge_tags": purge}
    predicted = modules.run(MODULE, options, check=True).ok()
    assert predicted.writes == ()
    applied = modules.run(MODULE, options).ok()
    assert applied.drift == [("tag", kind, expected, actual) for kind, expected, actual in drift]
    assert applied.result["drift"] == predicted.result["drift"]
    assert applied.result["diff"] == predicted.result["diff"]
    assert applied.result["policy"]["tags"] == account.state()["managed"][ARN]["tags"] == after
    if drift:
        again = modules.run(MODULE, options).ok()
        assert not again.result["changed"]
        assert again.result["diff"]["before"] == applied.result["diff"]["after"]


@pytest.mark.parametrize(("spare", "default"), [(3, "v1"), (4, "v1"), (4, "v3"), (4, "v5")])
def test_room_for_a_new_version(account: Account, modules: Modules, spare: int, default: str) -> None:
    """With five versions the oldest that is not the default goes; with four, none."""
    drifted = mutations()[0].document
    account.make_policy(NAME, drifted)
    account.add_versions(ARN, spare, drifted)
    account.iam.set_default_policy_version(PolicyArn=ARN, VersionId=default)
    account.attach(ARN)
    before = set(account.versions(ARN))
    run = modules.run(MODULE, OPTIONS).ok()
    oldest = "v2" if default == "v1" else "v1"
    new = f"v{spare + 2}"
    assert before - set(account.versions(ARN)) == (set() if spare == 3 else {oldest})
    assert run.result["policy"]["version_id"] == new
    assert [version for version, is_default in account.versions(ARN).items() if is_default] == [new]
    assert account.document(ARN) == WANTED
    if spare == 3:
        assert run.writes == ("iam:CreatePolicyVersion",)


def test_the_oldest_version_goes_by_its_age_not_by_its_name(account: Account, modules: Modules) -> None:
    """v10 is younger than v9, which is younger than v2 (where there still is one)."""
    drifted = mutations()[0].document
    account.make_policy(NAME, drifted)
    for _number in range(11):
        versions = [version for version, is_default in account.versions(ARN).items() if not is_default]
        if len(versions) == 4:
            account.iam.delete_policy_version(PolicyArn=ARN, VersionId=min(versions, key=lambda it: int(it[1:])))
        account.add_versions(ARN, 1, drifted)
    account.attach(ARN)
    before = account.versions(ARN)
    assert set(before) == {"v1", "v9", "v10", "v11", "v12"}
    modules.run(MODULE, OPTIONS).ok()
    assert set(before) - set(account.versions(ARN)) == {"v9"}
