#!/usr/bin/python
# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: athena_connection
version_added: 1.0.0
short_description: Keep the whole access of one Athena connection
description:
  - Makes sure that the identity behind a connection to Amazon Athena has the access that it needs, and no more, in one
    task.
  - Runs what the modules M(qualytics.athena.athena_discovery_info), M(qualytics.athena.s3_results_bucket_check),
    M(qualytics.athena.athena_role_trust), M(qualytics.athena.athena_perm_policy), M(qualytics.athena.lf_grant) and
    M(qualytics.athena.athena_access_check) do, in that order and as far as the options ask for it, on one session, so
    that a connection costs the start of one module. Options without a default here have theirs, and are described there
    in full.
  - All options are read before the first call, so that bad input leaves everything as it is.
  - The role P(qualytics.athena.athena_access#role) calls this module with its variables.
options:
  connection:
    description:
      - The name of the connection in results and messages.
    type: str
    required: true
  auth_mode:
    description:
      - How the product authenticates. With V(access_key) the permissions are carried by the IAM user behind the access
        key that is entered in the connection form. With V(iam_role) they are carried by the target role whose ARN is
        entered there, and which the product's base role assumes.
    type: str
    choices: [access_key, iam_role]
    required: true
  state:
    description:
      - V(present) makes the access of the connection what the options say.
      - V(absent) takes the access away. The IAM user and the results bucket are left as they are; the target role is
        deleted, unless something else is in it.
      - V(compared) writes nothing and says what V(present) would change. Unlike check mode it takes what is not there
        for missing, as no earlier task would make it.
      - V(verified) changes nothing either and says whether the connection will work, as
        M(qualytics.athena.athena_access_check) does.
    type: str
    choices: [present, absent, compared, verified]
    default: present
  user_name:
    description:
      - The name of the IAM user behind the access key. It must exist. Required when O(auth_mode=access_key).
    type: str
  role_name:
    description:
      - The name of the target role. It is created where it does not exist. Required when O(auth_mode=iam_role).
    type: str
  trusted_principals:
    description:
      - Who may assume the target role, mostly the ARN of the base role with its path. Required when
        O(auth_mode=iam_role) and O(state=present).
    type: list
    elements: str
  external_id:
    description:
      - The external id of the connection form, which has to be given to assume the target role.
    type: str
  purge_trust:
    description:
      - Whether statements of the role's trust policy that are not the connection's are removed.
    type: bool
  base_role_name:
    description:
      - The name of the base role, where it is in the same account, to let it assume exactly this target role. The owner
        of a base role in another account needs C(base_role_policy) of the result.
    type: str
  permissions_boundary:
    description:
      - The ARN of the managed policy that is the target role's permissions boundary. Empty for none.
    type: str
  max_session_duration:
    description:
      - For how many seconds a session of the target role may last at most.
    type: int
  role_path:
    description:
      - The path of the target role. The default is O(path).
    type: str
  role_description:
    description:
      - The description of the target role. The default is O(description).
    type: str
  role_tags:
    description:
      - The tags of the target role. The default is O(tags).
    type: dict
  output_location:
    description:
      - The S3 Output Location of the connection form, C(s3://bucket[/prefix]). The bucket must exist. Required when
        O(state=present).
    type: str
  expected_bucket_owner:
    description:
      - The id of the account that must own the results bucket. The default is the caller's account.
    type: str
  workgroup:
    description:
      - The workgroup in which the connection's queries run, for the check of the results bucket. The default is
        V(primary), as the vendor's connection names none. Empty to leave the workgroup out of the check.
    type: str
  principal:
    description:
      - The ARN of the identity that uses the results bucket, to judge the statements of the bucket policy.
    type: str
  fail_on:
    description:
      - The statuses of a check that fail the task. The default is V(fail).
    type: list
    elements: str
    choices: [warn, fail, unknown]
    default: [fail]
  verify:
    description:
      - Whether to see, after the connection was provisioned, whether it will work, as with O(state=verified). In check
        mode and with O(state=compared) only where nothing is left to change.
    type: bool
    default: false
  simulate:
    description:
      - Whether a verification asks IAM what the identity may do.
    type: bool
  live:
    description:
      - Whether a verification also queries as the identity itself. What its queries write is listed in the result, and
        stays in the results bucket.
    type: bool
  live_profile:
    description:
      - The profile with the credentials that the product uses, for O(live=true). Those of the IAM user with
        O(auth_mode=access_key), those of the base role with O(auth_mode=iam_role).
    type: str
  live_access_key:
    description:
      - The access key id that the product uses, instead of O(live_profile).
    type: str
  live_secret_key:
    description:
      - The secret access key that goes with O(live_access_key).
    type: str
  live_session_token:
    description:
      - The session token that goes with O(live_access_key), if there is one.
    type: str
  policy_name:
    description:
      - The name of the policy. The default is C(qualytics-athena-) and the name of the identity.
      - Connections that share an identity need a name each, as a policy is exactly what one connection asks for.
    type: str
  policy_type:
    description:
      - Whether the policy is a customer managed policy or an inline policy of the identity.
    type: str
    choices: [managed, inline]
  path:
    description:
      - The path of the managed policy.
    type: str
  description:
    description:
      - The description of the managed policy.
    type: str
  tags:
    description:
      - The tags of the managed policy and of the target role.
    type: dict
    aliases: [resource_tags]
  purge_tags:
    description:
      - Whether tags that O(tags) does not name are removed.
    type: bool
  workgroups:
    description:
      - The workgroups in which queries may run. The default is any.
    type: list
    elements: str
  data_catalogs:
    description:
      - The Athena data catalogs whose metadata may be read. The default is any.
    type: list
    elements: str
  databases:
    description:
      - The Glue databases whose tables may be read. The default is any.
    type: list
    elements: str
  kms_keys:
    description:
      - The KMS keys that encrypt what the connection reads and writes, with the lists V(results), V(sources) and
        V(catalog) of key ARNs.
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
  source_locations:
    description:
      - Where the files of the tables are. Needed for every table whose location is not registered with Lake Formation.
    type: list
    elements: str
  use_discovered:
    description:
      - Whether the policy also gets the keys of the results, of the Data Catalog and of the source data, and the source
        locations, that M(qualytics.athena.athena_discovery_info) finds.
      - What was found before and is not found any more, as its table is gone or Lake Formation hands it out now, is
        taken out again. What O(kms_keys) and O(source_locations) name stays.
      - The task fails where something may not be looked at, as it would be missing in the policy.
    type: bool
    default: false
  allowed_source_buckets:
    description:
      - >-
        Within which buckets or prefixes source data that is found may be put into the policy. The default is nowhere:
        whoever may create a table in Glue says where its files are.
    type: list
    elements: str
  restrict_listing:
    description:
      - Whether buckets may be listed below the named prefixes only.
    type: bool
  lake_formation:
    description:
      - Whether Lake Formation governs some of the data. With O(lake_formation_grants) it always is so; this is for
        grants that are made elsewhere.
    type: bool
  lake_formation_grants:
    description:
      - The grants of the connection's identity in Lake Formation, each entry as in the option C(grants) of
        M(qualytics.athena.lf_grant). Without the option Lake Formation is left alone.
      - DESCRIBE on the database V(default) is granted with them where that exists, as Athena looks at it whatever the
        query names; it is never purged. When the connection is removed, a user keeps it, as another connection may need
        it.
    type: list
    elements: dict
    suboptions:
      database:
        description:
          - The database; without O(lake_formation_grants[].tables) the database itself. Names are folded to lowercase,
            as AWS Glue does.
        type: str
      tables:
        description:
          - The tables in the database. A list of names, one name, or V(*) for all tables, those to come included.
        type: raw
      columns:
        description:
          - Columns of the one table that is named. They take SELECT only.
        type: list
        elements: str
      excluded_columns:
        description:
          - All columns of the one table that is named but these. They take SELECT only.
        type: list
        elements: str
      data_cells_filter:
        description:
          - A data cells filter of the one table that is named.
        type: str
      lf_tags:
        description:
          - Tables (or databases, see O(lake_formation_grants[].resource_type)) by their LF-tags. A dictionary of each
            key with its value or values, or the list of the API with C(TagKey) and C(TagValues).
        type: raw
      resource_type:
        description:
          - What O(lake_formation_grants[].lf_tags) stands for. The default is V(table).
        type: str
        choices: [table, database]
      catalog_id:
        description:
          - The catalog that the resource is in, where that is not O(catalog_id). The account of a resource link's
            target, or a federated catalog as C(ACCOUNT:CATALOG/PATH).
        type: str
      resource:
        description:
          - The resource in the shape of Lake Formation's API, instead of all the above. One of C(Catalog),
            C(Database), C(Table), C(TableWithColumns), C(DataCellsFilter), C(DataLocation), C(LFTag), C(LFTagPolicy)
            and C(LFTagExpression).
        type: dict
      permissions:
        description:
          - The permissions, as the API names them. What the console calls "Super" is V(ALL).
          - The default is DESCRIBE for a database, an LF-tag and an LF-tag expression, SELECT for tables, columns and
            data cells filters, and DATA_LOCATION_ACCESS for a data location. A catalog has none.
        type: list
        elements: str
      grantable:
        description:
          - Those of the permissions that the principal may grant on.
        type: list
        elements: str
      condition:
        description:
          - A Cedar expression under which the grant holds. It is part of what the grant is; another condition is
            another grant.
        type: raw
      if_exists:
        description:
          - With V(true) the entry is left out where its database or table does not exist.
        type: bool
        default: false
      purge:
        description:
          - With V(false) the resources of this entry are left out of O(lake_formation_purge), whatever its scope,
            unless another entry names them too.
        type: bool
        default: true
  lake_formation_purge:
    description:
      - Whether what the identity holds and O(lake_formation_grants) does not list is revoked.
    type: bool
  lake_formation_purge_scope:
    description:
      - Where to look for what is to be revoked.
    type: str
    choices: [resources, databases, principal]
  lake_formation_purge_databases:
    description:
      - More databases for O(lake_formation_purge_scope=databases).
    type: list
    elements: str
  catalog_id:
    description:
      - The account whose Data Catalog the grants are in, and which O(use_discovered) looks at. The default is the
        caller's account.
    type: str
  result_streaming:
    description:
      - Whether the driver may stream results from Athena. AWS asks for the permission for all connections through the
        JDBC 3.x driver, which falls back to it.
    type: bool
    default: true
  list_data_catalogs:
    description:
      - Whether the driver may browse data catalogs.
    type: bool
  variable_prefix:
    description:
      - What messages put before the name of an option. The role P(qualytics.athena.athena_access#role) calls its
        variables so.
    type: str
    default: ""
  variables:
    description:
      - The names of the variables that are set. One that is not O(variable_prefix) and an option is misspelt, and
        refused, as what it was meant to say would not count. The role P(qualytics.athena.athena_access#role) names its
        variables so.
    type: list
    elements: str
    default: []
notes:
  - The identity that runs the task needs the permissions that the modules of its steps name.
  - A step that fails ends the task, with what was done before it in RV(result). When nothing is written, a results
    bucket that fails its check does not keep the other steps from being told.
author:
  - qualytics.athena contributors (@qualytics)
seealso:
  - module: qualytics.athena.athena_perm_policy
  - module: qualytics.athena.athena_role_trust
  - module: qualytics.athena.lf_grant
  - module: qualytics.athena.s3_results_bucket_check
  - module: qualytics.athena.athena_access_check
requirements:
  - python >= 3.11
  - boto3 >= 1.38.28
  - botocore >= 1.38.28
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - qualytics.athena._attributes
  - qualytics.athena._attributes.provisioning
  - qualytics.athena._attributes.progress
"""

EXAMPLES = r"""
- name: Give a role what a connection needs, with Lake Formation
  qualytics.athena.athena_connection:
    connection: sales
    auth_mode: iam_role
    role_name: qualytics-athena-target
    trusted_principals: [arn:aws:iam::123456789012:role/qualytics-dataplane]
    external_id: 3f1c9a52-qualytics
    output_location: s3://example-athena-results/connection
    databases: [sales]
    lake_formation_grants:
      - database: sales
      - database: sales
        tables: "*"
    region: us-east-1

- name: See what differs from that of a user, without writing
  qualytics.athena.athena_connection:
    connection: hr
    auth_mode: access_key
    state: compared
    user_name: qualytics
    output_location: s3://example-athena-results/connection
    region: us-east-1
  register: hr

- name: Say it in a line
  ansible.builtin.debug:
    msg: "{{ hr.result.connection }}: {{ hr.result.status }}, {{ hr.drift | length }} differences"

- name: See whether the connection will work
  qualytics.athena.athena_connection:
    connection: hr
    auth_mode: access_key
    state: verified
    user_name: qualytics
    output_location: s3://example-athena-results/connection
    fail_on: []
    region: us-east-1

- name: Take the access away
  qualytics.athena.athena_connection:
    connection: hr
    auth_mode: access_key
    state: absent
    user_name: qualytics
    region: us-east-1
"""

RETURN = r"""
result:
  description: How the connection stands. The role P(qualytics.athena.athena_access#role) makes it a fact.
  returned: always
  type: dict
  contains:
    connection:
      description: The name of the connection.
      type: str
      returned: always
    auth_mode:
      description: The authentication mode of the connection.
      type: str
      returned: always
    status:
      description: >-
        V(in_sync) when nothing differs, V(changed) when it was repaired, V(drift) when check mode found that something
        differs, and V(failed) when a step failed.
      type: str
      returned: always
    summary:
      description: How the connection stands, in a line for people, for instance the subject of a mail.
      type: str
      returned: always
    changed:
      description: Whether a step changed something, or would have.
      type: bool
      returned: always
    check_mode:
      description: Whether a step ran in check mode, so that C(drift) says what would be done, and not what was.
      type: bool
      returned: always
    drift:
      description: What differed, as the modules return it.
      type: list
      returned: always
      elements: dict
    drift_lines:
      description: A line for people for each entry of C(drift).
      type: list
      returned: always
      elements: str
    counts:
      description: How many of each kind of drift and of each status of a check.
      type: dict
      returned: always
    checks:
      description: The answers of the checking modules.
      type: list
      returned: always
      elements: dict
    warnings:
      description: What the modules warned of.
      type: list
      returned: always
      elements: str
    policy:
      description: The policy, as the module P(qualytics.athena.athena_perm_policy#module) returns it.
      type: dict
      returned: always
    role:
      description: >-
        The role that carries the permissions, as the module P(qualytics.athena.athena_role_trust#module) returns it;
        none with an access key.
      type: dict
      returned: always
    base_role_policy:
      description: >-
        The document that lets a base role of another account assume the role; none with an access key.
      type: dict
      returned: always
    bucket:
      description: The results bucket, as the module P(qualytics.athena.s3_results_bucket_check#module) returns it.
      type: dict
      returned: always
    observed_policy:
      description: >-
        The policy document as it was before the run, as the module P(qualytics.athena.athena_perm_policy#module)
        returns it; none where there was none.
      type: raw
      returned: always
    observed_trust:
      description: >-
        The trust policy as it was before the run, as the module P(qualytics.athena.athena_role_trust#module) returns
        it; none where there was none.
      type: dict
      returned: always
    principal:
      description: The ARN of whoever holds the grants in Lake Formation; none where none were looked at.
      type: str
      returned: always
    grants:
      description: >-
        The grants in Lake Formation that are asked for, as the module P(qualytics.athena.lf_grant#module) returns them.
      type: list
      returned: always
      elements: dict
    observed_grants:
      description: >-
        What was held of them, and beside them on the same resources, before the run.
      type: list
      returned: always
      elements: dict
    granted:
      description: What was granted in Lake Formation.
      type: list
      returned: always
      elements: dict
    revoked:
      description: What was revoked in Lake Formation.
      type: list
      returned: always
      elements: dict
    tables:
      description: >-
        Which tables can be read and how, as the module P(qualytics.athena.athena_access_check#module) returns it.
      type: list
      returned: always
      elements: dict
    discovered:
      description: >-
        What was found with O(use_discovered), with C(found), C(not_allowed) and C(unknown) as the module
        P(qualytics.athena.athena_discovery_info#module) returns them, or by a verification, with C(proposals) too, as
        the module P(qualytics.athena.athena_access_check#module) returns it; none where nobody looked.
      type: dict
      returned: always
    beyond:
      description: What the identity may do beyond the connection's policy.
      type: list
      returned: always
      elements: dict
    live:
      description: The queries and objects that a verification made; none without one.
      type: dict
      returned: always
    verdict:
      description: What a verification comes to, in a line for people; empty without one.
      type: str
      returned: always
    findings:
      description: A line for each check that did not pass, failures first.
      type: list
      returned: always
      elements: str
    error:
      description: Why a step failed; empty otherwise.
      type: str
      returned: always
drift:
  description: >-
    What differed from the options, as the modules of the steps return it. In check mode, and with O(state=compared), it
    is what would change, otherwise what was repaired.
  returned: always
  type: list
  elements: dict
  contains:
    subject:
      description: The ARN or name of what differs.
      type: str
      returned: always
      sample: arn:aws:iam::123456789012:policy/qualytics-athena-qualytics
    aspect:
      description: Which part of it.
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
      sample: "Allow athena:StartQueryExecution on *"
    actual:
      description: What AWS has; none for what is missing.
      type: str
      returned: always
      sample: null
checks:
  description: >-
    The answers of the checks of the results bucket and, where there was a verification, of the access, as the modules
    return them; empty where none was made.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: What was checked.
      returned: always
      type: str
      sample: bucket_region
    status:
      description: V(pass), V(warn), V(fail), or V(unknown) where the module was not allowed to look.
      returned: always
      type: str
      sample: fail
    detail:
      description: What was found.
      returned: always
      type: str
      sample: the bucket is in eu-west-1 and the queries run in us-east-1; Athena then calls it invalid
    remedy:
      description: What to do about it; empty with V(pass).
      returned: always
      type: str
      sample: Use a bucket in us-east-1, or run the queries (and this task) in eu-west-1
    reference:
      description: The page of the AWS documentation that the answer rests on.
      returned: always
      type: str
      sample: https://docs.aws.amazon.com/athena/latest/ug/troubleshooting-athena.html
"""

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _arguments,
    _aws_module,
    _connection_run,
)


def main() -> None:
    _aws_module.run_module(
        _connection_run.prepare_connection, argument_spec=_arguments.CONNECTION, **_arguments.LIVE_RULES
    )


if __name__ == "__main__":
    main()
