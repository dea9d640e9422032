# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._decisions import Decision, Decisions
from ansible_collections.qualytics.athena.plugins.module_utils._location import S3Location, Scope
from ansible_collections.qualytics.athena.plugins.module_utils._permissions import CATALOGUE
from ansible_collections.qualytics.athena.plugins.module_utils._simulation import (
    Reach,
    Simulation,
    decisions_of,
    listing_of,
    object_of,
    resources_of,
    second_looks,
    settled,
    simulations,
    worst,
)
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_data import SERVICE_AUTHORIZATION, arn_form

ACCOUNT, OTHER = "123456789012", "210987654321"
SCOPE = Scope("aws", ACCOUNT, "eu-central-1")
BUCKET, LAKE = "arn:aws:s3:::example-results", "arn:aws:s3:::example-lake"


def key(name: str, account_id: str = ACCOUNT) -> str:
    return f"arn:aws:kms:eu-central-1:{account_id}:key/{name}"


WHOLE = Reach(
    workgroup="primary",
    results=S3Location("example-results", "athena"),
    catalog_id=ACCOUNT,
    data_catalogs=("AwsDataCatalog", "partner"),
    databases=("sales", "hr"),
    tables=(("sales", "orders"), ("hr", "employees")),
    sources=(S3Location("example-lake", "sales"), S3Location("example-lake", "archive")),
    results_keys=(key("results"),),
    source_keys=(key("sources"),),
    catalog_keys=(key("catalog"),),
    needs_data_access=True,
    result_streaming=True,
    list_data_catalogs=True,
)
BARE = Reach(workgroup="primary", results=S3Location("example-results"), catalog_id=ACCOUNT)


def asked(reach: Reach, scope: Scope = SCOPE) -> list[tuple[str, str, dict[str, tuple[str, ...]]]]:
    """Every action, resource and context that is asked for."""
    return [
        (action, resource, {name: values for name, _kind, values in it.context})
        for it in simulations(reach, scope, "amazonaws.com")
        for action in it.actions
        for resource in it.resources
    ]


def resources_asked(reach: Reach, action: str) -> list[str]:
    return sorted(resource for name, resource, _context in asked(reach) if name == action)


def context_of(reach: Reach, action: str, resource: str) -> dict[str, tuple[str, ...]]:
    [context] = [context for name, arn, context in asked(reach) if (name, arn) == (action, resource)]
    return context


# What is asked -------------------------------------------------------------------------------------------------------


def test_every_action_of_the_catalogue_is_asked_on_its_own_kind_of_resource() -> None:
    """The kinds are those of the Service Authorization Reference."""
    found = asked(WHOLE)
    assert {action for action, _resource, _context in found} == {it.action for it in CATALOGUE}
    for action, resource, _context in found:
        facts = SERVICE_AUTHORIZATION[action]
        forms = [arn_form(facts["arns"][name]) for name, _required in facts["resourceTypes"]]
        assert any(form.fullmatch(resource) for form in forms) if forms else resource == "*", (action, resource)


def test_no_request_is_asked_twice() -> None:
    found = [(action, resource, str(context)) for action, resource, context in asked(WHOLE)]
    assert len(found) == len(set(found))


def test_a_bare_connection_asks_nothing_that_it_does_not_need() -> None:
    actions = {action for action, _resource, _context in asked(BARE)}
    optional = {it.action for it in CATALOGUE} - actions
    assert optional == {
        "athena:GetDataCatalog",
        "athena:GetQueryResultsStream",
        "athena:ListDataCatalogs",
        "glue:BatchGetPartition",
        "glue:GetPartition",
        "glue:GetPartitions",
        "glue:GetTable",
        "glue:GetTables",
        "kms:Decrypt",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "lakeformation:GetDataAccess",
    }


def test_glue_is_asked_on_all_that_is_above_a_table() -> None:
    glue = "arn:aws:glue:eu-central-1:123456789012:"
    above = [f"{glue}catalog", f"{glue}database/hr", f"{glue}database/sales"]
    tables = [f"{glue}table/hr/employees", f"{glue}table/sales/orders"]
    assert resources_asked(WHOLE, "glue:GetTable") == [*above, *tables]
    assert resources_asked(WHOLE, "glue:GetDatabase") == sorted([*above, f"{glue}database/default"])
    # All databases are listed, or none.
    listed = [*above, f"{glue}database/default", f"{glue}database/some_other_database"]
    assert resources_asked(WHOLE, "glue:GetDatabases") == sorted(listed)
    assert resources_asked(WHOLE, "glue:GetCatalog") == [f"{glue}catalog"]
    # Where the tables are not known, what is above them is.
    assert resources_asked(dataclasses.replace(WHOLE, tables=()), "glue:GetTable") == above


def test_a_catalog_of_another_account_is_asked_there() -> None:
    reach = dataclasses.replace(WHOLE, catalog_id=OTHER)
    assert {arn.split(":")[4] for arn in resources_asked(reach, "glue:GetTable")} == {OTHER}
    for arn in resources_asked(reach, "glue:GetTable"):
        assert context_of(reach, "glue:GetTable", arn)["aws:ResourceAccount"] == (OTHER,)


def test_objects_are_asked_below_the_location() -> None:
    archive, sales, results, by_client = resources_asked(WHOLE, "s3:GetObject")
    assert by_client == results
    assert results == object_of(WHOLE.results, SCOPE)
    assert results.startswith(f"{BUCKET}/athena/")
    assert (archive, sales) == tuple(object_of(it, SCOPE) for it in (WHOLE.sources[1], WHOLE.sources[0]))
    assert object_of(S3Location("example-results"), SCOPE).count("/") == 1
    assert resources_asked(WHOLE, "s3:PutObject") == [results]


def test_actions_on_the_same_resources_share_a_call() -> None:
    found = simulations(WHOLE, SCOPE, "amazonaws.com")
    pairs = sum(len(it.actions) * len(it.resources) for it in found)
    assert len(found) < pairs / 3
    (writing,) = [it for it in found if "s3:PutObject" in it.actions]
    assert "s3:GetObject" in writing.actions


def test_many_resources_are_asked_in_parts() -> None:
    sources = tuple(S3Location(f"example-lake-{number}") for number in range(120))
    found = [
        it
        for it in simulations(dataclasses.replace(WHOLE, sources=sources), SCOPE, "amazonaws.com")
        if it.actions == ("s3:GetBucketLocation",) and it.resources[0].startswith("arn:aws:s3:::example-lake")
    ]
    assert [len(it.resources) for it in found] == [50, 50, 20]
    assert len({arn for it in found for arn in it.resources}) == 120


# Context -------------------------------------------------------------------------------------------------------------


def test_who_asks_is_told() -> None:
    """The client asks Athena; Athena asks all others, in the client's name. Results the client reads itself, too."""
    direct = 0
    for action, resource, context in asked(WHOLE):
        assert context["aws:SecureTransport"] == ("true",)
        assert context["aws:RequestedRegion"] == ("eu-central-1",)
        if action == "s3:GetObject" and context["aws:ViaAWSService"] == ("false",):
            direct += 1
            assert resource == object_of(WHOLE.results, SCOPE)
            assert not [name for name in context if name.startswith("aws:CalledVia")]
            continue
        assert context["aws:ViaAWSService"] == ("false" if action.startswith("athena:") else "true",)
        through = action.startswith(("glue:", "s3:", "lakeformation:"))
        for name in ("aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"):
            assert context.get(name) == (("athena.amazonaws.com",) if through else None)
    assert direct == 1


@pytest.mark.parametrize(
    ("action", "name", "service"),
    [
        ("kms:GenerateDataKey", "results", "s3"),
        ("kms:Decrypt", "sources", "s3"),
        ("kms:Encrypt", "catalog", "glue"),
    ],
)
def test_a_key_is_used_through_the_service_that_keeps_the_data(action: str, name: str, service: str) -> None:
    context = context_of(WHOLE, action, key(name))
    assert context["kms:ViaService"] == (f"{service}.eu-central-1.amazonaws.com",)
    assert context["kms:CallerAccount"] == (ACCOUNT,)
    assert context["aws:ResourceAccount"] == (ACCOUNT,)


def test_the_suffix_is_that_of_the_partition() -> None:
    reach = dataclasses.replace(BARE, results_keys=("arn:aws-cn:kms:cn-north-1:123456789012:key/a",))
    found = simulations(reach, Scope("aws-cn", ACCOUNT, "cn-north-1"), "amazonaws.com.cn")
    (decrypt,) = [it for it in found if "kms:Decrypt" in it.actions]
    assert ("kms:ViaService", "string", ("s3.cn-north-1.amazonaws.com.cn",)) in decrypt.context


def test_whose_a_resource_is_is_told_where_it_is_known() -> None:
    reach = dataclasses.replace(WHOLE, results_owner=OTHER, results_keys=(key("a"), key("b", "310987654321")))
    owners = {(action, resource): context.get("aws:ResourceAccount") for action, resource, context in asked(reach)}
    assert owners["s3:GetBucketLocation", BUCKET] == (OTHER,)
    assert owners["s3:ListBucket", BUCKET] == (OTHER,)
    # A key need not be of the account that the bucket is of.
    assert owners["kms:GenerateDataKey", key("a")] == (ACCOUNT,)
    assert owners["kms:GenerateDataKey", key("b", "310987654321")] == ("310987654321",)
    assert owners["s3:GetBucketLocation", LAKE] is None
    assert owners["lakeformation:GetDataAccess", "*"] == (ACCOUNT,)
    assert context_of(reach, "s3:PutObject", object_of(reach.results, SCOPE))["s3:ResourceAccount"] == (OTHER,)


def test_context_is_written_as_the_call_wants_it() -> None:
    it = Simulation(("a:B",), ("*",), (("aws:CalledVia", "stringList", ("one", "two")),))
    assert it.context_entries == [
        {"ContextKeyName": "aws:CalledVia", "ContextKeyType": "stringList", "ContextKeyValues": ["one", "two"]}
    ]


# Listings ------------------------------------------------------------------------------------------------------------


def listings(reach: Reach) -> list[tuple[tuple[str, ...], str | None, tuple[str, ...]]]:
    return [
        (it.resources, it.below, {name: values for name, _kind, values in it.context}["s3:prefix"])
        for it in simulations(reach, SCOPE, "amazonaws.com")
        if it.actions == ("s3:ListBucket",)
    ]


def test_each_location_is_listed_by_its_own_prefix() -> None:
    assert listings(WHOLE) == [
        ((BUCKET,), "athena/", ("athena/",)),
        ((LAKE,), "sales/", ("sales/",)),
        ((LAKE,), "archive/", ("archive/",)),
    ]
    assert listings(BARE) == [((BUCKET,), "", ("",))]


def test_results_and_source_data_in_one_place_are_listed_once() -> None:
    assert len(listings(dataclasses.replace(WHOLE, sources=(WHOLE.results,)))) == 1


def test_so_many_listings_of_a_bucket_and_no_more() -> None:
    sources = tuple(S3Location("example-lake", f"table{number}") for number in range(60))
    found = listings(dataclasses.replace(WHOLE, sources=(*sources, S3Location("another", "a"))))
    assert len([it for it in found if it[0] == (LAKE,)]) == 25
    assert (("arn:aws:s3:::another",), "a/", ("a/",)) in found


def test_many_buckets_have_one_listing_each() -> None:
    sources = tuple(S3Location(f"lake-{number}", f"table{table}") for number in range(20) for table in range(25))
    found = listings(dataclasses.replace(WHOLE, sources=sources))
    assert len({it[0] for it in found}) == 21
    assert len(found) < 125


@pytest.mark.parametrize(("location", "below"), [(WHOLE.results, " below athena/"), (BARE.results, "")])
def test_a_listing_is_named_alike_when_it_is_asked_and_when_it_is_answered(location: S3Location, below: str) -> None:
    reach = dataclasses.replace(BARE, results=location)
    (listing,) = [it for it in simulations(reach, SCOPE, "amazonaws.com") if it.actions == ("s3:ListBucket",)]
    (decision,) = decisions_of(listing, [result("s3:ListBucket", "allowed", BUCKET)])
    assert decision.resource == listing_of(location, SCOPE) == f"{BUCKET}{below}"


# Answers -------------------------------------------------------------------------------------------------------------


def result(action: str, decision: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"EvalActionName": action, "EvalDecision": decision, "EvalResourceName": resource, **more}


def one(resource: str, decision: str, **more: Any) -> dict[str, Any]:
    return {"EvalResourceName": resource, "EvalResourceDecision": decision, **more}


TEMPLATE = "arn:${Partition}:s3:::${BucketName}"
TWO = Simulation(("s3:GetObject", "s3:PutObject"), (BUCKET, LAKE))


def verdicts(simulation: Simulation, *results: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(it.action, it.resource, it.verdict) for it in decisions_of(simulation, results)]


def test_the_answer_of_today_has_one_result_for_an_action() -> None:
    """Its own decision is the worst of all, and its resource a template."""
    specific = [one(BUCKET, "allowed"), one(LAKE, "implicitDeny")]
    both = result("s3:GetObject", "implicitDeny", TEMPLATE, ResourceSpecificResults=specific)
    assert verdicts(TWO, both) == [("s3:GetObject", BUCKET, "allowed"), ("s3:GetObject", LAKE, "not_allowed")]


def test_the_answer_of_before_has_one_result_for_an_action_and_resource() -> None:
    bare = [result("s3:GetObject", "allowed", BUCKET), result("s3:GetObject", "explicitDeny", LAKE)]
    specific = [{**it, "ResourceSpecificResults": [one(it["EvalResourceName"], it["EvalDecision"])]} for it in bare]
    expected = [("s3:GetObject", BUCKET, "allowed"), ("s3:GetObject", LAKE, "denied")]
    assert verdicts(TWO, *bare) == expected
    assert verdicts(TWO, *specific) == expected


def test_a_template_without_resources_of_its_own_stands_for_all_that_was_asked() -> None:
    single = Simulation(("s3:GetObject",), (BUCKET,))
    assert verdicts(single, result("s3:GetObject", "allowed", TEMPLATE)) == [("s3:GetObject", BUCKET, "allowed")]
    assert verdicts(
        single, result("s3:GetObject", "allowed", TEMPLATE, ResourceSpecificResults=[one(TEMPLATE, "allowed")])
    ) == [("s3:GetObject", BUCKET, "allowed")]
    assert verdicts(TWO, result("s3:GetObject", "allowed", TEMPLATE)) == [
        ("s3:GetObject", BUCKET, "allowed"),
        ("s3:GetObject", LAKE, "allowed"),
    ]


def test_everything_is_a_resource_too() -> None:
    asked_on_all = Simulation(("lakeformation:GetDataAccess",), ("*",))
    answer = result("lakeformation:GetDataAccess", "allowed")
    assert verdicts(asked_on_all, answer) == [("lakeformation:GetDataAccess", "*", "allowed")]


BOUNDARY = {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}}
ORGANIZATION = {"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}}
BY_BOTH = {
    "PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": True},
    "OrganizationsDecisionDetail": {"AllowedByOrganizations": True},
}


@pytest.mark.parametrize(
    ("decision", "of_action", "of_resource", "verdict"),
    [
        ("allowed", {}, {}, "allowed"),
        ("allowed", BY_BOTH, {}, "allowed"),
        ("implicitDeny", {}, {}, "not_allowed"),
        ("implicitDeny", BY_BOTH, {}, "not_allowed"),
        ("explicitDeny", {}, {}, "denied"),
        ("implicitDeny", BOUNDARY, {}, "boundary"),
        ("implicitDeny", {}, BOUNDARY, "boundary"),
        ("explicitDeny", {}, BOUNDARY, "boundary"),
        ("implicitDeny", ORGANIZATION, {}, "organization"),
        ("explicitDeny", ORGANIZATION, {}, "organization"),
        # The organization denies another resource of the call: it names no statement.
        ("explicitDeny", ORGANIZATION, {"MatchedStatements": [{"SourcePolicyId": "guard"}]}, "denied"),
        # One resource of several may be allowed where the action as a whole is not.
        ("allowed", {**BOUNDARY, **ORGANIZATION}, {}, "allowed"),
        ("implicitDeny", BOUNDARY, BY_BOTH, "not_allowed"),
    ],
)
def test_who_says_no(decision: str, of_action: Any, of_resource: Any, verdict: str) -> None:
    specific = [one(BUCKET, decision, **of_resource), one(LAKE, "allowed")]
    answer = result("s3:GetObject", decision, TEMPLATE, ResourceSpecificResults=specific, **of_action)
    assert verdicts(TWO, answer)[0] == ("s3:GetObject", BUCKET, verdict)


@pytest.mark.parametrize(
    ("missing", "depends_on"),
    [
        ([], ()),
        (["aws:SourceIp"], ("aws:SourceIp",)),
        (["aws:SourceVpce", "AWS:SOURCEIP", "aws:PrincipalTag/team"], ("AWS:SOURCEIP", "aws:SourceVpce")),
        (["aws:ResourceOrgID", "aws:ResourceAccount"], ("aws:ResourceAccount", "aws:ResourceOrgID")),
        (["aws:ResourceTag/team"], ("aws:ResourceTag/team",)),
        (["kms:EncryptionContext:aws:s3:arn"], ("kms:EncryptionContext:aws:s3:arn",)),
        (["sts:ExternalId"], ()),
        (["aws:CurrentTime"], ("aws:CurrentTime",)),
        # Every query fails where a condition asks for a prefix of what has none.
        (["s3:prefix"], ()),
    ],
)
def test_a_denial_may_hinge_on_what_only_the_request_has(missing: list[str], depends_on: tuple[str, ...]) -> None:
    for details in ({"MissingContextValues": missing}, {}):
        specific = [one(BUCKET, "implicitDeny", **details), one(LAKE, "allowed", **details)]
        of_action = {} if details else {"MissingContextValues": missing}
        answer = result("s3:GetObject", "implicitDeny", TEMPLATE, ResourceSpecificResults=specific, **of_action)
        found = decisions_of(TWO, [answer])
        assert found[0].depends_on == depends_on
        # What is allowed hinges on nothing.
        assert found[1].depends_on == ()


def test_the_policies_that_decide_are_named_once() -> None:
    matched = [{"SourcePolicyId": "guard"}, {"SourcePolicyId": "guard"}, {"SourcePolicyId": "other"}, {}]
    specific = [one(BUCKET, "explicitDeny", MatchedStatements=matched), one(LAKE, "allowed")]
    found = decisions_of(TWO, [result("s3:GetObject", "explicitDeny", ResourceSpecificResults=specific)])
    assert [it.policies for it in found] == [("guard", "other"), ()]


# The second look -----------------------------------------------------------------------------------------------------

OBJECTS = Simulation(
    ("s3:GetObject", "s3:PutObject"), (f"{BUCKET}/a", f"{LAKE}/b"), (("aws:SecureTransport", "boolean", ("true",)),)
)


def on_object(action: str, number: int, verdict: Any, **more: Any) -> Decision:
    return Decision(action, OBJECTS.resources[number], verdict, **more)


def test_a_boundary_is_asked_around_and_resources_of_the_organization_one_by_one() -> None:
    found = [
        on_object("s3:GetObject", 0, "boundary"),
        on_object("s3:GetObject", 1, "allowed"),
        on_object("s3:PutObject", 0, "organization"),
        on_object("s3:PutObject", 1, "organization"),
    ]
    one_of = OBJECTS.resources[:1]
    assert second_looks(OBJECTS, found) == [
        dataclasses.replace(OBJECTS, actions=("s3:GetObject",), resources=one_of, is_bounded=False),
        dataclasses.replace(OBJECTS, actions=("s3:PutObject",), resources=one_of),
        dataclasses.replace(OBJECTS, actions=("s3:PutObject",), resources=OBJECTS.resources[1:]),
    ]
    assert second_looks(OBJECTS, [found[1], on_object("s3:GetObject", 0, "denied")]) == []
    # Nothing is asked a third time.
    assert second_looks(dataclasses.replace(OBJECTS, is_bounded=False), found[:2]) == []


def test_a_listing_is_asked_again_below_its_prefix() -> None:
    simulation = Simulation(("s3:ListBucket",), (LAKE,), below="sales/")
    bounded = listing(f"{LAKE} below sales/", "boundary")
    assert second_looks(simulation, [bounded]) == [dataclasses.replace(simulation, is_bounded=False)]
    # Of one resource alone the answer about the organization is about that one.
    assert second_looks(simulation, [dataclasses.replace(bounded, verdict="organization")]) == []


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("boundary", "allowed", "boundary"),
        ("boundary", "not_allowed", "not_allowed"),
        ("boundary", "denied", "denied"),
        ("boundary", None, "boundary"),
        ("organization", "organization", "organization"),
        ("organization", "not_allowed", "not_allowed"),
        ("allowed", "not_allowed", "allowed"),
    ],
)
def test_a_missing_permission_is_told_before_what_limits_it(first: str, second: str | None, expected: str) -> None:
    again = [on_object("s3:GetObject", 0, second)] if second else []
    assert settled([on_object("s3:GetObject", 0, first)], again) == [on_object("s3:GetObject", 0, expected)]


# The worst of several ------------------------------------------------------------------------------------------------

ALLOWED = Decision("kms:Decrypt", "k", "allowed")
PERHAPS = Decision("kms:Decrypt", "k", "denied", depends_on=("aws:SourceIp",))
NEVER = Decision("kms:Decrypt", "k", "not_allowed")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([ALLOWED, NEVER], NEVER),
        ([NEVER, ALLOWED], NEVER),
        ([PERHAPS, NEVER, ALLOWED], NEVER),
        ([ALLOWED, PERHAPS], PERHAPS),
        ([ALLOWED, ALLOWED], ALLOWED),
    ],
)
def test_of_several_answers_the_worst_counts(given: list[Decision], expected: Decision) -> None:
    assert worst(given) == [expected]


def listing(resource: str, verdict: Any) -> Decision:
    return Decision("s3:ListBucket", resource, verdict)


def test_a_bucket_comes_to_what_its_prefixes_come_to() -> None:
    given = [listing(f"{LAKE} below a/", "allowed"), listing(f"{LAKE} below b/", "denied"), listing(BUCKET, "allowed")]
    found = Decisions(worst(given))
    assert found.of("s3:ListBucket", LAKE) == listing(LAKE, "denied")
    assert found.of("s3:ListBucket", f"{LAKE} below a/") == given[0]
    assert found.of("s3:ListBucket", f"{LAKE} below b/") == given[1]


def test_a_bucket_that_was_asked_itself_comes_to_its_own_answer() -> None:
    given = [listing(f"{LAKE} below a/", "denied"), listing(LAKE, "allowed")]
    for order in (given, given[::-1]):
        assert Decisions(worst(order)).of("s3:ListBucket", LAKE) == given[1]


def test_what_nothing_needs_has_no_resources() -> None:
    (stream,) = [it for it in CATALOGUE if it.action == "athena:GetQueryResultsStream"]
    assert resources_of(stream, BARE, SCOPE) == ()
    assert len(resources_of(stream, WHOLE, SCOPE)) == 1
