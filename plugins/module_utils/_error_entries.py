# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users of Athena see when access is missing, and what is missing then: data, each entry with its source.

docs/docsite/rst/error_messages.rst is made from this: C(sh tools/start.sh error-page).

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import enum
import re
import typing as t

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _error_denials,
    _guides,
)

# H: AWS says so, or the thread shows it. M: several users say so, or the wording may be another.
Confidence = t.Literal["H", "M"]

_ACTIONS = "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html"
_DENIALS = f"{_guides.IAM}troubleshoot_access-denied.html"
_HEAD_BUCKET = f"{_guides.S3_API}API_HeadBucket.html"
_KNOWLEDGE = "https://repost.aws/knowledge-center/"

# Athena itself tells neither the resource nor the policy that decided.
_IDENTITY = ("", "identity-based policy")
_ANY_ACTION = re.compile(r".{1,200}")

_LOCATION = r"""(?P<resource>s3[an]?://[^\s"'`(),;]{1,2048})"""


class Rank(enum.IntEnum):
    """Which of several explanations of one text comes first."""

    # AWS names the policy that decided, and it is not one that the permissions of a connection are written to.
    POLICY = 0
    MESSAGE = 1
    DENIAL = 2
    # Says only that there is something else inside.
    WRAPPER = 3
    HARMLESS = 4


@dataclasses.dataclass(frozen=True)
class DenialPattern:
    """Which denials of IAM an entry is about.

    policies: the kinds of policy that decided, in AWS' words; empty for any. is_explicit: None for either.
    within: what else the text must say.
    """

    actions: re.Pattern[str]
    policies: tuple[str, ...] = ()
    is_explicit: bool | None = None
    within: re.Pattern[str] | None = None

    def may_be_within(self, text: str) -> bool:
        return self.within is None or self.within.search(text) is not None

    def is_about(self, denial: _error_denials.Denial) -> bool:
        return (
            self.is_explicit in (None, denial.is_explicit)
            and (not self.policies or denial.policy in self.policies)
            and self.actions.fullmatch(denial.action) is not None
        )


@dataclasses.dataclass(frozen=True)
class ErrorEntry:
    """One thing that users see.

    seen: the message, shortened, or the symptom. permissions: what is missing, where the message does not name it.
    patterns: find it in a text without line breaks; their groups C(resource) and C(permission) are what it names.
    symptoms: find it in what a user writes who has no message.
    In cause and remedy {permission}, {resource} and {policy} stand for what the message names.
    """

    name: str
    seen: str
    shown_at: str
    cause: str
    remedy: str
    reference: str
    confidence: Confidence = "H"
    permissions: tuple[str, ...] = ()
    side: _error_denials.Side = ""
    patterns: tuple[re.Pattern[str], ...] = ()
    denial: DenialPattern | None = None
    symptoms: tuple[re.Pattern[str], ...] = ()
    rank: Rank = Rank.MESSAGE


def _says(*alternatives: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(alternative, re.IGNORECASE) for alternative in alternatives)


def _not_allowed(actions: str, *policies: str, within: str = "") -> DenialPattern:
    """For want of an Allow; of the identity, or of the kinds of policy named."""
    return DenialPattern(
        re.compile(actions, re.IGNORECASE),
        policies or _IDENTITY,
        is_explicit=False,
        within=re.compile(within, re.IGNORECASE) if within else None,
    )


def _decided_by(*policies: str, is_explicit: bool | None = None) -> DenialPattern:
    return DenialPattern(_ANY_ACTION, policies, is_explicit)


def _words(*needed: str) -> re.Pattern[str]:
    """All of these words, in any order; a word may go on."""
    return re.compile(r"\A" + "".join(rf"(?=.{{0,500}}\b(?:{word}))" for word in needed), re.IGNORECASE)


_MESSAGES: t.Final[tuple[ErrorEntry, ...]] = (
    ErrorEntry(
        name="output_bucket_not_verified",
        seen="Unable to verify/create output bucket BUCKET",
        shown_at="StartQueryExecution, at the first SELECT 1 already",
        cause=(
            "The identity lacks s3:GetBucketLocation on the bucket itself, or has it under a condition on s3:prefix, "
            "which voids it; or the bucket does not exist, or is in another Region. Users report it for a missing "
            "kms:GenerateDataKey too."
        ),
        permissions=("s3:GetBucketLocation",),
        remedy=(
            "Allow s3:GetBucketLocation on the ARN of the bucket in a statement without a condition, and see that the "
            "bucket exists in the Region of the query."
        ),
        reference=f"{_KNOWLEDGE}athena-output-bucket-error",
        patterns=_says(r"unable to verify/create output bucket(?: (?P<resource>(?!\(service)[^\s\"'`(),;\\]{1,255}))?"),
    ),
    ErrorEntry(
        name="result_write_denied",
        seen="Access denied when writing output to url: s3://..., or ACCESS_DENIED_TO_RESULT_STAGING_AREA",
        shown_at="a query that FAILED",
        cause=(
            "Athena may not write the result: the identity lacks s3:PutObject on the objects below the location (the "
            "ARN of the bucket does not include them), the bucket policy denies it, or the key of the bucket may not "
            "be used."
        ),
        permissions=("s3:PutObject",),
        remedy=(
            "Allow s3:PutObject on the ARN of the location with /* at its end; where the bucket is encrypted with a "
            "KMS key, kms:GenerateDataKey and kms:Decrypt on the key too (kms_keys.results); then look for Deny "
            "statements in the bucket policy."
        ),
        reference=f"{_KNOWLEDGE}access-denied-athena",
        confidence="M",
        patterns=_says(
            rf"access denied when writing (?:output )?to (?:url|location): ?{_LOCATION}",
            r"access denied when writing (?:output|to (?:url|location)\b)",
            r"ACCESS_DENIED_TO_RESULT_STAGING_AREA",
        ),
    ),
    ErrorEntry(
        name="result_read_denied",
        seen="You do not seem to have access to the S3 location of your query results",
        shown_at="GetQueryResults, after the query succeeded",
        cause=(
            "The query ran and its result may not be read: s3:GetObject on the result, or kms:Decrypt on the key "
            "that it is encrypted with; or the bucket belongs to another account than the expected bucket owner."
        ),
        permissions=("s3:GetObject",),
        remedy=(
            "Allow s3:GetObject on the ARN of the location with /* at its end; where the bucket is encrypted with a "
            "KMS key, kms:Decrypt on the key too (kms_keys.results)."
        ),
        reference="https://github.com/awslabs/amazon-s3-find-and-forget/issues/290",
        patterns=_says(r"do not seem to have access to the s3 location of your query results"),
    ),
    ErrorEntry(
        name="output_location_invalid",
        seen="The S3 location provided to save your query results is invalid",
        shown_at="StartQueryExecution",
        cause="The bucket is in another Region than the query, or the location is not of the form s3://bucket/prefix/.",
        remedy="Give a location that begins with s3://, in a bucket in the Region of the connection.",
        reference=f"{_guides.ATHENA}troubleshooting-athena.html",
        patterns=_says(r"s3 location provided to save your query results is invalid"),
    ),
    ErrorEntry(
        name="output_location_missing",
        seen="No output location provided",
        shown_at="StartQueryExecution",
        cause="Neither the client nor the workgroup names a location for results.",
        remedy="Set the S3 Output Location in the connection form, or a query result location on the workgroup.",
        reference="https://github.com/aws/aws-sdk-js-v3/issues/3589",
        patterns=_says(r"no output location provided"),
    ),
    ErrorEntry(
        name="managed_results_conflict",
        seen="ManagedQueryResultsConfiguration and ResultConfiguration cannot be set together",
        shown_at="StartQueryExecution",
        cause=(
            "The workgroup keeps results itself (managed query results), and the client sends a location as well; "
            "Athena then refuses every query."
        ),
        remedy="Turn managed query results off on this workgroup: the connection form always sends a location.",
        reference="https://github.com/opencost/opencost/issues/3257",
        patterns=_says(r"ManagedQueryResultsConfiguration and ResultConfiguration cannot be set together"),
    ),
    ErrorEntry(
        name="workgroup_not_allowed",
        seen="You are not authorized to perform: athena:StartQueryExecution on the resource",
        shown_at="connecting, StartQueryExecution",
        cause=(
            "The policy names another workgroup than the one that the query runs in; a client that names none runs in "
            "primary. Where the policy is right, a service control policy may forbid it."
        ),
        permissions=("athena:StartQueryExecution",),
        remedy=(
            "Allow athena:StartQueryExecution on the ARN of the workgroup (workgroups), which is workgroup/primary "
            "where the client names none."
        ),
        reference="https://github.com/dbcodeio/public/issues/880",
        denial=_not_allowed(r"athena:StartQueryExecution"),
    ),
    ErrorEntry(
        name="databases_not_listed",
        seen="You are not authorized to perform: athena:ListDatabases on the resource",
        shown_at="synchronising schemas",
        cause=(
            "athena:ListDatabases is authorised on the data catalog: allowed on the ARN of a workgroup it is not "
            "allowed. Or the driver walks all data catalogs, and one of them is not allowed."
        ),
        permissions=("athena:ListDatabases",),
        remedy=(
            "Allow athena:ListDatabases on datacatalog/NAME for every data catalog that the driver walks "
            "(data_catalogs), or limit the driver to one catalog."
        ),
        reference=_ACTIONS,
        denial=_not_allowed(r"athena:ListDatabases"),
    ),
    ErrorEntry(
        name="table_metadata_not_allowed",
        seen=(
            "You are not authorized to perform: athena:GetTableMetadata on the resource; or columns are missing for "
            "some tables, those without an underscore in their names"
        ),
        shown_at="synchronising tables",
        cause=(
            "athena:GetTableMetadata and athena:ListTableMetadata are authorised on the data catalog: allowed on the "
            "ARN of a workgroup they are not allowed. The driver uses both."
        ),
        permissions=("athena:GetTableMetadata", "athena:ListTableMetadata"),
        remedy="Allow {permission} on datacatalog/NAME (data_catalogs).",
        reference="https://github.com/metabase/metabase/issues/53377",
        denial=_not_allowed(r"athena:(?:Get|List)TableMetadata"),
        symptoms=(_words("columns?", "missing|empty|absent|not (?:shown|listed|there)", "tables?"),),
    ),
    ErrorEntry(
        name="data_catalogs_not_listed",
        seen="not authorized to perform: athena:ListDataCatalogs",
        shown_at="browsing data catalogs",
        cause='athena:ListDataCatalogs is not allowed, or on an ARN: it knows no resource, so that only "*" allows it.',
        permissions=("athena:ListDataCatalogs",),
        remedy='Allow athena:ListDataCatalogs on the resource "*" (list_data_catalogs).',
        reference="https://github.com/datahub-project/datahub/pull/17341",
        denial=_not_allowed(r"athena:ListDataCatalogs"),
    ),
    ErrorEntry(
        name="result_stream_not_allowed",
        seen="not authorized to perform: athena:GetQueryResultsStream; or reading a result hangs, or times out",
        shown_at="reading results with the JDBC driver",
        cause=(
            "The driver streams results, for which the identity needs athena:GetQueryResultsStream and the network "
            "an open port 444."
        ),
        permissions=("athena:GetQueryResultsStream",),
        remedy=(
            "Allow athena:GetQueryResultsStream on the workgroup (result_streaming), and open the outbound port 444 to "
            "Athena."
        ),
        reference=f"{_guides.ATHENA}jdbc-v3-driver.html",
        denial=_not_allowed(r"athena:GetQueryResultsStream"),
        patterns=_says(r"athena[a-z0-9.-]{1,100}:444\b"),
        symptoms=(_words("hang|hung|stuck|tim(?:es?|ed|ing) ?-?out", "result|fetch|read"), _words("port", "444")),
    ),
    ErrorEntry(
        name="stream_port_closed",
        seen="[Simba][AthenaJDBC](100123) An error has occurred. Exception during column initialization",
        shown_at="JDBC driver 2.x, reading results",
        cause="The outbound port 444, over which results are streamed, is closed.",
        remedy="Open the outbound port 444 to Athena, in the security group of its VPC endpoint too.",
        reference=f"{_guides.ATHENA}jdbc-v2.html",
        patterns=_says(
            r"AthenaJDBC\W{0,4}\(100123\)", r"(?<!AWS_CLIENT_ERR )exception during column initiali[sz]ation"
        ),
    ),
    ErrorEntry(
        name="glue_import_status",
        seen="not authorized to perform: glue:GetCatalogImportStatus",
        shown_at="JDBC driver 2.x, debug log",
        cause=(
            "The driver 2.x asks whether AWS Glue is there. The answer changes nothing, and the driver 3.x does not "
            "ask."
        ),
        permissions=("glue:GetCatalogImportStatus",),
        remedy="Nothing: no permission is needed for it. Look for another message.",
        reference="https://github.com/metabase/metabase/pull/41388",
        denial=DenialPattern(re.compile(r"glue:GetCatalogImportStatus", re.IGNORECASE)),
        rank=Rank.HARMLESS,
    ),
    ErrorEntry(
        name="glue_not_allowed",
        seen=(
            "not authorized to perform: glue:GetTables on resource: ...:catalog because no identity-based policy allows"
        ),
        shown_at="planning queries, listing",
        cause=(
            "AWS Glue checks each call against the resource and all that is above it: table, database and catalog. "
            "One of these ARNs is not in the statement; the message names it."
        ),
        permissions=("glue:GetDatabase", "glue:GetDatabases", "glue:GetTable", "glue:GetTables"),
        remedy=(
            "Allow {permission} on the ARNs of the catalog, of the database and of the tables, all in one statement "
            "(databases)."
        ),
        reference=f"{_guides.ATHENA}fine-grained-access-to-glue-resources.html",
        denial=_not_allowed(r"glue:(?:Get|BatchGet|Search)[a-z]{1,60}"),
    ),
    ErrorEntry(
        name="glue_owner_does_not_share",
        seen="not authorized to perform: glue:GetTables on resource: ... because no resource-based policy allows",
        shown_at="listing and querying a catalog of another account",
        cause=(
            "The catalog belongs to another account, and its owner does not share it: neither the resource policy of "
            "the Glue Data Catalog nor a share in AWS RAM."
        ),
        permissions=("glue:GetDatabase", "glue:GetDatabases", "glue:GetTable", "glue:GetTables"),
        remedy=(
            "The owner of the catalog must allow {permission} to the identity, in the resource policy of the Glue Data "
            "Catalog or by a share; no policy of the identity can."
        ),
        reference="https://github.com/dbeaver/dbeaver/issues/18786",
        denial=_not_allowed(r"glue:[a-z]{1,100}", "resource-based policy"),
    ),
    ErrorEntry(
        name="metadata_exception",
        seen="MetadataException around an AccessDeniedException",
        shown_at="ListDatabases, ListTableMetadata, GetTableMetadata",
        cause="Athena hands on what the catalog refused; the message inside says what.",
        permissions=("glue:GetDatabase", "glue:GetDatabases", "glue:GetTable", "glue:GetTables"),
        remedy=(
            "Read the message inside. Where it names nothing, allow these on the ARNs of the catalog, the database "
            "and the tables, and where another account owns the catalog, have its owner share it."
        ),
        reference=f"{_guides.ATHENA_API}API_ListTableMetadata.html",
        patterns=_says(
            r"MetadataException\b.{0,1000}?(?:access ?denied|not authorized|insufficient|GlueEncryption)",
            r"access ?denied.{0,1000}?MetadataException",
        ),
        rank=Rank.WRAPPER,
    ),
    ErrorEntry(
        name="default_database_hidden",
        seen="Insufficient Lake Formation permission(s): Required Describe on default",
        shown_at="any listing, any DDL",
        cause="Athena looks at the database default, whatever the query names, and Lake Formation hides it.",
        permissions=("DESCRIBE",),
        side="lake_formation",
        remedy="Grant DESCRIBE on the database default to the identity in Lake Formation.",
        reference=f"{_guides.ATHENA}lf-athena-limitations.html",
        patterns=_says(r"required (?P<permission>describe) on ['\"`]?(?P<resource>default)(?![\w-])"),
    ),
    ErrorEntry(
        name="lake_formation_permission_required",
        seen="Insufficient Lake Formation permission(s): Required Describe on DATABASE",
        shown_at="naming a database or a table",
        cause="Lake Formation governs what is named, and the identity does not hold {permission} on it.",
        permissions=("DESCRIBE",),
        side="lake_formation",
        remedy="Grant {permission} on {resource} to the identity in Lake Formation (lf_grant).",
        reference=f"{_guides.LAKE_FORMATION}lf-permissions-reference.html",
        patterns=_says(
            r"lake formation permission(?:\(s\)|s)?: required (?P<permission>[a-z ]{2,60}?) on "
            r"(?!['\"`]?default(?![\w-]))['\"`]?(?P<resource>[^\s\"'`(),;]{1,255})"
        ),
    ),
    ErrorEntry(
        name="lake_formation_permission_unnamed",
        seen="Insufficient Lake Formation permission(s) on NAME",
        shown_at="naming a database or a table",
        cause="Lake Formation governs what is named, and the identity holds too little on it.",
        permissions=("DESCRIBE", "SELECT"),
        side="lake_formation",
        remedy=(
            "Grant DESCRIBE on the database, and SELECT on its tables, to the identity in Lake Formation (lf_grant)."
        ),
        reference="https://github.com/awslabs/sagemaker-explaining-credit-decisions/issues/8",
        patterns=_says(
            r"insufficient lake formation permission(?:\(s\)|s)? on ['\"`]?(?P<resource>[^\s\"'`(),;]{1,255})"
        ),
    ),
    ErrorEntry(
        name="no_privilege_on_table",
        seen=(
            "Insufficient permissions to execute the query. Principal does not have any privilege on specified resource"
        ),
        shown_at="a query that FAILED",
        cause="Lake Formation governs the table, or it is one of S3 Tables, and the identity holds no grant on it.",
        permissions=("SELECT", "DESCRIBE"),
        side="lake_formation",
        remedy="Grant SELECT and DESCRIBE on the table to the identity in Lake Formation (lf_grant).",
        reference=f"{_guides.LAKE_FORMATION}granting-table-permissions.html",
        patterns=_says(r"principal does not have any privilege on specified resource"),
    ),
    ErrorEntry(
        name="column_not_found",
        seen=(
            "COLUMN_NOT_FOUND: Column 'c' cannot be resolved or requester is not authorized to access requested "
            "resources"
        ),
        shown_at="a query that FAILED",
        cause="The column does not exist, or Lake Formation hides it: the grant on the table leaves it out.",
        permissions=("SELECT",),
        remedy=(
            "Grant SELECT on the column to the identity in Lake Formation (lf_grant), or correct the name in the query."
        ),
        reference=f"{_guides.ATHENA}lf-athena-limitations.html",
        patterns=_says(
            r"\bcolumn ['\"]?(?P<resource>[^\s'\"]{1,255})['\"]? cannot be resolved or requester is not authorized",
            r"cannot be resolved or requester is not authorized",
        ),
    ),
    ErrorEntry(
        name="hidden_by_lake_formation",
        seen="A database or table is missing from the list, without an error",
        shown_at="discovery of databases and tables",
        cause="Lake Formation lists only what the identity holds a grant on, and says nothing of the rest.",
        permissions=("DESCRIBE", "SELECT"),
        side="lake_formation",
        remedy=(
            "Grant DESCRIBE on the database, and SELECT on its tables, to the identity in Lake Formation (lf_grant)."
        ),
        reference=f"{_guides.LAKE_FORMATION}metadata-permissions.html",
        symptoms=(
            _words(
                "databases?|tables?|schemas?|catalogs?",
                "missing|empty|absent|invisible|hidden|(?:not|n't|no) (?:show|list|see|appear|visible|in the|there)",
            ),
        ),
    ),
    ErrorEntry(
        name="granter_is_no_administrator",
        seen="Resource does not exist or requester is not authorized to access requested permissions",
        shown_at="GrantPermissions, by the identity that grants",
        cause=(
            "The identity that grants is no data lake administrator and does not hold the permission with the grant "
            "option; or what it grants on does not exist."
        ),
        permissions=("data lake administrator",),
        side="lake_formation",
        remedy=(
            "Make the identity that runs the task a data lake administrator; AdministratorAccess in IAM is not enough."
        ),
        reference=f"{_guides.LAKE_FORMATION}implicit-permissions.html",
        confidence="M",
        patterns=_says(r"requester is not authorized to access requested permissions"),
    ),
    ErrorEntry(
        name="data_access_not_allowed",
        seen="not authorized to perform: lakeformation:GetDataAccess",
        shown_at="querying a table whose location is registered with Lake Formation",
        cause=(
            "With the grant the identity still needs lakeformation:GetDataAccess in IAM. It knows no resource, so "
            'that only "*" allows it.'
        ),
        permissions=("lakeformation:GetDataAccess",),
        remedy='Allow lakeformation:GetDataAccess on the resource "*" in a policy of the identity (lake_formation).',
        reference=f"{_guides.ATHENA}lf-athena-user-permissions.html",
        denial=_not_allowed(r"lakeformation:GetDataAccess"),
    ),
    ErrorEntry(
        name="source_read_denied",
        seen=(
            "Access Denied (Service: Amazon S3; Status Code: 403; ...) (Path: s3://SOURCE/...), "
            "HIVE_CANNOT_OPEN_SPLIT, or Permission denied on S3 path: s3://SOURCE/..."
        ),
        shown_at="a query that FAILED",
        cause=(
            "The files of the table may not be read: Athena reads them with the rights of the identity, which lacks "
            "s3:GetObject or s3:ListBucket on the source bucket, or its owner's bucket policy, the ownership of the "
            "objects or their key stands in the way."
        ),
        permissions=("s3:GetObject", "s3:ListBucket"),
        remedy=(
            "Allow s3:GetObject on the location of the table and s3:ListBucket on its bucket (source_locations), or "
            "register the location with Lake Formation and grant SELECT."
        ),
        reference=f"{_KNOWLEDGE}access-denied-athena",
        confidence="M",
        patterns=_says(
            rf"permission denied on s3 path: ?{_LOCATION}",
            r"permission denied on s3 path",
            r"access denied \(service: (?:amazon )?s3\b",
            rf"access denied \(service: (?:amazon )?s3\b.{{0,1000}}?\(path: {_LOCATION}",
            r"HIVE_CANNOT_OPEN_SPLIT\b.{0,1000}?(?:access ?denied|forbidden|permission denied|status code: 403)",
        ),
        denial=_not_allowed(r"s3:(?:GetObject|ListBucket)", within=r"\bHIVE_[A-Z_]{1,60}"),
    ),
    ErrorEntry(
        name="catalog_key_not_allowed",
        seen="GlueEncryptionException",
        shown_at="GetDatabase, GetTable",
        cause=(
            "The metadata of the Glue Data Catalog is encrypted, and the identity may not use the key. It does not "
            "mean that the database or the table is absent."
        ),
        permissions=("kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt"),
        remedy=(
            "Allow these on the key of the catalog, in a policy of the identity (kms_keys.catalog) and in the key "
            "policy. With a service role on the catalog the identity needs none."
        ),
        reference=f"{_guides.ATHENA}access-encrypted-data-glue-data-catalog.html",
        patterns=_says(r"GlueEncryptionException"),
        denial=_not_allowed(
            r"kms:[a-z]{1,60}",
            "",
            "identity-based policy",
            "resource-based policy",
            _error_denials.ABSENT_OR_RESOURCE_BASED,
            within=r"GlueEncryptionException",
        ),
    ),
    ErrorEntry(
        name="key_not_in_policy",
        seen="not authorized to perform: kms:Decrypt on resource: KEY because no identity-based policy allows",
        shown_at="reading results or source data, writing results",
        cause="No policy of the identity allows it to use the key.",
        permissions=("kms:Decrypt",),
        remedy="Allow {permission} on the ARN of the key in a policy of the identity (kms_keys); an alias will not do.",
        reference=f"{_guides.ATHENA}encryption.html",
        denial=_not_allowed(r"kms:[a-z]{1,60}"),
    ),
    ErrorEntry(
        name="key_policy_does_not_allow",
        seen="not authorized to perform: kms:Decrypt on resource: KEY because no resource-based policy allows",
        shown_at="reading, through Lake Formation too",
        cause=(
            "The key policy does not let the denied principal use the key. Through Lake Formation that is the role "
            "that the location is registered with, and not the identity of the connection."
        ),
        permissions=("kms:Decrypt",),
        remedy="Allow {permission} in the key policy to the principal that the message names.",
        reference="https://github.com/data-dot-all/dataall/issues/1210",
        denial=_not_allowed(r"kms:[a-z]{1,60}", "resource-based policy"),
    ),
    ErrorEntry(
        name="key_absent_or_foreign",
        seen=(
            "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or "
            "you are not allowed to access"
        ),
        shown_at="reading results or source data",
        cause="The key is in another account or Region and may not be used from here, or it is gone.",
        permissions=("kms:Decrypt",),
        remedy=(
            "Allow {permission} on both sides: in the key policy, by the account that owns the key, and on the ARN "
            "of the key in a policy of the identity (kms_keys)."
        ),
        reference="https://github.com/LBHackney-IT/Data-Platform/issues/580",
        confidence="M",
        patterns=_says(r"ciphertext refers to a customer master key"),
        denial=_not_allowed(r"kms:[a-z]{1,60}", _error_denials.ABSENT_OR_RESOURCE_BASED),
    ),
    ErrorEntry(
        name="large_results_denied",
        seen="Small results are fine, large ones end with AccessDenied",
        shown_at="writing results",
        cause=(
            "Large results are written in parts. With a KMS key that takes kms:Decrypt beside kms:GenerateDataKey, "
            "and the calls on parts take permissions of their own."
        ),
        permissions=("kms:Decrypt", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
        remedy=(
            "Allow kms:Decrypt on the key of the results bucket (kms_keys.results), and s3:AbortMultipartUpload and "
            "s3:ListMultipartUploadParts on the objects below the location."
        ),
        reference=f"{_guides.S3_API}API_UploadPart.html",
        symptoms=(
            _words(
                "large|big|multi-?part",
                "results?|quer(?:y|ies)|uploads?",
                "(?:access)?denied|fail|error|not (?:work|authorized)",
            ),
        ),
    ),
    ErrorEntry(
        name="expected_bucket_owner",
        seen="A permission error on the results although the rights are right",
        shown_at="writing results",
        cause="The client or the workgroup names an expected bucket owner, and the bucket belongs to another account.",
        remedy="Correct the account id of the expected bucket owner, or leave it out.",
        reference=f"{_guides.ATHENA_API}API_ResultConfiguration.html",
        symptoms=(
            _words("expected ?bucket ?owner"),
            _words("although|even though|despite", "results?|bucket", "denied|permission|rights|authorized"),
        ),
    ),
    ErrorEntry(
        name="object_acl_not_allowed",
        seen="s3:PutObject is denied, but only where AclOption is set; or not authorized to perform: s3:PutObjectAcl",
        shown_at="writing results",
        cause="With AclOption Athena writes results with an ACL, which takes s3:PutObjectAcl.",
        permissions=("s3:PutObjectAcl",),
        remedy="Leave AclOption out, or allow s3:PutObjectAcl on the objects below the location.",
        reference=f"{_guides.S3_API}API_PutObject.html",
        denial=_not_allowed(r"s3:PutObjectAcl"),
        symptoms=(_words("acl", "put|denied|fail|writ"),),
    ),
    ErrorEntry(
        name="workgroup_overrides_location",
        seen="The query succeeds, and its results are not where the connection form says",
        shown_at="after a query",
        cause=(
            "The workgroup enforces its own settings: Athena ignores the location that the client sends, without an "
            "error."
        ),
        remedy=(
            "Give the workgroup's own location as the output location and allow it in the policy, or let the "
            "workgroup not override client-side settings."
        ),
        reference=f"{_guides.ATHENA}workgroups-settings-override.html",
        symptoms=(
            _words(
                "results?|output|files?",
                "wrong|other|different|elsewhere|ignored|not (?:in|where|written)",
                "location|buckets?|places?|path|prefix|folder|where",
            ),
        ),
    ),
    ErrorEntry(
        name="role_not_assumed",
        seen="not authorized to perform: sts:AssumeRole on resource: role/TARGET",
        shown_at="connecting",
        cause=(
            "The trust policy of the target role does not name the base role, or wants another ExternalId, or names "
            "the unique id of a base role that was deleted; or the base role is in another account and has no policy "
            "that allows it. A policy of the organization can forbid it too."
        ),
        permissions=("sts:AssumeRole",),
        remedy=(
            "Name the base role and the ExternalId in the trust policy of the target role (athena_role_trust), and "
            "allow the base role sts:AssumeRole on the ARN of the target role."
        ),
        reference=f"{_guides.IAM}troubleshoot_roles.html",
        patterns=_says(r"\(AccessDenied(?:Exception)?\) when calling the AssumeRole operation"),
        denial=_not_allowed(
            r"sts:AssumeRole", "", "identity-based policy", "resource-based policy", "role trust policy"
        ),
    ),
    ErrorEntry(
        name="invalid_principal",
        seen="MalformedPolicyDocument: Invalid principal in policy",
        shown_at="provisioning the trust policy",
        cause=(
            "The trust policy names somebody whom IAM does not know: absent or deleted, without the path of the "
            "role, in another partition, or made a moment ago."
        ),
        remedy=(
            "Give the full ARN, path included, of a principal that exists in the same partition; after it was made, "
            "try again in a moment."
        ),
        reference=f"{_KNOWLEDGE}iam-trust-policy-error",
        patterns=_says(r"invalid principal in policy"),
    ),
    ErrorEntry(
        name="trusted_principal_deleted",
        seen="The trust policy shows AROA... or AIDA... in the place of an ARN",
        shown_at="drift of the trust policy",
        cause=(
            "The principal was deleted. One that was made anew under the same name is another one, and is not trusted."
        ),
        remedy="Write the ARN into the trust policy again (athena_role_trust).",
        reference=f"{_guides.IAM}reference_policies_elements_principal.html",
        patterns=_says(r"\"AWS\" ?: ?\[? ?\"A(?:ROA|IDA)[A-Z0-9]{12,124}\""),
        symptoms=(_words("AROA|AIDA", "trust|principal"),),
    ),
    ErrorEntry(
        name="role_chaining_limit",
        seen="The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        shown_at="AssumeRole",
        cause="A role that is assumed from another role lasts an hour at most, whatever its maximum session duration.",
        remedy="Ask for 3,600 seconds or less.",
        reference="https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html",
        confidence="M",
        patterns=_says(r"exceeds the 1 hour session limit"),
    ),
    ErrorEntry(
        name="policy_too_large",
        seen=(
            "Cannot exceed quota for PolicySize: 6144, or UserPolicySize: 2048; Maximum policy size of 2048 bytes "
            "exceeded"
        ),
        shown_at="provisioning the policy",
        cause=(
            "The policy has more characters than IAM takes: 6,144 in a managed policy, 2,048 in all inline policies "
            "of a user together."
        ),
        remedy=(
            "Use a managed policy (policy_type), name fewer databases and locations, or several with one wildcard, "
            "or split the connection."
        ),
        reference=f"{_guides.IAM}reference_iam-quotas.html",
        confidence="M",
        patterns=_says(
            r"cannot exceed quota for (?:user|role|group)?PolicySize", r"maximum policy size of \d{1,9} bytes exceeded"
        ),
    ),
    ErrorEntry(
        name="trust_policy_too_large",
        seen="Cannot exceed quota for ACLSizePerRole: 2048",
        shown_at="provisioning the trust policy",
        cause="The trust policy has more characters than IAM takes: 2,048, unless AWS raised the quota.",
        remedy="Trust fewer principals, remove statements that nobody needs, or have the quota raised.",
        reference=f"{_guides.IAM}reference_iam-quotas.html",
        confidence="M",
        patterns=_says(r"cannot exceed quota for ACLSizePerRole"),
    ),
    ErrorEntry(
        name="federated_catalog",
        seen="not authorized to perform: lambda:InvokeFunction",
        shown_at="connecting, synchronising schemas",
        cause="The driver walks all data catalogs, and one of them is federated: it is read through a Lambda function.",
        permissions=("lambda:InvokeFunction",),
        remedy="Limit the driver to the catalogs that are wanted, or allow lambda:InvokeFunction on the function.",
        reference="https://github.com/dbeaver/dbeaver/issues/40318",
        denial=_not_allowed(r"lambda:InvokeFunction"),
    ),
    ErrorEntry(
        name="bucket_denied_or_foreign",
        seen="An error occurred (403) when calling the HeadBucket operation: Forbidden",
        shown_at="looking at a bucket",
        cause="The bucket exists and may not be looked at, or belongs to another account than the expected owner.",
        permissions=("s3:ListBucket",),
        remedy="Allow s3:ListBucket on the ARN of the bucket, and see whose bucket it is.",
        reference=_HEAD_BUCKET,
        patterns=_says(r"\((?:403|AccessDenied|Forbidden)\) when calling the HeadBucket operation"),
    ),
    ErrorEntry(
        name="bucket_absent",
        seen="An error occurred (404) when calling the HeadBucket operation: Not Found",
        shown_at="looking at a bucket",
        cause="There is no bucket of this name.",
        remedy="Correct the name, or make the bucket; the collection never makes one.",
        reference=_HEAD_BUCKET,
        patterns=_says(r"\((?:404|NoSuchBucket)\) when calling the HeadBucket operation"),
    ),
    ErrorEntry(
        name="bucket_request_invalid",
        seen="An error occurred (400) when calling the HeadBucket operation: Bad Request",
        shown_at="looking at a bucket",
        cause="The session token has expired, or the request was signed for another Region.",
        remedy="Renew the credentials, and give the Region of the bucket.",
        reference=_HEAD_BUCKET,
        confidence="M",
        patterns=_says(r"\(400\) when calling the HeadBucket operation"),
    ),
    ErrorEntry(
        name="bucket_in_other_region",
        seen="An error occurred (301) when calling the HeadBucket operation: Moved Permanently",
        shown_at="looking at a bucket",
        cause="The bucket is in another Region than the one asked.",
        remedy="Give the Region of the bucket; results must be in the Region of the query.",
        reference=_HEAD_BUCKET,
        confidence="M",
        patterns=_says(r"\((?:301|PermanentRedirect)\) when calling the HeadBucket operation"),
    ),
)

# Any other denial, by its own words. The last one is for a message that does not say who decided.
_BY_POLICY: t.Final[tuple[ErrorEntry, ...]] = (
    ErrorEntry(
        name="denied_by_identity_policy",
        seen="... with an explicit deny in an identity-based policy",
        shown_at="any call",
        cause="A Deny statement in a policy of the identity itself{policy} forbids {permission}.",
        remedy="Remove or narrow the Deny statement; no further Allow helps against it.",
        reference=_DENIALS,
        denial=_decided_by("identity-based policy", is_explicit=True),
        rank=Rank.POLICY,
    ),
    ErrorEntry(
        name="denied_by_resource_policy",
        seen="... with an explicit deny in a resource-based policy",
        shown_at="any call",
        cause=(
            "A Deny statement in the policy of the resource (bucket, key, role, catalog){policy} forbids {permission}."
        ),
        remedy="The owner of {resource} must remove the Deny statement, or exempt the identity from it.",
        reference=_DENIALS,
        denial=_decided_by("resource-based policy", "role trust policy", is_explicit=True),
        rank=Rank.POLICY,
    ),
    ErrorEntry(
        name="denied_by_permissions_boundary",
        seen="... because no permissions boundary allows, or with an explicit deny in a permissions boundary",
        shown_at="any call",
        cause=(
            "The permissions boundary of the identity{policy} does not allow {permission}, whatever its policies allow."
        ),
        remedy="Allow {permission} in the permissions boundary of the identity.",
        reference=_DENIALS,
        denial=_decided_by("permissions boundary"),
        rank=Rank.POLICY,
    ),
    ErrorEntry(
        name="denied_by_organization",
        seen=(
            "... because no service control policy allows, or with an explicit deny in a service (or resource) "
            "control policy"
        ),
        shown_at="any call",
        cause=(
            "A policy of the organization{policy} does not allow {permission} in this account, whatever its policies "
            "allow."
        ),
        remedy="Whoever manages the organization must allow {permission} in its service or resource control policies.",
        reference=_DENIALS,
        denial=_decided_by("service control policy", "resource control policy"),
        rank=Rank.POLICY,
    ),
    ErrorEntry(
        name="denied_by_session_policy",
        seen="... because no session policy allows, or with an explicit deny in a session policy",
        shown_at="any call",
        cause="The session was made with a policy that does not allow {permission}, whatever the role allows.",
        remedy="Whoever assumes the role must allow {permission} in the session policy, or pass none.",
        reference=_DENIALS,
        denial=_decided_by("session policy"),
        rank=Rank.POLICY,
    ),
    ErrorEntry(
        name="denied_by_endpoint_policy",
        seen="... because no VPC endpoint policy allows, or with an explicit deny in a VPC endpoint policy",
        shown_at="any call",
        cause="The request went through a VPC endpoint whose policy does not allow {permission}.",
        remedy="Allow {permission} on {resource} in the policy of the VPC endpoint.",
        reference=_DENIALS,
        denial=_decided_by("vpc endpoint policy"),
        rank=Rank.POLICY,
    ),
    ErrorEntry(
        name="not_in_identity_policy",
        seen="... because no identity-based policy allows",
        shown_at="any call",
        cause="No policy of the identity allows {permission} on {resource}.",
        remedy="Allow {permission} on {resource} in a policy of the identity.",
        reference=_DENIALS,
        denial=_decided_by("identity-based policy", is_explicit=False),
        rank=Rank.DENIAL,
    ),
    ErrorEntry(
        name="not_in_resource_policy",
        seen="... because no resource-based policy allows",
        shown_at="any call, often to what another account owns",
        cause="The policy of the resource (bucket, key, role, catalog) does not allow {permission} to the identity.",
        remedy="The owner of {resource} must allow {permission} to the identity in its policy.",
        reference=_DENIALS,
        denial=_decided_by(
            "resource-based policy", "role trust policy", _error_denials.ABSENT_OR_RESOURCE_BASED, is_explicit=False
        ),
        rank=Rank.DENIAL,
    ),
    ErrorEntry(
        name="not_authorized",
        seen="not authorized to perform: ACTION",
        shown_at="any call",
        cause=(
            "{permission} on {resource} is not allowed to the identity; the message does not say which policy decided."
        ),
        remedy=(
            "Allow {permission} on {resource} in a policy of the identity; where it is allowed already, look at the "
            "policy of the resource, the permissions boundary and the organization."
        ),
        reference=_DENIALS,
        denial=_decided_by(),
        rank=Rank.DENIAL,
    ),
)

# The first entry that is about a denial explains it.
ENTRIES: t.Final[tuple[ErrorEntry, ...]] = (*_MESSAGES, *_BY_POLICY)
