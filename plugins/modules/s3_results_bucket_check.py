#!/usr/bin/python
# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_results_bucket_check
version_added: 1.0.0
short_description: Check whether Athena can write query results to an S3 location
description:
  - Says whether the S3 Output Location of an Athena connection will work, before a query has to find out.
  - Looks at the bucket (existence, owner, Region, kind, default encryption, Requester Pays, object lock, bucket
    policy) and at the workgroup (state, engine, enforced output location and encryption, minimum encryption,
    managed query results, IAM Identity Center).
  - The bucket policy is read twice, for Athena, which acts as the identity but from addresses of AWS's own, and for
    the client's driver, which reads results from S3 itself. A statement that denies for sure is a V(fail); one that
    may deny, depending on what cannot be seen from outside, is a V(warn) that names the statement and its
    condition.
  - A bucket whose existence, owner or Region cannot be established is a V(fail). A setting that the module is not
    allowed to look at is V(unknown), with the permission to grant. Only where S3 answers 404 is a bucket reported
    as absent.
  - In check mode a bucket that is absent is a V(warn), as an earlier task may be about to create it, and nothing that
    needs the bucket is judged.
  - Never creates or changes anything.
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
options:
  output_location:
    description:
      - The S3 Output Location as in the connection form, C(s3://bucket) or C(s3://bucket/prefix).
      - A name that breaks a naming rule of S3, or that is of a directory bucket, a table bucket or an access point,
        is refused before any call.
    type: str
    required: true
  expected_bucket_owner:
    description:
      - The id of the account that must own the bucket.
      - The default is the account of the credentials in use.
    type: str
  workgroup:
    description:
      - The workgroup in which the queries run. A connection that names none uses V(primary).
      - With an empty string no workgroup is looked at.
    type: str
    default: primary
  principal:
    description:
      - The ARN of the IAM user or role that will use the bucket.
      - Without it, statements of the bucket policy that hit some identities only are a V(warn).
    type: str
  result_streaming:
    description:
      - Whether the identity may use C(athena:GetQueryResultsStream), to which a driver falls back where it cannot
        read results from S3.
      - With V(true), a bucket policy that denies the client's own reads is a V(warn), not a V(fail).
    type: bool
    default: false
  granted_keys:
    description:
      - The ARNs of the KMS keys that the identity may use for results, as in
        O(qualytics.athena.athena_perm_policy#module:kms_keys.results).
      - When given, also as an empty list, it is a V(fail) where results are encrypted with a customer managed key that
        is not in the list, be it the bucket's default key or one that the workgroup enforces. It is a V(warn) where
        that depends on what cannot be seen of the workgroup.
      - Without it, the answer is V(pass) and says what the identity needs on the key.
      - A key that the workgroup enforces is compared only where the workgroup names it by its ARN.
    type: list
    elements: str
  fail_on:
    description:
      - The statuses with which a check makes the task fail; the result holds all checks in any case.
      - With an empty list the task fails only when a call does.
    type: list
    elements: str
    choices: [warn, fail, unknown]
    default: [fail]
notes:
  - "The identity that runs this task needs C(s3:ListBucket), C(s3:GetEncryptionConfiguration),
    C(s3:GetBucketRequestPayment), C(s3:GetBucketObjectLockConfiguration) and C(s3:GetBucketPolicy) on the bucket,
    and C(athena:GetWorkGroup) on the workgroup. Where the bucket names its default key by an id or an alias instead of
    an ARN, it also needs C(kms:DescribeKey) on that key, which is then asked for once."
  - Identity policies, service control policies, resource control policies and KMS key policies are not judged.
seealso:
  - module: qualytics.athena.athena_perm_policy
  - name: Query results and recent queries
    description: What Athena writes to the output location, and which location applies.
    link: https://docs.aws.amazon.com/athena/latest/ug/querying.html
  - name: Override client-side settings
    description: When the workgroup decides and not the connection.
    link: https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html
"""

EXAMPLES = r"""
- name: Stop here if results cannot be written
  qualytics.athena.s3_results_bucket_check:
    output_location: s3://example-athena-results/qualytics/
    region: us-east-1

- name: Judge the bucket policy for the role that will use the bucket, and take no warning lightly
  qualytics.athena.s3_results_bucket_check:
    output_location: s3://example-athena-results/qualytics/
    principal: arn:aws:iam::123456789012:role/qualytics-athena
    result_streaming: true
    fail_on: [warn, fail, unknown]
    region: us-east-1

- name: See that the policy of the identity names the key of the bucket
  qualytics.athena.s3_results_bucket_check:
    output_location: s3://example-athena-results/qualytics/
    granted_keys:
      - arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
    region: us-east-1

- name: A bucket of another account, without a look at the workgroup
  qualytics.athena.s3_results_bucket_check:
    output_location: s3://example-shared-results/qualytics/
    expected_bucket_owner: "210987654321"
    workgroup: ""
    region: us-east-1

- name: Collect the answers without failing
  qualytics.athena.s3_results_bucket_check:
    output_location: s3://example-athena-results/qualytics/
    fail_on: []
    region: us-east-1
  register: results_bucket

- name: Show what is not in order
  ansible.builtin.debug:
    msg: "{{ results_bucket.checks | rejectattr('status', 'equalto', 'pass') }}"
"""

RETURN = r"""
checks:
  description: The answers, in the order in which they are best repaired.
  returned: always, unless an option is refused or a call fails
  type: list
  elements: dict
  contains:
    name:
      description:
        - What was checked.
        - "Of the bucket: V(bucket_name), V(bucket_exists), V(bucket_owner), V(bucket_region), V(bucket_kind),
          V(bucket_encryption), V(bucket_requester_pays), V(bucket_object_lock), V(bucket_policy_grants),
          V(bucket_policy_athena), V(bucket_policy_client)."
        - "Of the workgroup: V(workgroup_state), V(workgroup_engine), V(workgroup_managed_results),
          V(workgroup_location), V(workgroup_bucket_owner), V(workgroup_encryption), V(workgroup_acl),
          V(workgroup_identity_center)."
        - Of a bucket or workgroup that is absent, only what can be said of it is there.
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
bucket:
  description: The bucket of O(output_location).
  returned: always, unless an option is refused or a call fails
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
    - Where Athena will write results, which is the workgroup's location where the workgroup enforces its settings.
    - V(null) where that cannot be told, or is nowhere because the workgroup has managed query results.
  returned: always, unless an option is refused or a call fails
  type: str
  sample: s3://example-athena-results/qualytics/
"""

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _arguments,
    _aws_module,
    _results_bucket_run,
)


def main() -> None:
    _aws_module.run_module(_results_bucket_run.prepare_bucket_check, argument_spec=_arguments.BUCKET_CHECK)


if __name__ == "__main__":
    main()
