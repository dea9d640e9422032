#!/usr/bin/python
# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: athena_perm_policy
version_added: 1.0.0
short_description: Keep the IAM policy of an Athena connection on its identity
description:
  - Builds the IAM policy that a connection to Amazon Athena through the Athena JDBC 3.x driver needs, and keeps it on
    the IAM user or role behind the connection.
  - With only O(output_location) the policy is the vendor's example policy, statement for statement. Every further
    option adds to it or narrows it.
  - The policy is always exactly what the options say. A live document that means the same (another order, statements
    split or merged, another letter case of actions, and so on) is left alone; any other is drift and is replaced.
  - A new version takes over from the old one in a single call, so that an identity that may query before and after a
    change may query at every moment in between.
options:
  name:
    description:
      - The name of the policy.
    type: str
    required: true
  state:
    description:
      - V(present) keeps the policy and its attachment to the identity.
      - V(absent) detaches a managed policy and deletes it with all its versions, or deletes the inline policy. A
        managed policy that is attached elsewhere too is left as it is, and the task fails with the list of those.
    type: str
    choices: [present, absent]
    default: present
  policy_type:
    description:
      - Whether the policy is a customer managed policy, attached to the identity, or an inline policy inside it.
      - All inline policies of an IAM user share 2,048 characters, those of a role 10,240. A managed policy has 6,144
        for itself.
    type: str
    choices: [managed, inline]
    default: managed
  iam_type:
    description:
      - The kind of the identity that carries the permissions.
    type: str
    choices: [user, role]
    required: true
  iam_name:
    description:
      - The name of the identity that carries the permissions, without its path. It must exist.
    type: str
    required: true
  path:
    description:
      - The path of the managed policy. Without it, a policy of this name is taken from wherever it is, and is created
        under V(/).
      - AWS cannot change the path of a policy. A difference is reported as drift, and fails the task before anything is
        written.
    type: str
  description:
    description:
      - The description of the managed policy.
      - AWS cannot change the description of a policy. A difference is reported as drift, and fails the task before
        anything is written.
    type: str
  tags:
    description:
      - The tags of the managed policy. Without the option, tags are left alone.
    type: dict
    aliases: [resource_tags]
  purge_tags:
    description:
      - Whether tags that O(tags) does not name are removed.
    type: bool
    default: true
  output_location:
    description:
      - The S3 Output Location of the connection form, C(s3://bucket[/prefix]). Results are written to, and read from,
        this prefix only.
      - Required when O(state=present).
    type: str
  workgroups:
    description:
      - The names of the workgroups in which queries may run. Without the option, any.
      - The calls that read a data catalog (C(athena:ListDatabases), C(athena:ListTableMetadata) and
        C(athena:GetTableMetadata)) are authorised on the data catalog and not on the workgroup. They are narrowed by
        O(data_catalogs) only. The vendor's page suggests the workgroup's ARN for all of them, which would leave the
        connection without schemas and tables.
      - The vendor's connection names no workgroup, so that its queries run in V(primary). A list without it warns.
    type: list
    elements: str
  data_catalogs:
    description:
      - The names of the Athena data catalogs whose metadata may be read, for instance V(AwsDataCatalog). Without the
        option, any.
      - Without O(databases), the Glue permissions are narrowed to the Glue Data Catalogs that these stand for.
      - Only data catalogs of the type GLUE are accepted. Others need their connector's own permissions too.
    type: list
    elements: str
  databases:
    description:
      - The names of the Glue databases whose tables may be read. Without the option, any.
      - Names are written in lowercase, as Glue stores them.
      - The names of the other databases can still be listed, as Athena lists all databases or none, and the database
        V(default) itself can be read (not its tables), as Athena looks at it whatever the query names.
    type: list
    elements: str
  kms_keys:
    description:
      - The KMS keys that encrypt what the connection reads and writes, by key ARN. An alias is refused, as IAM cannot
        name a key by its alias. The AWS managed key V(aws/s3) needs no permission.
    type: dict
    suboptions:
      results:
        description:
          - Keys of the results bucket. Adds C(kms:GenerateDataKey) and C(kms:Decrypt).
        type: list
        elements: str
      sources:
        description:
          - Keys of the source data. Adds C(kms:Decrypt). The vendor's page asks for C(kms:GenerateDataKey) too, which
            AWS does not ask for to read data.
        type: list
        elements: str
      catalog:
        description:
          - Keys of the Glue Data Catalog's metadata. Adds C(kms:Decrypt), C(kms:GenerateDataKey) and C(kms:Encrypt), as
            AWS documents them for Athena. The vendor's page does not name C(kms:Encrypt).
          - Not needed where the catalog is encrypted through a service role, as then the role uses the key.
        type: list
        elements: str
  kms_key_accounts:
    description:
      - The ids of other accounts whose keys O(kms_keys) may name. Any other account's key is refused, as it is more
        often a mistake than meant.
    type: list
    elements: str
    default: []
  source_locations:
    description:
      - Where the files of the tables are, each as C(s3://bucket[/prefix]). Adds C(s3:GetObject) below the location, and
        C(s3:ListBucket) and C(s3:GetBucketLocation) on the bucket.
      - Needed for every table whose location is not registered with Lake Formation. The vendor's page does not name
        these permissions, but AWS does.
    type: list
    elements: str
  restrict_listing:
    description:
      - Whether C(s3:ListBucket) is restricted to the prefixes of O(output_location) and O(source_locations) by a
        condition on C(s3:prefix), in a statement of its own.
      - The prefix without a slash at its end is allowed too, as clients may look for it before they go deeper. Such a
        listing shows the names of all keys that begin alike.
    type: bool
    default: false
  lake_formation:
    description:
      - Whether Lake Formation governs some of the data. Adds C(lakeformation:GetDataAccess), which knows no resource.
        The grants in Lake Formation itself are another matter.
    type: bool
    default: false
  result_streaming:
    description:
      - Whether the driver may stream results from Athena. Adds C(athena:GetQueryResultsStream), which AWS asks for all
        connections through the JDBC 3.x driver and the vendor's page does not name. The driver falls back to it where
        it cannot read the result from S3 itself.
    type: bool
    default: false
  list_data_catalogs:
    description:
      - Whether the driver may browse data catalogs. Adds C(athena:ListDataCatalogs), which knows no resource, and
        C(athena:GetDataCatalog). A driver that walks all data catalogs then needs O(data_catalogs) to allow all of
        them.
    type: bool
    default: false
notes:
  - The identity that runs the task needs C(iam:GetPolicy), C(iam:GetPolicyVersion), C(iam:ListPolicies),
    C(iam:ListEntitiesForPolicy), C(iam:GetUser) or C(iam:GetRole), C(iam:CreatePolicy), C(iam:CreatePolicyVersion),
    C(iam:ListPolicyVersions), C(iam:DeletePolicyVersion), C(iam:DeletePolicy), C(iam:TagPolicy), C(iam:UntagPolicy),
    and C(iam:AttachUserPolicy) and C(iam:DetachUserPolicy) or the same for roles. For O(policy_type=inline) it needs
    C(iam:GetUserPolicy), C(iam:PutUserPolicy), C(iam:DeleteUserPolicy) and C(iam:ListUserPolicies), or the same for
    roles. For O(data_catalogs) other than V(AwsDataCatalog) it needs C(athena:GetDataCatalog).
  - IAM keeps five versions of a managed policy. When there are five, the oldest that is not the default is deleted to
    make room for the new one.
  - In check mode an identity that does not exist is a warning, as an earlier task may be about to create it.
author:
  - qualytics.athena contributors (@qualytics)
seealso:
  - module: qualytics.athena.s3_results_bucket_check
  - module: amazon.aws.iam_managed_policy
  - name: Athena permissions of the vendor
    description: The minimum that the vendor documents.
    link: https://userguide.qualytics.io/source-datastore/add-datastores/athena/permissions/
  - name: Actions, resources, and condition keys for Amazon Athena
    description: What each Athena action is authorised on.
    link: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html
requirements:
  - python >= 3.11
  - boto3 >= 1.38.28
  - botocore >= 1.38.28
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - qualytics.athena._attributes
  - qualytics.athena._attributes.provisioning
"""

EXAMPLES = r"""
- name: Give the user behind the connection the vendor's minimum
  qualytics.athena.athena_perm_policy:
    name: qualytics-athena
    iam_type: user
    iam_name: qualytics
    output_location: s3://example-athena-results/qualytics
    region: us-east-1

- name: Allow one workgroup, one data catalog and two databases, whose files are not governed by Lake Formation
  qualytics.athena.athena_perm_policy:
    name: qualytics-athena-target
    path: /data-quality/
    iam_type: role
    iam_name: qualytics-athena-target
    output_location: s3://example-athena-results/qualytics
    workgroups: [primary]
    data_catalogs: [AwsDataCatalog]
    databases: [sales, hr]
    source_locations:
      - s3://example-data-lake/sales
      - s3://example-data-lake/hr
    result_streaming: true
    tags:
      team: data-platform
    region: us-east-1

- name: Add what encrypted data and Lake Formation need
  qualytics.athena.athena_perm_policy:
    name: qualytics-athena
    iam_type: user
    iam_name: qualytics
    output_location: s3://example-athena-results/qualytics
    kms_keys:
      results: [arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555]
      catalog: [arn:aws:kms:us-east-1:123456789012:key/66666666-7777-8888-9999-000000000000]
    lake_formation: true
    region: us-east-1

- name: Report what has drifted
  qualytics.athena.athena_perm_policy:
    name: qualytics-athena
    iam_type: user
    iam_name: qualytics
    output_location: s3://example-athena-results/qualytics
    region: us-east-1
  check_mode: true
  diff: true
  register: policy

- name: Take the policy away
  qualytics.athena.athena_perm_policy:
    name: qualytics-athena
    iam_type: user
    iam_name: qualytics
    state: absent
    region: us-east-1
"""

RETURN = r"""
policy:
  description: The policy as it is after the task, or in check mode as it would be.
  returned: success; none when O(state=absent)
  type: dict
  contains:
    arn:
      description: The ARN of the managed policy; none for an inline policy.
      type: str
      returned: always
      sample: arn:aws:iam::123456789012:policy/qualytics-athena
    name:
      description: The name of the policy.
      type: str
      returned: always
      sample: qualytics-athena
    path:
      description: The path of the managed policy; none for an inline policy.
      type: str
      returned: always
      sample: /
    document:
      description: The policy document that the options ask for.
      type: dict
      returned: always
      sample: {"Version": "2012-10-17", "Statement": []}
    version_id:
      description: The default version; none for an inline policy, and in check mode where the version would be new.
      type: str
      returned: always
      sample: v1
    size:
      description: The characters of the document that IAM counts towards its quota.
      type: int
      returned: always
      sample: 941
    tags:
      description: The tags of the managed policy.
      type: dict
      returned: always
      sample: {"team": "data-platform"}
observed_policy:
  description:
    - >-
      The policy document as it was in AWS before the task, with which RV(policy.document) can be compared; none where
      there was no policy.
    - A text where the policy was no JSON.
  returned: success
  type: raw
  sample: {"Version": "2012-10-17", "Statement": []}
attached_to:
  description: What the policy is attached to, the identity of the task included.
  returned: success
  type: list
  elements: dict
  contains:
    type:
      description: V(user), V(role) or V(group).
      type: str
      returned: always
      sample: user
    name:
      description: The name of the user, role or group.
      type: str
      returned: always
      sample: qualytics
check_mode:
  description: Whether the task ran in check mode, so that C(changed) and RV(drift) say what would be done.
  returned: success
  type: bool
  sample: false
drift:
  description: >-
    What differed from the options, one entry for each action, resource, condition, statement, tag or attachment. In
    check mode it is what would change, otherwise what was repaired. When the task fails midway, it is what was
    repaired before.
  returned: always, except on failures before anything was written
  type: list
  elements: dict
  contains:
    subject:
      description: The ARN of the managed policy, or the identity and the name of the inline policy.
      type: str
      returned: always
      sample: arn:aws:iam::123456789012:policy/qualytics-athena
    aspect:
      description: >-
        What it is about, one of V(policy), V(statement), V(action), V(resource), V(condition), V(effect), V(principal),
        V(version), V(document), V(attachment), V(tag), V(path), V(description) and V(name).
      type: str
      returned: always
      sample: action
    kind:
      description: V(missing), V(extra) or V(different).
      type: str
      returned: always
      sample: missing
    expected:
      description: What the options ask for; none for what is extra.
      type: str
      returned: always
      sample: Allow athena:GetWorkGroup on *
    actual:
      description: What AWS has; none for what is missing.
      type: str
      returned: always
      sample: null
"""

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _arguments,
    _aws_module,
    _policy_run,
)


def main() -> None:
    _aws_module.run_module(
        _policy_run.prepare_policy,
        argument_spec=_arguments.POLICY,
        required_if=[("state", "present", ["output_location"])],
    )


if __name__ == "__main__":
    main()
