# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages as users see them, from the threads and pages that the dictionary cites; names and ids are made up."""

from __future__ import annotations

import typing as t

ACCOUNT = "111122223333"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/dataplane/session"
USER = f"arn:aws:iam::{ACCOUNT}:user/athena-reader"
CATALOG = f"arn:aws:glue:us-east-1:{ACCOUNT}:catalog"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TARGET = f"arn:aws:iam::{ACCOUNT}:role/athena/target"
HIDDEN = (
    "You are not authorized to perform: {} on the resource. After your AWS administrator or you have updated your "
    "permissions, please try again."
)


def denied(action: str, resource: str, policy: str, principal: str = SESSION) -> str:
    """A denial as IAM writes it, for want of an Allow."""
    on = f" on resource: {resource}" if resource else ""
    return (
        f"User: {principal} is not authorized to perform: {action}{on} because no {policy} allows the {action} action"
    )


def explicitly_denied(action: str, resource: str, policy: str, principal: str = SESSION) -> str:
    """A denial as IAM writes it, by a Deny statement."""
    on = f"on resource: {resource} with an explicit deny in {policy}"
    return f"User: {principal} is not authorized to perform: {action} {on}"


def botocore(code: str, operation: str, message: str) -> str:
    return f"An error occurred ({code}) when calling the {operation} operation: {message}"


def simba(message: str, code: int = 100071) -> str:
    """The JDBC driver 2.x around a message."""
    return (
        f"[Simba][AthenaJDBC]({code}) An error has been thrown from the AWS Athena client. {message} "
        "[Execution ID: 0a1b2c3d-4e5f-6789-abcd-ef0123456789]"
    )


def java(message: str, service: str, code: str) -> str:
    """The AWS SDK for Java, version 1, around a message."""
    return (
        f"{message} (Service: {service}; Status Code: 400; Error Code: {code}; "
        "Request ID: 8f14e45f-ceea-467f-a8b1-0123456789ab; Proxy: null)"
    )


class Row(t.NamedTuple):
    """A message, and what is said of it first. remedy: words of it."""

    number: str
    text: str
    name: str
    permission: str
    remedy: str
    resource: str = ""
    side: str = ""


ROWS: t.Final[tuple[Row, ...]] = (
    Row(
        "1",
        botocore(
            "InvalidRequestException", "StartQueryExecution", "Unable to verify/create output bucket acme-results"
        ),
        "output_bucket_not_verified",
        "s3:GetBucketLocation",
        "in a statement without a condition",
        "acme-results",
    ),
    Row(
        "1-sdk",
        java("Unable to verify/create output bucket", "AmazonAthena", "InvalidRequestException"),
        "output_bucket_not_verified",
        "s3:GetBucketLocation",
        "Region of the query",
    ),
    Row(
        "2",
        "Access denied when writing output to url: s3://acme-results/q/0a1b.csv . Please ensure you are allowed to "
        "access the S3 bucket. If you are encrypting query results with KMS key, please ensure you are allowed to "
        "access your KMS key",
        "result_write_denied",
        "s3:PutObject",
        "with /* at its end",
        "s3://acme-results/q/0a1b.csv",
    ),
    Row(
        "2-quicksight",
        "ACCESS_DENIED_TO_RESULT_STAGING_AREA "
        + simba("Access denied when writing to location: s3://acme-results/0a1b.csv"),
        "result_write_denied",
        "s3:PutObject",
        "kms:GenerateDataKey",
        "s3://acme-results/0a1b.csv",
    ),
    Row(
        "2-read",
        botocore(
            "InvalidRequestException",
            "GetQueryResults",
            "You do not seem to have access to the S3 location of your query results. Please confirm your account has "
            "access to the S3 location where your query results are saved and try again. If specifying an expected "
            "bucket owner, confirm the bucket is owned by the expected account. If you are using KMS to encrypt query "
            "results, please ensure you have permission to access your KMS key.",
        ),
        "result_read_denied",
        "s3:GetObject",
        "kms:Decrypt",
    ),
    Row(
        "3",
        botocore(
            "InvalidRequestException",
            "StartQueryExecution",
            "The S3 location provided to save your query results is invalid. Please check your S3 location is correct "
            "and is in the same region and try again. If you continue to see the issue, contact customer support for "
            "further assistance.",
        ),
        "output_location_invalid",
        "",
        "Region of the connection",
    ),
    Row(
        "4",
        java(
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input.",
            "AmazonAthena",
            "InvalidRequestException",
        ),
        "output_location_missing",
        "",
        "S3 Output Location",
    ),
    Row(
        "5",
        "ManagedQueryResultsConfiguration and ResultConfiguration cannot be set together. (Service: Athena, Status "
        "Code: 400, Request ID: a6f9be1d-0000-1111-2222-333344445555) (SDK Attempt Count: 1)",
        "managed_results_conflict",
        "",
        "managed query results off",
    ),
    Row(
        "6",
        simba(HIDDEN.format("athena:StartQueryExecution")),
        "workgroup_not_allowed",
        "athena:StartQueryExecution",
        "workgroup/primary",
    ),
    Row(
        "6-grafana",
        "error executing query: AccessDeniedException: "
        + denied(
            "athena:StartQueryExecution",
            f"arn:aws:athena:us-east-1:{ACCOUNT}:workgroup/primary",
            "identity-based policy",
        )
        + "\n\tstatus code: 400, request id: 0722a7a2-8c8f-4e51-aaec-4b6ae2339a0c",
        "workgroup_not_allowed",
        "athena:StartQueryExecution",
        "workgroup/primary",
        f"arn:aws:athena:us-east-1:{ACCOUNT}:workgroup/primary",
        "identity",
    ),
    Row(
        "6-cli",
        java(
            f"User: {SESSION} is not authorized to perform: athena:StartQueryExecution", "AmazonAthena", "AccessDenied"
        ),
        "workgroup_not_allowed",
        "athena:StartQueryExecution",
        "ARN of the workgroup",
    ),
    Row(
        "7",
        "software.amazon.awssdk.services.athena.model.AthenaException: " + HIDDEN.format("athena:ListDatabases"),
        "databases_not_listed",
        "athena:ListDatabases",
        "datacatalog/NAME",
    ),
    Row(
        "8",
        "2025-02-07 16:01:15,882 WARN results.ListTableMetadataResultSet :: Could not list tables: "
        f"software.amazon.awssdk.services.athena.model.AthenaException: {HIDDEN.format('athena:GetTableMetadata')} "
        "(Service: Athena, Status Code: 400, Request ID: d565803f-77bb-4aad-bf04-f9df881e47c5)",
        "table_metadata_not_allowed",
        "athena:GetTableMetadata",
        "Allow athena:GetTableMetadata on datacatalog/NAME",
    ),
    Row(
        "8-symptom",
        "The columns are missing for some tables",
        "table_metadata_not_allowed",
        "athena:GetTableMetadata, athena:ListTableMetadata",
        "datacatalog/NAME",
    ),
    Row(
        "9",
        f"User: {SESSION} is not authorized to perform: athena:ListDataCatalogs",
        "data_catalogs_not_listed",
        "athena:ListDataCatalogs",
        'the resource "*"',
    ),
    Row(
        "10",
        HIDDEN.format("athena:GetQueryResultsStream"),
        "result_stream_not_allowed",
        "athena:GetQueryResultsStream",
        "port 444",
    ),
    Row(
        "10-symptom",
        "Reading the results hangs and times out",
        "result_stream_not_allowed",
        "athena:GetQueryResultsStream",
        "port 444",
    ),
    Row(
        "11",
        "[Simba][AthenaJDBC](100123) An error has occurred. Exception during column initialization.",
        "stream_port_closed",
        "",
        "port 444",
    ),
    Row(
        "12",
        "[Simba][Athena] (1040) An error has been thrown from the AWS Athena client. Error Message: FAILED: Execution "
        "Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. MetaException(message:"
        + java(
            denied("glue:GetDatabases", CATALOG, "identity-based policy", USER),
            "AmazonDataCatalog",
            "AccessDeniedException",
        )
        + ") [Execution ID: 0a1b2c3d]",
        "glue_not_allowed",
        "glue:GetDatabases",
        "catalog, of the database and of the tables",
        CATALOG,
        "identity",
    ),
    Row(
        "13",
        "com.simba.athena.amazonaws.services.glue.model.AccessDeniedException: "
        + java(denied("glue:GetTables", CATALOG, "resource-based policy"), "AWSGlue", "AccessDeniedException"),
        "glue_owner_does_not_share",
        "glue:GetTables",
        "The owner of the catalog must allow glue:GetTables",
        CATALOG,
        "resource",
    ),
    Row(
        "13-nested",
        "com.simba.athena.amazonaws.services.athena.model.MetadataException: "
        + java(
            java(
                denied("glue:GetTables", f"arn:aws:glue:us-east-1:{ACCOUNT}:database/sales", "resource-based policy"),
                "AmazonDataCatalog",
                "AccessDeniedException",
            ),
            "AmazonAthena",
            "MetadataException",
        ),
        "glue_owner_does_not_share",
        "glue:GetTables",
        "The owner of the catalog",
        f"arn:aws:glue:us-east-1:{ACCOUNT}:database/sales",
        "resource",
    ),
    Row(
        "14",
        botocore(
            "MetadataException",
            "ListTableMetadata",
            java("Access Denied", "AmazonDataCatalog", "AccessDeniedException"),
        ),
        "metadata_exception",
        "glue:GetDatabase, glue:GetDatabases, glue:GetTable, glue:GetTables",
        "Read the message inside",
    ),
    Row(
        "15",
        "DEBUG 699 com.simba.athena.athena.api.AJClient.checkGlueSupport: An exception was caught during AWS Glue "
        "availability detection operation. Detail: com.simba.athena.amazonaws.services.glue.model."
        "AccessDeniedException: "
        + java(
            denied("glue:GetCatalogImportStatus", CATALOG, "identity-based policy"), "AWSGlue", "AccessDeniedException"
        ),
        "glue_import_status",
        "glue:GetCatalogImportStatus",
        "no permission is needed",
        CATALOG,
        "identity",
    ),
    Row(
        "16",
        java(
            "Insufficient Lake Formation permission(s): Required Describe on default",
            "AWSGlue",
            "AccessDeniedException",
        ),
        "default_database_hidden",
        "DESCRIBE",
        "DESCRIBE on the database default",
        "default",
        "lake_formation",
    ),
    Row(
        "17",
        "Access was denied when calling Glue. Insufficient\nLake Formation permission(s): Required Describe on\n"
        "audit_logs",
        "lake_formation_permission_required",
        "DESCRIBE",
        "Grant DESCRIBE on audit_logs",
        "audit_logs",
        "lake_formation",
    ),
    Row(
        "17-create",
        java(
            "Insufficient Lake Formation permission(s): Required Create Database on Catalog",
            "AWSGlue",
            "AccessDeniedException",
        ),
        "lake_formation_permission_required",
        "CREATE_DATABASE",
        "Grant CREATE_DATABASE on Catalog",
        "Catalog",
        "lake_formation",
    ),
    Row(
        "17-unnamed",
        "ERROR : "
        + java(
            "Insufficient Lake Formation permission(s) on sales (Database name: sales)",
            "AWSGlue",
            "AccessDeniedException",
        ),
        "lake_formation_permission_unnamed",
        "DESCRIBE, SELECT",
        "Grant DESCRIBE on the database",
        "sales",
        "lake_formation",
    ),
    Row(
        "18",
        "Insufficient permissions to execute the query.\nPrincipal does not have any privilege on specified resource",
        "no_privilege_on_table",
        "SELECT, DESCRIBE",
        "SELECT and DESCRIBE on the table",
        "",
        "lake_formation",
    ),
    Row(
        "19",
        "COLUMN_NOT_FOUND: line 1:8: Column 'salary' cannot be resolved or requester is not authorized to access "
        "requested resources",
        "column_not_found",
        "SELECT",
        "Grant SELECT on the column",
        "salary",
    ),
    Row(
        "20",
        "My database is missing from the drop-down",
        "hidden_by_lake_formation",
        "DESCRIBE, SELECT",
        "Grant DESCRIBE on the database",
        "",
        "lake_formation",
    ),
    Row(
        "21",
        botocore(
            "AccessDeniedException",
            "GrantPermissions",
            "Resource does not exist or requester is not authorized to access requested permissions.",
        ),
        "granter_is_no_administrator",
        "data lake administrator",
        "Make the identity that runs the task a data lake administrator",
        "",
        "lake_formation",
    ),
    Row(
        "22",
        f"AccessDeniedException: User: {SESSION} is not authorized to perform: lakeformation:GetDataAccess on "
        "resource: "
        f"arn:aws:glue:us-east-1:{ACCOUNT}:table/sales/orders",
        "data_access_not_allowed",
        "lakeformation:GetDataAccess",
        'on the resource "*"',
        f"arn:aws:glue:us-east-1:{ACCOUNT}:table/sales/orders",
    ),
    Row(
        "23",
        "com.amazonaws.services.s3.model.AmazonS3Exception: Access Denied (Service: Amazon S3; Status Code: 403; Error "
        "Code: AccessDenied; Request ID: GWPGEHRBPM0Z41ER; S3 Extended Request ID: MHY4uuvDZWpI=; Proxy: null), S3 "
        "Extended Request ID: MHY4uuvDZWpI= (Path: s3://acme-lake/sales/orders/part-0.csv)",
        "source_read_denied",
        "s3:GetObject, s3:ListBucket",
        "location of the table",
        "s3://acme-lake/sales/orders/part-0.csv",
    ),
    Row(
        "23-split",
        "HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split s3://acme-lake/part-0.parquet (offset=0, length=9688): "
        "com.amazonaws.services.s3.model.AmazonS3Exception: Forbidden (Status Code: 403)",
        "source_read_denied",
        "s3:GetObject, s3:ListBucket",
        "register the location with Lake Formation",
    ),
    Row(
        "23-path",
        simba("Permission denied on S3 path: s3://acme-lake/sales/orders/"),
        "source_read_denied",
        "s3:GetObject, s3:ListBucket",
        "source_locations",
        "s3://acme-lake/sales/orders/",
    ),
    Row(
        "23-permission-denied",
        "PERMISSION_DENIED: Access Denied (Service: S3, Status Code: 403, Request ID: GY622WXRRH4RPT0Q)",
        "source_read_denied",
        "s3:GetObject, s3:ListBucket",
        "source_locations",
    ),
    Row(
        "23-denial",
        "HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split: "
        + denied("s3:GetObject", '"arn:aws:s3:::acme-lake/part 0.parquet"', "identity-based policy"),
        "source_read_denied",
        "s3:GetObject",
        "source_locations",
        "arn:aws:s3:::acme-lake/part 0.parquet",
        "identity",
    ),
    Row(
        "24",
        denied("kms:Decrypt", KEY, "identity-based policy"),
        "key_not_in_policy",
        "kms:Decrypt",
        "Allow kms:Decrypt on the ARN of the key in a policy of the identity",
        KEY,
        "identity",
    ),
    Row(
        "24-generate",
        denied("kms:GenerateDataKey", KEY, "identity-based policy"),
        "key_not_in_policy",
        "kms:GenerateDataKey",
        "Allow kms:GenerateDataKey on the ARN of the key",
        KEY,
        "identity",
    ),
    Row(
        "25",
        "com.amazonaws.services.s3.model.AmazonS3Exception: " + denied("kms:Decrypt", KEY, "resource-based policy"),
        "key_policy_does_not_allow",
        "kms:Decrypt",
        "Allow kms:Decrypt in the key policy",
        KEY,
        "resource",
    ),
    Row(
        "26",
        '{\n "__type": "GlueEncryptionException",\n "Message": "'
        + java(denied("kms:Decrypt", KEY, "identity-based policy"), "AWSKMS", "AccessDeniedException")
        + '"\n}',
        "catalog_key_not_allowed",
        "kms:Decrypt",
        "kms_keys.catalog",
        KEY,
        "identity",
    ),
    Row(
        "26-bare",
        botocore("GlueEncryptionException", "GetDatabase", "Unable to decrypt the metadata"),
        "catalog_key_not_allowed",
        "kms:Decrypt, kms:GenerateDataKey, kms:Encrypt",
        "key of the catalog",
    ),
    Row(
        "27",
        "AccessDenied: The ciphertext refers to a customer master key that does not exist, does not exist in this "
        "region, or you are not allowed to access.",
        "key_absent_or_foreign",
        "kms:Decrypt",
        "in the key policy, by the account that owns the key",
    ),
    Row(
        "27-now",
        f"User: {SESSION} is not authorized to perform: kms:GenerateDataKey on this resource because the resource does "
        "not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly "
        "denies access",
        "key_absent_or_foreign",
        "kms:GenerateDataKey",
        "Allow kms:GenerateDataKey on both sides",
    ),
    Row(
        "28",
        "Small results are fine, large ones end with AccessDenied",
        "large_results_denied",
        "kms:Decrypt, s3:AbortMultipartUpload, s3:ListMultipartUploadParts",
        "Allow kms:Decrypt",
    ),
    Row(
        "29",
        "A permission error on the results although the rights are right",
        "expected_bucket_owner",
        "",
        "expected bucket owner",
    ),
    Row(
        "30",
        "PutObject is denied only when AclOption is set",
        "object_acl_not_allowed",
        "s3:PutObjectAcl",
        "Leave AclOption out",
    ),
    Row(
        "30-denial",
        denied("s3:PutObjectAcl", '"arn:aws:s3:::acme-results/q/0a1b.csv"', "identity-based policy"),
        "object_acl_not_allowed",
        "s3:PutObjectAcl",
        "Leave AclOption out",
        "arn:aws:s3:::acme-results/q/0a1b.csv",
        "identity",
    ),
    Row(
        "31",
        "The query succeeds, but its results are in another bucket, not where the form says: a different location",
        "workgroup_overrides_location",
        "",
        "override client-side settings",
    ),
    Row(
        "32",
        botocore(
            "AccessDenied",
            "AssumeRole",
            f"User: {USER} is not authorized to perform: sts:AssumeRole on resource: {TARGET}",
        ),
        "role_not_assumed",
        "sts:AssumeRole",
        "trust policy of the target role",
        TARGET,
    ),
    Row(
        "32-trust",
        denied("sts:AssumeRole", TARGET, "role trust policy"),
        "role_not_assumed",
        "sts:AssumeRole",
        "trust policy of the target role",
        TARGET,
        "resource",
    ),
    Row(
        "33",
        botocore(
            "MalformedPolicyDocument",
            "UpdateAssumeRolePolicy",
            f'Invalid principal in policy: "AWS":"arn:aws:iam::{ACCOUNT}:role/dataplane"',
        ),
        "invalid_principal",
        "",
        "full ARN, path included",
    ),
    Row(
        "34",
        '"Principal": {\n  "AWS": "AROAIOSFODNN7EXAMPLE1"\n}',
        "trusted_principal_deleted",
        "",
        "Write the ARN into the trust policy again",
    ),
    Row(
        "34-symptom",
        "The trust policy shows AROAIOSFODNN7EXAMPLE1",
        "trusted_principal_deleted",
        "",
        "Write the ARN into the trust policy again",
    ),
    Row(
        "35",
        botocore(
            "ValidationError",
            "AssumeRole",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ),
        "role_chaining_limit",
        "",
        "3,600 seconds",
    ),
    Row(
        "36",
        botocore("LimitExceeded", "CreatePolicy", "Cannot exceed quota for PolicySize: 6144"),
        "policy_too_large",
        "",
        "managed policy",
    ),
    Row(
        "36-user",
        botocore("LimitExceeded", "PutUserPolicy", "Maximum policy size of 2048 bytes exceeded for user athena-reader"),
        "policy_too_large",
        "",
        "managed policy",
    ),
    Row(
        "36-user-quota",
        botocore("LimitExceeded", "PutUserPolicy", "Cannot exceed quota for UserPolicySize: 2048"),
        "policy_too_large",
        "",
        "managed policy",
    ),
    Row(
        "36-trust",
        botocore("LimitExceeded", "UpdateAssumeRolePolicy", "Cannot exceed quota for ACLSizePerRole: 2048"),
        "trust_policy_too_large",
        "",
        "Trust fewer principals",
    ),
    Row(
        "37",
        "Failed to invoke lambda function due to com.amazonaws.services.lambda.model.AWSLambdaException: "
        + java(
            denied(
                "lambda:InvokeFunction",
                f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:redshift-connector",
                "identity-based policy",
            ),
            "AWSLambda",
            "AccessDeniedException",
        ),
        "federated_catalog",
        "lambda:InvokeFunction",
        "Limit the driver to the catalogs",
        f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:redshift-connector",
        "identity",
    ),
    Row(
        "38-403",
        botocore("403", "HeadBucket", "Forbidden"),
        "bucket_denied_or_foreign",
        "s3:ListBucket",
        "Allow s3:ListBucket",
    ),
    Row("38-404", botocore("404", "HeadBucket", "Not Found"), "bucket_absent", "", "never makes one"),
    Row("38-400", botocore("400", "HeadBucket", "Bad Request"), "bucket_request_invalid", "", "Renew the credentials"),
    Row(
        "38-301",
        botocore("301", "HeadBucket", "Moved Permanently"),
        "bucket_in_other_region",
        "",
        "Region of the bucket",
    ),
)
