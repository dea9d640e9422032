#!/usr/bin/python
# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: athena_discovery_info
version_added: 1.0.0
short_description: Find the encryption keys and the source data of an Athena connection
description:
  - Finds the KMS keys that encrypt the results, the Glue Data Catalog and the source data, and where the files of the
    tables are.
  - Says of every table whether its files are read through Lake Formation, through S3 with the identity's own
    permissions, or not at all, and why.
  - Puts together the options O(qualytics.athena.athena_perm_policy#module:kms_keys) and
    O(qualytics.athena.athena_perm_policy#module:source_locations) from what was given here and what was found. It
    writes nothing; whether a policy is made of them is for whoever uses RV(policy_options).
  - Whoever may create a table in Glue decides where its files are said to be. A location is therefore proposed only
    within O(allowed_source_buckets), exactly as it was found, and never with wildcards, policy variables or control
    characters. Keys of other accounts are proposed only where O(kms_key_accounts) lists the account. All else is in
    RV(not_allowed).
  - A database, workgroup or bucket that does not exist is a warning, as an earlier task may be about to create it.
  - A listing that cannot be read to its end, for instance because AWS throttles it, fails the task.
author:
  - qualytics.athena contributors (@qualytics)
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
options:
  output_location:
    description:
      - The S3 Output Location as in the connection form, C(s3://bucket) or C(s3://bucket/prefix).
    type: str
    required: true
  expected_bucket_owner:
    description:
      - The id of the account that must own the results bucket.
      - The default is the account of the credentials in use.
    type: str
  workgroup:
    description:
      - The workgroup in which the queries run. Its key is that of the results where it enforces its settings.
      - Where it names a key without enforcing it, both that key and the bucket's are found, as AWS does not document
        which applies.
      - With an empty string no workgroup is looked at.
    type: str
    default: primary
  databases:
    description:
      - The Glue databases whose tables are looked at. The default is all databases of the catalog.
    type: list
    elements: str
  data_catalogs:
    description:
      - The Athena data catalogs of the connection, as in
        O(qualytics.athena.athena_perm_policy#module:data_catalogs).
      - Only V(AwsDataCatalog) is looked into. Any other one is RV(unknown).
    type: list
    elements: str
  catalog_id:
    description:
      - The account whose Glue Data Catalog is looked at. The default is the account of the credentials in use.
    type: str
  kms_keys:
    description:
      - The ARNs of KMS keys that the policy is to name in any case.
    type: dict
    suboptions:
      results:
        description: Keys of the query results.
        type: list
        elements: str
      sources:
        description: Keys of the source data.
        type: list
        elements: str
      catalog:
        description: Keys of the Glue Data Catalog's metadata.
        type: list
        elements: str
  kms_key_accounts:
    description:
      - The ids of other accounts whose KMS keys may be given or proposed.
    type: list
    elements: str
    default: []
  source_locations:
    description:
      - S3 locations that the policy is to name in any case, inside or outside O(allowed_source_buckets).
      - Keys of locations outside of it are not looked for; name them in O(kms_keys.sources). That is the way for a
        bucket of another account that does not show its encryption.
    type: list
    elements: str
  allowed_source_buckets:
    description:
      - Within which buckets source data may be proposed, each as C(bucket), C(s3://bucket) or C(s3://bucket/prefix).
      - A bucket that is allowed whole is allowed for every table that anybody says is there, so name prefixes where you
        can.
      - With an empty list, and without the option, nothing is allowed. Without it the keys of all source buckets are
        looked at nevertheless; with it, those of the allowed ones only.
    type: list
    elements: str
  lake_formation:
    description:
      - Whether the identity is given C(lakeformation:GetDataAccess), as in
        O(qualytics.athena.athena_perm_policy#module:lake_formation).
      - With V(false) it is a warning that Lake Formation hands out the files of a table.
    type: bool
    default: false
  fail_on_unknown:
    description:
      - Whether the task fails where something may not be looked at, so that RV(unknown) has an entry.
      - Set it where a policy is made of RV(policy_options). What is not seen is missing there, so that a policy that
        is kept that way would lose it.
    type: bool
    default: false
notes:
  - "The identity that runs this task needs C(athena:GetWorkGroup), C(s3:GetEncryptionConfiguration) on the buckets,
    C(glue:GetDatabase) or, without O(databases), C(glue:GetDatabases), C(glue:GetTables), C(glue:GetPartitions),
    C(glue:GetDataCatalogEncryptionSettings), C(lakeformation:ListResources) and C(lakeformation:GetDataLakeSettings),
    and C(kms:DescribeKey) on keys that are not named by their ARN. Where Lake Formation has administrators, it must be
    one of them, a read-only one will do: Lake Formation leaves out of Glue's listings what others may not see, and does
    not tell."
  - A table that is dropped and created anew at the moment of the listing is not found. Give the locations of such
    tables in O(source_locations), which are kept whatever is found.
  - Each table with partitions takes one call for a thousand of them, but for those with partition projection and those
    of Apache Iceberg. The other tables take one call for a hundred.
  - Resource links, views, the lists of files of symlink tables, and data files of Apache Iceberg outside the paths in
    the table's properties are not followed. RV(tables) says so.
seealso:
  - module: qualytics.athena.athena_perm_policy
  - module: qualytics.athena.lf_grant
  - name: Partition projection
    description: Where the files are whose partitions Glue does not know.
    link: https://docs.aws.amazon.com/athena/latest/ug/partition-projection-setting-up.html
  - name: Hybrid access mode
    description: When Lake Formation hands out files, and when S3 does.
    link: https://docs.aws.amazon.com/lake-formation/latest/dg/hybrid-access-mode.html
"""

EXAMPLES = r"""
- name: See what a connection would need
  qualytics.athena.athena_discovery_info:
    output_location: s3://example-athena-results/qualytics/
    databases: [sales]
    region: us-east-1
  register: discovery

- name: Show the tables that need permissions on S3
  ansible.builtin.debug:
    msg: "{{ discovery.tables | selectattr('through', 'in', ['s3', 'both']) }}"

- name: Find what may be written into a policy, or fail
  qualytics.athena.athena_discovery_info:
    output_location: s3://example-athena-results/qualytics/
    databases: [sales]
    allowed_source_buckets:
      - s3://example-data-lake/sales
    fail_on_unknown: true
    region: us-east-1
  register: discovery

- name: Write it
  qualytics.athena.athena_perm_policy:
    name: qualytics-athena
    iam_type: user
    iam_name: qualytics
    output_location: s3://example-athena-results/qualytics/
    databases: [sales]
    kms_keys: "{{ discovery.policy_options.kms_keys }}"
    source_locations: "{{ discovery.policy_options.source_locations | default(omit, true) }}"
    region: us-east-1
"""

RETURN = r"""
found:
  description: What was found, whether it is allowed or not.
  returned: always, unless an option is refused or a call fails
  type: dict
  contains:
    results_key:
      description:
        - The ARN of the customer managed key of the results bucket, or of the workgroup where it enforces its settings.
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
        - The locations where the identity needs its own permissions on S3, without those that lie within another one.
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
tables:
  description: The tables of the databases, sorted.
  returned: always, unless an option is refused or a call fails
  type: list
  elements: dict
  contains:
    database:
      description: The name of the database.
      returned: always
      type: str
      sample: sales
    table:
      description: The name of the table; empty for all tables of a database that is a resource link.
      returned: always
      type: str
      sample: orders
    kind:
      description: V(table), V(view) or V(link).
      returned: always
      type: str
      sample: table
    locations:
      description: Where its files are, the partitions that lie outside the table's own location included.
      returned: always
      type: list
      elements: str
      sample: ["s3://example-data-lake/sales/orders/"]
    through:
      description:
        - V(lake_formation) where Lake Formation hands out the files, V(s3) where the identity needs its own permissions
          on S3, V(both) where it may be one or the other, or is not the same for all locations, and V(none) where
          nothing that is found here makes it readable.
      returned: always
      type: str
      sample: s3
    reason:
      description: Why.
      returned: always
      type: str
      sample: not registered with Lake Formation, so that the identity needs its own permissions on S3
policy_options:
  description: Options for M(qualytics.athena.athena_perm_policy), of what was given and what was found and is allowed.
  returned: always, unless an option is refused or a call fails
  type: dict
  contains:
    kms_keys:
      description: The lists C(results), C(sources) and C(catalog); one that would be empty is left out.
      returned: always
      type: dict
      sample: {"results": ["arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]}
    source_locations:
      description: The S3 locations, which may be none.
      returned: always
      type: list
      elements: str
      sample: ["s3://example-data-lake/sales/orders/"]
not_allowed:
  description: What was found and is not proposed.
  returned: always, unless an option is refused or a call fails
  type: list
  elements: dict
  contains:
    location:
      description: The location as the catalog has it, or whose key it is.
      returned: always
      type: str
      sample: s3://example-other-bucket/orders/
    tables:
      description: The tables whose files are there.
      returned: always
      type: list
      elements: str
      sample: ["sales.orders"]
    reason:
      description: Why it is not proposed.
      returned: always
      type: str
      sample: is not within allowed_source_buckets
unknown:
  description: What may not be looked at, so that it is neither found nor absent.
  returned: always, unless an option is refused or a call fails
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
"""

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _arguments,
    _aws_module,
    _discovery_run,
)


def main() -> None:
    _aws_module.run_module(_discovery_run.prepare_discovery, argument_spec=_arguments.DISCOVERY)


if __name__ == "__main__":
    main()
