#!/usr/bin/python
# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: lf_grant
version_added: 1.0.0
short_description: Keep the AWS Lake Formation grants of a principal
description:
  - Grants permissions of AWS Lake Formation to one principal, as a set, and revokes what is too much where
    O(purge=true) says so.
  - What is wanted and what Lake Formation lists are compared permission by permission, column by column and value by
    value, so that the many shapes in which Lake Formation lists a grant are no differences. SELECT on a table, for
    instance, is listed as SELECT on all its columns.
  - Only explicit grants count. What a principal may do through C(IAM_ALLOWED_PRINCIPALS) or as a data lake
    administrator is neither taken for a grant nor revoked.
  - Permissions are granted before any is revoked. Where AWS takes the new grant only after the old one is gone (a
    table as a whole against a list of its columns, one list of excluded columns against another), the principal loses
    that table for as long as it takes to grant it again, and no other. The same holds where AWS turns out not to
    revoke a grant option, or part of a list, by itself.
  - What was written is read again. What did not become what it should fails the task, with what was done and what was
    not; the next run finishes it.
options:
  principal:
    description:
      - Who holds the grants. The ARN of an IAM user or role, of a user or group of IAM Identity Center, SAML or Amazon
        QuickSight, of an organisation or organisational unit; the 12 digits of an account; V(IAM_ALLOWED_PRINCIPALS);
        or V(ACCOUNT:IAMPrincipals), all users and roles of that account.
      - Required, unless O(iam_name) names an IAM user or role of the caller's account.
    type: str
  iam_type:
    description:
      - The kind of O(iam_name).
    type: str
    choices: [user, role]
  iam_name:
    description:
      - The name of an IAM user or role of the caller's account, instead of O(principal). Its ARN is looked up.
    type: str
  iam_path:
    description:
      - The path of O(iam_name), for the ARN of one that does not exist (any more). Grants outlive whom they are for.
      - The default is V(/).
    type: str
  catalog_id:
    description:
      - The account whose Data Catalog the grants are in. The default is the account of the credentials in use.
      - A federated catalog is named in O(grants[].catalog_id).
    type: str
  state:
    description:
      - V(present) grants what is listed.
      - V(absent) revokes what is listed, each permission together with its grant option. Nothing else is revoked; what
        is listed and not held is fine. V(ALL) is a permission beside the others, which stay when it is revoked.
      - Where a database or table does not exist, V(absent) tries to revoke what Lake Formation still lists on it, and
        warns of what it cannot. What is listed only because the principal holds V(ALL) is warned of too, and stays.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Whether to revoke what the principal holds and O(grants) does not list, within O(purge_scope). Grants of other
        principals are never touched, nor are those of a data lake administrator.
      - Beside V(ALL), its parts are neither missing nor too much, as Lake Formation may list them with it.
      - What is listed on databases, tables or columns that do not exist any more is no difference, as Lake Formation
        does not revoke it. The task warns of it, because it holds again when they are made again.
    type: bool
    default: false
  purge_scope:
    description:
      - Where O(purge) looks. Each choice covers the ones before it.
      - V(resources) are the resources that O(grants) names. A table is named with its columns, an LF-tag with all its
        values. All tables of a database (C("*")) are a resource of their own, not each of the tables.
      - V(databases) is all in the databases that O(grants) names, and in O(purge_databases).
      - V(principal) is everything that the principal holds in the catalog O(catalog_id). Of federated catalogs, and of
        other accounts' catalogs, neither V(databases) nor V(principal) covers more than the resources that O(grants)
        names, because Lake Formation is not known to list them otherwise; the task warns of entries in such catalogs.
      - V(databases) and V(principal) read the account-wide list of all grants to its end.
    type: str
    choices: [resources, databases, principal]
    default: resources
  purge_databases:
    description:
      - More databases for O(purge_scope=databases), by name. They need not exist, so that a name with a typing error
        goes unnoticed.
    type: list
    elements: str
  output_location:
    description:
      - The S3 Output Location of the connection, C(s3://bucket[/prefix]). When given, the task warns where it is
        registered with Lake Formation, as Athena cannot write results to such a location. It looks when there is
        something to grant.
    type: str
  grants:
    description:
      - The grants. Each entry names one or more resources, and the permissions on them.
      - An empty list grants nothing; with O(purge=true) it wants O(purge_scope=principal), or O(purge_scope=databases)
        with O(purge_databases).
    type: list
    elements: dict
    required: true
    suboptions:
      database:
        description:
          - The database; without O(grants[].tables) the database itself. Names are folded to lowercase, as AWS Glue
            does.
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
          - Tables (or databases, see O(grants[].resource_type)) by their LF-tags. A dictionary of each key with its
            value or values, or the list of the API with C(TagKey) and C(TagValues).
        type: raw
      resource_type:
        description:
          - What O(grants[].lf_tags) stands for. The default is V(table).
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
          - With V(false) the resources of this entry are left out of O(purge), whatever its scope, unless another
            entry names them too.
        type: bool
        default: true
notes:
  - "The identity that runs the task needs C(lakeformation:ListPermissions), C(lakeformation:GetDataLakeSettings),
    C(lakeformation:BatchGrantPermissions), C(lakeformation:BatchRevokePermissions),
    C(lakeformation:ListDataCellsFilter), C(glue:GetDatabase), C(glue:GetTable) and C(glue:GetTables); for the warnings
    also C(lakeformation:ListResources) and C(lakeformation:ListLakeFormationOptIns); with O(iam_name) also
    C(iam:GetUser) or C(iam:GetRole)."
  - To grant to other accounts, organisations or organisational units it needs C(glue:PutResourcePolicy) and the
    actions of AWS Resource Access Manager in the AWS managed policy C(AWSLakeFormationCrossAccountManager) as well.
  - It must be a data lake administrator, or hold what it grants with the grant option. An identity that is no
    administrator sees only grants that it may make itself; the task warns of that.
  - The grants are read by one list for each resource, or by the pages of the list of their type where there are more
    than five. Such a list is given up after as many pages as there are resources, so that it takes no more than twice
    the smaller number of calls.
  - Databases, tables, columns and data cells filters must exist where something is to be granted on them. In check
    mode those that do not are a warning, as an earlier task may be about to create them.
  - Where O(purge) is about to revoke columns, or anything with V(databases) or V(principal) as O(purge_scope), the task
    asks AWS Glue whether these exist, as far as it is allowed to.
  - The task warns of what makes grants less or more than they look. In every run, as far as its own lists and the data
    lake settings show it, of C(IAM_ALLOWED_PRINCIPALS) or C(ACCOUNT:IAMPrincipals) that hold permissions where
    something is granted, of C(IAM_ALLOWED_PRINCIPALS) in the settings for new tables, of a principal that is a data
    lake administrator, of a caller that is none, and of grants on what does not exist.
  - Other warnings take calls of their own and are made only where something is to be granted. They are of hybrid
    access mode without opt-in, of tables that are not registered with Lake Formation, of O(output_location), of a
    resource link without SELECT on its target, and of no DESCRIBE on the database C(default). There, up to five more
    lists also look for C(IAM_ALLOWED_PRINCIPALS) on the databases around, on all tables, and on a table of C("*").
  - In check mode the task also warns where AWS may refuse what it says would be granted, because of another shape
    (the table as a whole, its columns) that is held or asked for too.
author:
  - qualytics.athena contributors (@qualytics)
seealso:
  - module: qualytics.athena.athena_perm_policy
  - name: Lake Formation permissions reference
    description: Which permissions there are on which resources.
    link: https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html
  - name: Considerations for Athena with Lake Formation
    description: What queries need beside the grants on their tables.
    link: https://docs.aws.amazon.com/athena/latest/ug/lf-athena-limitations.html
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
- name: Let the role read one database and all its tables, those to come included
  qualytics.athena.lf_grant:
    principal: arn:aws:iam::123456789012:role/qualytics-athena-target
    grants:
      - database: sales
      - database: sales
        tables: "*"
        permissions: [DESCRIBE, SELECT]
    region: us-east-1

- name: Narrow it to what is needed, and take away what is too much in the database
  qualytics.athena.lf_grant:
    principal: arn:aws:iam::123456789012:role/qualytics-athena-target
    purge: true
    purge_scope: databases
    grants:
      - database: sales
      - database: sales
        tables: [orders]
      - database: sales
        tables: [customers]
        excluded_columns: [ssn]
    region: us-east-1

- name: Let a user of this account, by name, see a database and, where there is one, the database default
  qualytics.athena.lf_grant:
    iam_type: user
    iam_name: qualytics
    grants:
      - database: sales
      - database: default
        if_exists: true
        purge: false
    region: us-east-1

- name: See what has drifted
  qualytics.athena.lf_grant:
    principal: arn:aws:iam::123456789012:role/qualytics-athena-target
    purge: true
    purge_scope: principal
    grants:
      - database: sales
    region: us-east-1
  check_mode: true
  diff: true
  register: grants

- name: Grant by LF-tags, and in the API's own shape what has no word here
  qualytics.athena.lf_grant:
    principal: arn:aws:iam::123456789012:role/qualytics-athena-target
    grants:
      - lf_tags:
          domain: [sales]
        permissions: [DESCRIBE, SELECT]
      - resource:
          LFTag:
            TagKey: domain
            TagValues: ["*"]
        permissions: [DESCRIBE]
    region: us-east-1

- name: Let Lake Formation fence the table, by taking it away from everybody
  qualytics.athena.lf_grant:
    principal: IAM_ALLOWED_PRINCIPALS
    state: absent
    grants:
      - database: sales
        tables: [orders]
        permissions: [ALL]
    region: us-east-1

- name: Take everything away from the role, in this catalog
  qualytics.athena.lf_grant:
    principal: arn:aws:iam::123456789012:role/qualytics-athena-target
    purge: true
    purge_scope: principal
    grants: []
    region: us-east-1
"""

RETURN = r"""
principal:
  description: >-
    Who holds the grants; the ARN of O(iam_name). None where O(iam_name) is given and O(grants) asks for nothing: nobody
    is looked up for that.
  returned: always, except on failures before anything was written
  type: str
  sample: arn:aws:iam::123456789012:role/qualytics-athena-target
grants:
  description: >-
    What the options ask for, in the form of O(grants), with one entry for all tables of a database on which the same is
    granted; nothing when O(state=absent). O(grants[].if_exists) and O(grants[].purge) are not repeated.
  returned: always, except on failures before anything was written
  type: list
  elements: dict
  sample:
    - catalog_id: "123456789012"
      database: sales
      tables: [customers, orders]
      permissions: [SELECT]
      grantable: []
observed_grants:
  description: >-
    What the principal held before the task on the resources that the options name, and where something is revoked, in
    the same form. It can be given as O(grants), but for what O(grants) refuses, such as a grant option without its
    permission.
  returned: always, except on failures before anything was written
  type: list
  elements: dict
  sample: []
granted:
  description: >-
    What was granted, or in check mode would be, in the shape of requests of Lake Formation's API, with C(CatalogId)
    where O(catalog_id) is given.
  returned: always, except on failures before anything was written
  type: list
  elements: dict
  sample:
    - Principal: {"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:role/qualytics-athena-target"}
      Resource: {"Table": {"CatalogId": "123456789012", "DatabaseName": "sales", "Name": "orders"}}
      Permissions: [SELECT]
      PermissionsWithGrantOption: []
revoked:
  description: >-
    What was revoked, or in check mode would be, in the same shape. An entry without C(Permissions) is about the grant
    option only.
  returned: always, except on failures before anything was written
  type: list
  elements: dict
  sample: []
check_mode:
  description: Whether the task ran in check mode, so that C(changed) and RV(drift) say what would be done.
  returned: success
  type: bool
  sample: false
drift:
  description: >-
    What differed from the options, one entry for each permission and grant option on a resource. In check mode it is
    what would change, otherwise what was repaired. When the task fails midway, it is what was repaired before.
  returned: always, except on failures before anything was written
  type: list
  elements: dict
  contains:
    subject:
      description: The principal.
      type: str
      returned: always
      sample: arn:aws:iam::123456789012:role/qualytics-athena-target
    aspect:
      description: V(grant) or V(grant_option).
      type: str
      returned: always
      sample: grant
    kind:
      description: V(missing) or V(extra).
      type: str
      returned: always
      sample: missing
    expected:
      description: What is listed and not held; none for what is extra.
      type: str
      returned: always
      sample: SELECT on table sales.orders (columns amount, id)
    actual:
      description: What is held and not listed; none for what is missing.
      type: str
      returned: always
      sample: null
not_done:
  description: >-
    What is left to do, as in RV(drift). It includes what was revoked together with the rest of its list and could not
    be granted again.
  returned: on failures after something was written, or refused
  type: list
  elements: dict
  sample: []
"""

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _arguments,
    _aws_module,
    _grants_run,
)


def main() -> None:
    _aws_module.run_module(
        _grants_run.prepare_grants,
        argument_spec=_arguments.GRANTS,
        mutually_exclusive=[("principal", "iam_name")],
        required_one_of=[("principal", "iam_name")],
        required_together=[("iam_type", "iam_name")],
        required_by={"iam_path": ["iam_name"]},
    )


if __name__ == "__main__":
    main()
