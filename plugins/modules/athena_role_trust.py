#!/usr/bin/python
# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: athena_role_trust
version_added: 1.0.0
short_description: Keep the target role of an Athena connection and who may assume it
description:
  - Makes the IAM role whose ARN is entered in the connection form (the target role), and keeps its settings and its
    trust policy. The base role (the identity of the dataplane) assumes it with C(sts:AssumeRole).
  - One statement of the trust policy belongs to the connection. It is known by its Sid or by asking for
    O(external_id); where there is none, a statement without Sid or conditions that was written by hand for the
    O(trusted_principals) alone is taken over. The others, those of services for instance, are left as they are unless
    O(purge_trust=true). Those that defeat the connection's are warned of.
  - A live trust policy that means the same is left alone. IAM keeps a trusted principal by its unique id and shows the
    ARN while the principal lives. When the principal is deleted, and also when it is made anew under its old name, IAM
    shows the unique id, and the new one is not trusted. That is drift here, although no ARN changed, and the trust is
    written again.
  - What the role may do is kept by M(qualytics.athena.athena_perm_policy).
options:
  role_name:
    description:
      - The name of the target role, without its path.
      - Service-linked roles and those of IAM Identity Center are refused, as only AWS alters them.
    type: str
    required: true
  state:
    description:
      - V(present) keeps the role, its trust and the base role's right to assume it.
      - V(absent) takes the base role's right away and deletes the role, with whatever trust it has. A role that still
        has policies or instance profiles is not deleted; the task then fails with their list, and nothing is changed.
    type: str
    choices: [present, absent]
    default: present
  path:
    description:
      - The path of the role. Without it, the role is taken from wherever it is, and is created under V(/).
      - AWS cannot change the path of a role. A difference is reported as drift, and fails the task before anything is
        written.
    type: str
  description:
    description:
      - The description of the role. Without the option it is left alone.
    type: str
  permissions_boundary:
    description:
      - The ARN of the managed policy that is the role's permissions boundary. Without the option the boundary is left
        alone; an empty text removes it.
    type: str
  max_session_duration:
    description:
      - For how many seconds a session of the role may last at most, V(3600) to V(43200). Without the option it is left
        alone; AWS gives a new role V(3600).
      - A base role that is itself a role gets one hour at most, whatever is set here, as AWS limits role chaining to
        that.
    type: int
  tags:
    description:
      - The tags of the role. Without the option, tags are left alone.
    type: dict
    aliases: [resource_tags]
  purge_tags:
    description:
      - Whether tags that O(tags) does not name are removed.
    type: bool
    default: true
  trusted_principals:
    description:
      - Who may assume the role, mostly the ARN of the base role with its path. An IAM user's ARN, an account's root ARN
        or an account id are accepted too; an account leaves it to its own administrators who may.
      - Wildcards, and ARNs of another partition than the role's, are refused.
      - Required when O(state=present).
    type: list
    elements: str
  external_id:
    description:
      - The external id that has to be given to assume the role, as in the connection form. It keeps a third party that
        serves others too from being made to use this role on their behalf. Trusting another account without it warns.
      - It is no secret to AWS, and is shown where the trust policy is.
    type: str
  purge_trust:
    description:
      - Whether statements of the trust policy that are not the connection's are removed.
    type: bool
    default: false
  base_role_name:
    description:
      - The name of the base role, where it is in the same account, to give it C(sts:AssumeRole) on exactly this role as
        an inline policy of its own. It must exist, and be one of O(trusted_principals) or of an account that is.
      - Where O(trusted_principals) shows that the base role is in another account, nothing is done to it, the task
        warns, and its owner needs RV(base_role_policy).
      - A base role that is no longer named here keeps its right; the task does not know of it. Without the trust it is
        of no use.
    type: str
  detached_policies:
    description:
      - With O(state=absent), the ARNs of managed policies and names of inline policies that earlier tasks of the same
        run took from the role. In check mode, which only predicted that, they are not in the way of its deletion.
        Otherwise the task waits some seconds for IAM to show that they are gone.
    type: list
    elements: str
    default: []
notes:
  - On the role, the identity that runs the task needs C(iam:GetRole), C(iam:CreateRole),
    C(iam:UpdateAssumeRolePolicy), C(iam:UpdateRole), C(iam:TagRole) and C(iam:UntagRole), and with
    O(permissions_boundary) also C(iam:PutRolePermissionsBoundary) and C(iam:DeleteRolePermissionsBoundary). On the
    base role it needs C(iam:GetRole), C(iam:GetRolePolicy), C(iam:ListRolePolicies) and C(iam:PutRolePolicy). Where the
    trust policy shows unique ids, it needs C(iam:GetRole) or C(iam:GetUser) on the trusted principals of the account.
    A trust policy of more than 2,048 characters needs C(iam:GetAccountSummary).
  - O(state=absent) needs C(iam:GetRole), C(iam:ListAttachedRolePolicies), C(iam:ListRolePolicies),
    C(iam:ListInstanceProfilesForRole) and C(iam:DeleteRole) on the role, and C(iam:GetRolePolicy) and
    C(iam:DeleteRolePolicy) on the base role.
  - A principal that was made a moment ago may be unknown to IAM for some seconds. The task tries again for some twenty
    seconds, and then fails with the likely causes.
  - In check mode a base role that does not exist is a warning, as an earlier task may be about to create it.
author:
  - qualytics.athena contributors (@qualytics)
seealso:
  - module: qualytics.athena.athena_perm_policy
  - module: amazon.aws.iam_role
  - name: Role authentication of the vendor
    description: What the vendor documents of base role and target role.
    link: https://userguide.qualytics.io/source-datastore/add-datastores/athena/authentication/
  - name: The confused deputy problem
    description: Why a third party should be given an external id.
    link: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
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
- name: Let the vendor's base role assume the target role
  qualytics.athena.athena_role_trust:
    role_name: qualytics-athena-connection
    trusted_principals:
      - arn:aws:iam::210987654321:role/dataplane/qualytics-dataplane
    external_id: 3f1c7a52-acme
    region: us-east-1
  register: target

- name: Show what the owner of the base role has to allow it
  ansible.builtin.debug:
    var: target.base_role_policy

- name: Keep a role with a boundary, and the right of a base role in the same account
  qualytics.athena.athena_role_trust:
    role_name: qualytics-athena-local
    path: /data-quality/
    description: What Qualytics reads with Athena
    permissions_boundary: arn:aws:iam::123456789012:policy/data-quality-boundary
    max_session_duration: 7200
    trusted_principals:
      - arn:aws:iam::123456789012:role/qualytics-dataplane
    external_id: 3f1c7a52-acme
    base_role_name: qualytics-dataplane
    tags:
      team: data-platform
    region: us-east-1

- name: Report what has drifted
  qualytics.athena.athena_role_trust:
    role_name: qualytics-athena-connection
    trusted_principals:
      - arn:aws:iam::210987654321:role/dataplane/qualytics-dataplane
    external_id: 3f1c7a52-acme
    region: us-east-1
  check_mode: true
  diff: true
  register: target

- name: Remove the role and the base role's right
  qualytics.athena.athena_role_trust:
    role_name: qualytics-athena-local
    base_role_name: qualytics-dataplane
    state: absent
    region: us-east-1
"""

RETURN = r"""
role:
  description: The role as it is after the task, or in check mode as it would be.
  returned: success; none when O(state=absent)
  type: dict
  contains:
    arn:
      description: The ARN of the role, also when check mode only predicts it.
      type: str
      returned: always
      sample: arn:aws:iam::123456789012:role/qualytics-athena-connection
    name:
      description: The name of the role.
      type: str
      returned: always
      sample: qualytics-athena-connection
    id:
      description: The unique id of the role; none in check mode where the role would be new.
      type: str
      returned: always
      sample: AROADBQP57FF2AEXAMPLE
    path:
      description: The path of the role.
      type: str
      returned: always
      sample: /
    description:
      description: The description of the role.
      type: str
      returned: always
      sample: What Qualytics reads with Athena
    permissions_boundary:
      description: The ARN of the permissions boundary; none without one.
      type: str
      returned: always
      sample: arn:aws:iam::123456789012:policy/data-quality-boundary
    max_session_duration:
      description: For how many seconds a session may last at most.
      type: int
      returned: always
      sample: 3600
    tags:
      description: The tags of the role.
      type: dict
      returned: always
      sample: {"team": "data-platform"}
    trust_policy:
      description: The trust policy. Principals that live are shown by their ARNs.
      type: dict
      returned: always
      sample: {"Version": "2012-10-17", "Statement": []}
observed_trust:
  description: >-
    The trust policy as it was in AWS before the task, with which RV(role.trust_policy) can be compared; none where
    there was no role. Principals that live are shown by their ARNs.
  returned: success
  type: dict
  sample: {"Version": "2012-10-17", "Statement": []}
base_role_policy:
  description: >-
    The policy document that lets a base role assume the role. Its owner needs it where the base role is in another
    account. With O(base_role_name) of the same account it is on the base role already.
  returned: success; none when O(state=absent)
  type: dict
  sample:
    Version: "2012-10-17"
    Statement:
      - Sid: AssumeAthenaTargetRole
        Effect: Allow
        Action: sts:AssumeRole
        Resource: arn:aws:iam::123456789012:role/qualytics-athena-connection
check_mode:
  description: Whether the task ran in check mode, so that C(changed) and RV(drift) say what would be done.
  returned: success
  type: bool
  sample: false
drift:
  description: >-
    What differed from the options, one entry for each setting, tag, and principal, action, condition or statement of
    the trust policy. In check mode it is what would change, otherwise what was repaired. When the task fails midway, it
    is what was repaired before.
  returned: always, except on failures before anything was written
  type: list
  elements: dict
  contains:
    subject:
      description: The ARN of the role, or the base role and the name of its inline policy.
      type: str
      returned: always
      sample: arn:aws:iam::123456789012:role/qualytics-athena-connection
    aspect:
      description: >-
        What it is about, one of V(role), V(path), V(description), V(permissions_boundary), V(max_session_duration),
        V(tag), V(statement), V(principal), V(action), V(condition), V(effect), V(version), V(resource) and V(policy).
      type: str
      returned: always
      sample: principal
    kind:
      description: V(missing), V(extra) or V(different).
      type: str
      returned: always
      sample: extra
    expected:
      description: What the options ask for; none for what is extra.
      type: str
      returned: always
      sample: null
    actual:
      description: What AWS has; none for what is missing.
      type: str
      returned: always
      sample: "Allow sts:AssumeRole by AWS:*"
"""

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _arguments,
    _aws_module,
    _role_run,
)


def main() -> None:
    _aws_module.run_module(
        _role_run.prepare_role,
        argument_spec=_arguments.ROLE,
        required_if=[("state", "present", ["trusted_principals"])],
    )


if __name__ == "__main__":
    main()
