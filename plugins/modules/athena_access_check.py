#!/usr/bin/python
# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: athena_access_check
version_added: 1.0.0
short_description: Say whether an Athena connection will work, and if not why
description:
  - Looks at all that a query of the connection meets, in the order in which it meets it, and says of each whether it is
    in order. The identity, its access key or its trust policy; the workgroup; where results really go; the results
    bucket and its policy; the KMS keys with their policies; what IAM lets the identity do; the files of the tables; the
    grants in Lake Formation.
  - With O(simulate) it asks IAM itself, which counts all policies of the identity and of its groups, its permissions
    boundary and the organization's policies, and tells them apart.
  - With O(live) it then becomes the identity, and queries. In check mode this step is left out.
  - Finds encryption keys, and the locations of the tables' files, by itself, and proposes those that the options lack.
  - Says what the identity may do beyond what the options ask for, over all its policies and groups.
  - What the task is not allowed to look at is V(unknown), with the permission to grant, and the rest is answered all
    the same. Everything but the live step needs no more than rights to read.
  - Never changes anything, but for the results of the queries of the live step, which Athena writes to the output
    location and the identity may not delete. They are listed in RV(live).
options:
  iam_type:
    description:
      - The kind of the identity that carries the permissions.
    type: str
    choices: [user, role]
    required: true
  iam_name:
    description:
      - The name of the identity that carries the permissions, without its path.
    type: str
    required: true
  iam_path:
    description:
      - The path of the identity, for its ARN where C(iam:GetUser) or C(iam:GetRole) is not allowed.
      - The default is V(/).
    type: str
  output_location:
    description:
      - The S3 Output Location as in the connection form, C(s3://bucket) or C(s3://bucket/prefix).
    type: str
    required: true
  expected_bucket_owner:
    description:
      - The id of the account that must own the results bucket. The default is the account of the credentials in use.
    type: str
  workgroup:
    description:
      - The workgroup in which the queries run. A connection that names none uses V(primary).
    type: str
    default: primary
  workgroups:
    description:
      - The workgroups in which the identity's policy lets queries run, as in
        O(qualytics.athena.athena_perm_policy#module:workgroups). Without the option, any; what goes beyond is only
        looked for where it is given.
    type: list
    elements: str
  data_catalogs:
    description:
      - The data catalogs, as in O(qualytics.athena.athena_perm_policy#module:data_catalogs). Metadata is looked for in
        each of them, without the option in V(AwsDataCatalog).
    type: list
    elements: str
  databases:
    description:
      - The databases that the connection is to read, as in O(qualytics.athena.athena_perm_policy#module:databases). A
        table of them that the identity cannot read is a V(fail).
      - Without the option all databases of the catalog are looked at, and a table that cannot be read is a V(warn).
    type: list
    elements: str
  kms_keys:
    description:
      - The KMS keys of the identity's policy, as in O(qualytics.athena.athena_perm_policy#module:kms_keys).
      - Keys are found without it, too; what is found and not named here is proposed.
    type: dict
    suboptions:
      results:
        description:
          - Keys of the results bucket.
        type: list
        elements: str
      sources:
        description:
          - Keys of the source data.
        type: list
        elements: str
      catalog:
        description:
          - Keys of the Glue Data Catalog's metadata.
        type: list
        elements: str
  kms_key_accounts:
    description:
      - The ids of other accounts whose keys O(kms_keys) may name.
    type: list
    elements: str
    default: []
  source_locations:
    description:
      - The locations of the identity's policy, as in
        O(qualytics.athena.athena_perm_policy#module:source_locations).
      - Locations are found without it, too; what is found and not covered here is proposed.
    type: list
    elements: str
  restrict_listing:
    description:
      - As in O(qualytics.athena.athena_perm_policy#module:restrict_listing).
    type: bool
    default: false
  lake_formation:
    description:
      - As in O(qualytics.athena.athena_perm_policy#module:lake_formation).
    type: bool
    default: false
  result_streaming:
    description:
      - Whether the identity may use C(athena:GetQueryResultsStream), to which a driver falls back where it cannot
        read results from S3.
      - With V(true), what stops the client's own reads of results is a V(warn), not a V(fail).
    type: bool
    default: false
  list_data_catalogs:
    description:
      - As in O(qualytics.athena.athena_perm_policy#module:list_data_catalogs).
    type: bool
    default: false
  catalog_id:
    description:
      - The account whose Data Catalog the tables are in. The default is the account of the credentials in use.
    type: str
  lake_formation_grants:
    description:
      - The grants that the identity must hold, each entry as in O(qualytics.athena.lf_grant#module:grants). One that is
        not held is a V(fail), unless its entry has C(if_exists) and there is no such database or table.
      - Without the option, tables that Lake Formation hides from the identity are a V(warn), or a V(fail) where that is
        all of a database.
    type: list
    elements: dict
  trusted_principals:
    description:
      - Who must be able to assume the role, mostly the ARN of the base role, as in
        O(qualytics.athena.athena_role_trust#module:trusted_principals).
      - Only with O(iam_type=role).
    type: list
    elements: str
  external_id:
    description:
      - The external id of the connection form, with which the role is assumed.
      - Only with O(iam_type=role).
    type: str
  base_role_name:
    description:
      - The name of the base role, where it is in the account of the identity, to see whether it may assume the role.
      - A role that O(trusted_principals) names in this account is looked at without it; with it, only this one.
      - Only with O(iam_type=role).
    type: str
  simulate:
    description:
      - Whether to ask IAM what the identity may do, which takes C(iam:SimulatePrincipalPolicy).
      - With V(false) no check of an action is made, and what depends on IAM is V(unknown), as whether source data can
        be read. The live step can still tell.
    type: bool
    default: true
  live:
    description:
      - Whether to query as the identity itself. With O(iam_type=user) the credentials must be the user's own; with
        O(iam_type=role) they are those of whoever may assume the role.
      - Not done in check mode.
    type: bool
    default: false
  live_profile:
    description:
      - The profile with the credentials of the live step. Without this and O(live_access_key) they are those of the
        task.
    type: str
  live_access_key:
    description:
      - The access key id of the live step, instead of O(live_profile).
    type: str
  live_secret_key:
    description:
      - The secret access key that goes with O(live_access_key).
    type: str
  live_session_token:
    description:
      - The session token that goes with O(live_access_key), if there is one.
    type: str
  fail_on:
    description:
      - The statuses with which a check makes the task fail; the result holds all checks in any case.
      - With an empty list the task fails only when an option is refused, or AWS cannot be reached.
    type: list
    elements: str
    choices: [warn, fail, unknown]
    default: [fail]
notes:
  - "The identity that runs this task needs, on the identity that is checked, C(iam:GetUser), C(iam:ListAccessKeys),
    C(iam:ListAttachedUserPolicies), C(iam:ListUserPolicies), C(iam:GetUserPolicy), C(iam:ListGroupsForUser) and on its
    groups C(iam:ListAttachedGroupPolicies), C(iam:ListGroupPolicies), C(iam:GetGroupPolicy); or, on a role,
    C(iam:GetRole), C(iam:ListAttachedRolePolicies), C(iam:ListRolePolicies), C(iam:GetRolePolicy). Further
    C(iam:GetPolicy), C(iam:GetPolicyVersion) and C(iam:SimulatePrincipalPolicy), the last also on base roles of the
    account and on the roles with which source locations are registered with Lake Formation."
  - "Of the workgroup and the results bucket C(athena:GetWorkGroup), C(s3:ListBucket), C(s3:GetBucketRequestPayment) and
    C(s3:GetBucketObjectLockConfiguration); of that and the source buckets C(s3:GetEncryptionConfiguration) and
    C(s3:GetBucketPolicy); of keys C(kms:DescribeKey), C(kms:GetKeyPolicy) and C(kms:ListGrants), and C(kms:Decrypt)
    where Glue reads an encrypted Data Catalog with the key rights of whoever asks. Of O(data_catalogs) other than
    C(AwsDataCatalog) C(athena:GetDataCatalog)."
  - "Of tables and grants C(glue:GetDataCatalogEncryptionSettings), C(glue:GetDatabase), or C(glue:GetDatabases) without
    O(databases), C(glue:GetTables), C(glue:GetPartitions), C(lakeformation:ListResources),
    C(lakeformation:ListPermissions), C(lakeformation:GetDataLakeSettings), C(lakeformation:ListLakeFormationOptIns) and
    C(lakeformation:ListDataCellsFilter). A data lake administrator sees all grants; anybody else only some, and what is
    not seen is V(unknown)."
  - Resource control policies, endpoint policies and session policies are not visible to a simulation; the live step
    meets them.
  - Views are not read into; what they read is judged by their tables.
author:
  - qualytics.athena contributors (@qualytics)
seealso:
  - module: qualytics.athena.athena_perm_policy
  - module: qualytics.athena.athena_role_trust
  - module: qualytics.athena.lf_grant
  - module: qualytics.athena.s3_results_bucket_check
  - module: qualytics.athena.athena_discovery_info
  - plugin: qualytics.athena.explain_error
    plugin_type: filter
  - name: Testing IAM policies with the policy simulator
    description: What a simulation counts, and what it does not.
    link: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
requirements:
  - python >= 3.11
  - boto3 >= 1.38.28
  - botocore >= 1.38.28
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - qualytics.athena._attributes
  - qualytics.athena._attributes.checking
  - qualytics.athena._attributes.progress
"""

EXAMPLES = r"""
- name: Will the connection with this user's access key work?
  qualytics.athena.athena_access_check:
    iam_type: user
    iam_name: qualytics
    output_location: s3://example-athena-results/qualytics
    databases: [sales]
    source_locations:
      - s3://example-data-lake/sales
    region: us-east-1

- name: Will the connection through this role work? See it as the product will, with the base role's credentials
  qualytics.athena.athena_access_check:
    iam_type: role
    iam_name: qualytics-athena-target
    output_location: s3://example-athena-results/qualytics
    databases: [sales]
    lake_formation_grants:
      - database: sales
      - database: sales
        tables: "*"
    trusted_principals:
      - arn:aws:iam::123456789012:role/qualytics-dataplane
    external_id: 3f1c7a52-acme
    live: true
    live_profile: qualytics-dataplane
    region: us-east-1

- name: Collect the answers without failing
  qualytics.athena.athena_access_check:
    iam_type: user
    iam_name: qualytics
    output_location: s3://example-athena-results/qualytics
    fail_on: []
    region: us-east-1
  register: access

- name: Show what is not in order, the cause first
  ansible.builtin.debug:
    msg: "{{ access.checks | rejectattr('status', 'equalto', 'pass') }}"
"""

RETURN = r"""
checks:
  description: The answers, in the order in which a query meets what they are about. The first that fails is the cause.
  returned: always, unless an option is refused or AWS cannot be reached
  type: list
  elements: dict
  contains:
    name:
      description:
        - What was checked.
        - "Of the identity: V(identity), V(access_key) or V(trust), V(trust_others), V(base_role_permission)."
        - "Of the workgroup and the results bucket: as in M(qualytics.athena.s3_results_bucket_check);
          V(results_not_registered)."
        - "Of the keys: V(results_key), V(catalog_key), V(source_keys), V(lake_formation_keys)."
        - "Of IAM: the action, for instance V(athena:StartQueryExecution), or V(iam_simulation)."
        - "Of the tables: V(source_data), V(lake_formation_default), V(lake_formation_databases),
          V(lake_formation_grants), V(lake_formation_filters)."
        - "Of the live step: V(live_identity), V(live_assume_role), V(live_query), V(live_result_location),
          V(live_result_object), V(live_databases), V(live_tables), V(live_read), V(live_cancel), V(live_keys)."
        - "Of what is too much: V(at_most)."
      returned: always
      type: str
      sample: athena:StartQueryExecution
    status:
      description: V(pass), V(warn), V(fail), or V(unknown) where the module was not allowed to look.
      returned: always
      type: str
      sample: fail
    detail:
      description: What was found.
      returned: always
      type: str
      sample: no policy of the identity allows it on arn:aws:athena:us-east-1:123456789012:workgroup/primary
    remedy:
      description: What to do about it; empty with V(pass).
      returned: always
      type: str
      sample: Provision the connection, which writes its policy
    reference:
      description: The page of the AWS documentation that the answer rests on.
      returned: always
      type: str
      sample: https://docs.aws.amazon.com/athena/latest/ug/security-iam-athena.html
tables:
  description: The tables of the databases, and whether the identity can read them.
  returned: always, unless an option is refused or AWS cannot be reached
  type: list
  elements: dict
  contains:
    database:
      description: The database.
      returned: always
      type: str
      sample: sales
    table:
      description: The table; empty for all tables of a database that is a resource link.
      returned: always
      type: str
      sample: orders
    readable:
      description:
        - V(lake_formation) where Lake Formation hands out the files, V(s3) where the identity reads them itself, V(no),
          V(unknown), or V(not_judged) for a view, a resource link or a table without a location.
      returned: always
      type: str
      sample: s3
    why:
      description: What makes it so.
      returned: always
      type: str
      sample: the identity may read its files in S3
    locations:
      description: Where its files are.
      returned: always
      type: list
      elements: str
      sample: ["s3://example-data-lake/sales/orders/"]
discovered:
  description: What was found about keys and files, and what the options lack of it.
  returned: always, unless an option is refused or AWS cannot be reached
  type: dict
  contains:
    found:
      description: What was found, whether the options have it or not.
      returned: always
      type: dict
      contains:
        results_key:
          description:
            - The ARN of the customer managed key of the results bucket, or of the workgroup where it enforces its
              settings.
            - V(null) where there is none. The AWS managed key needs no permission.
          returned: always
          type: str
          sample: arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
        workgroup_key:
          description: The ARN of the key of a workgroup that names one without enforcing its settings.
          returned: always
          type: str
          sample: arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
        catalog_key:
          description:
            - The ARN of the customer managed key of the Data Catalog's metadata.
            - V(null) also where Glue uses the key through a service role, as the identity then needs no permission.
          returned: always
          type: str
          sample: arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
        catalog_encryption_mode:
          description: V(DISABLED), V(SSE-KMS) or V(SSE-KMS-WITH-SERVICE-ROLE); V(null) where it may not be looked at.
          returned: always
          type: str
          sample: SSE-KMS
        source_locations:
          description:
            - The locations where an identity needs its own permissions on S3, without those that lie within another
              one. In hybrid access mode that depends on the identity; the proposals are for this one.
          returned: always
          type: list
          elements: str
          sample: ["s3://example-data-lake/sales/orders/"]
        source_keys:
          description: The ARNs of the default keys of their buckets, where these are customer managed keys.
          returned: always
          type: list
          elements: str
          sample: ["arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
        lake_formation_keys:
          description:
            - The same of the buckets whose files Lake Formation hands out.
            - The role with which the location is registered needs them. AWS's documentation also asks the identity for
              C(kms:Decrypt) there, which others found not to be needed; they are not proposed.
          returned: always
          type: list
          elements: str
          sample: ["arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
        absent:
          description: What does not exist of what was named, in words.
          returned: always
          type: list
          elements: str
          sample: ["the database sales"]
    proposals:
      description:
        - The options to add, as C(kms_keys), C(source_locations) and C(lake_formation) with what they would be, and
          what was given in it; empty where nothing is missing. No locations are among it whose files Lake Formation
          hands out to the identity, or withholds from it.
        - Read them before you use them, as whoever can create a table decides where its files are.
      returned: always
      type: dict
      sample: {}
    not_allowed:
      description: What was found and is not proposed.
      returned: always
      type: list
      elements: dict
      contains:
        location:
          description: The location as the catalog has it, or whose key it is.
          returned: always
          type: str
          sample: s3://example-other-bucket/
        tables:
          description: The tables whose files are there.
          returned: always
          type: list
          elements: str
          sample: []
        reason:
          description: Why it is not proposed.
          returned: always
          type: str
          sample: >-
            arn:aws:kms:us-east-1:210987654321:key/1234abcd-12ab-34cd-56ef-1234567890ab belongs to the account
            210987654321; if that is meant, list it in kms_key_accounts
    unknown:
      description: What may not be looked at, so that it is neither found nor absent.
      returned: always
      type: list
      elements: dict
      contains:
        what:
          description: What it is.
          returned: always
          type: str
          sample: the tables of the database sales
        permission:
          description: What the identity that runs this task lacks.
          returned: always
          type: str
          sample: glue:GetTables
beyond:
  description: What the identity may do beyond what the options ask for.
  returned: always, unless an option is refused or AWS cannot be reached
  type: list
  elements: dict
  contains:
    policy:
      description: The policy that allows it.
      returned: always
      type: str
      sample: arn:aws:iam::aws:policy/AmazonAthenaFullAccess
    action:
      description: The action, as the policy writes it.
      returned: always
      type: str
      sample: athena:*
    resource:
      description: The resource, as the policy writes it.
      returned: always
      type: str
      sample: "*"
live:
  description: What the live step made; none where it was not done.
  returned: always, unless an option is refused or AWS cannot be reached
  type: dict
  contains:
    queries:
      description: The queries.
      returned: always
      type: list
      elements: dict
      contains:
        id:
          description: The id of the query.
          returned: always
          type: str
          sample: 0f8fad5b-d9cb-469f-a165-70867728950e
        sql:
          description: Its text.
          returned: always
          type: str
          sample: SELECT 1
        state:
          description: Athena's word for how it ended; V(UNKNOWN) where the identity may not look at it.
          returned: always
          type: str
          sample: SUCCEEDED
        location:
          description: Where its result is; empty where that is not known.
          returned: always
          type: str
          sample: s3://example-athena-results/qualytics/0f8fad5b-d9cb-469f-a165-70867728950e.csv
        why:
          description: What Athena says of a query that did not succeed, else empty.
          returned: always
          type: str
          sample: ""
    objects:
      description: The objects that may lie in the results bucket because of them.
      returned: always
      type: list
      elements: str
      sample: []
identity:
  description: The ARN of the identity.
  returned: always, unless an option is refused or AWS cannot be reached
  type: str
  sample: arn:aws:iam::123456789012:user/qualytics
bucket:
  description: The bucket of O(output_location), as M(qualytics.athena.s3_results_bucket_check) returns it.
  returned: always, unless an option is refused or AWS cannot be reached
  type: dict
  contains:
    name:
      description: The name of the bucket.
      returned: always
      type: str
      sample: example-athena-results
    prefix:
      description: The prefix without a slash at its ends; empty for the whole bucket.
      returned: always
      type: str
      sample: qualytics
    region:
      description: The Region that the bucket is in; V(null) where that could not be established.
      returned: always
      type: str
      sample: us-east-1
    encryption:
      description: The default encryption of the bucket; V(null) where the bucket has none or it may not be looked at.
      returned: always
      type: dict
      contains:
        algorithm:
          description: V(AES256), V(aws:kms) or V(aws:kms:dsse).
          returned: always
          type: str
          sample: aws:kms
        kms_key_arn:
          description:
            - The ARN of the customer managed key, also where the bucket names it by an id or an alias.
            - V(null) without KMS, and with the AWS managed key C(aws/s3).
            - V(null) also where an id or an alias could not be resolved, or not for sure, as that of a bucket of
              another account or of another Region than the queries'. The check V(bucket_encryption) then says why.
          returned: always
          type: str
          sample: arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
        bucket_key_enabled:
          description: Whether S3 uses a bucket key; the encryption context is then the bucket's ARN, not the object's.
          returned: always
          type: bool
          sample: true
effective_location:
  description:
    - Where Athena will write results, as M(qualytics.athena.s3_results_bucket_check) returns it; V(null) where that
      cannot be told, or is nowhere.
  returned: always, unless an option is refused or AWS cannot be reached
  type: str
  sample: s3://example-athena-results/qualytics/
"""

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _access_run,
    _arguments,
    _aws_module,
)


def main() -> None:
    _aws_module.run_module(
        _access_run.prepare_access_check, argument_spec=_arguments.ACCESS_CHECK, **_arguments.LIVE_RULES
    )


if __name__ == "__main__":
    main()
