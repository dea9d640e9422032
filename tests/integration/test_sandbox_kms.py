# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""KMS in the sandbox: DryRun, key policies, grants, aliases, keys of other accounts and of AWS, keys out of use."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from athena_sandbox import Sandbox
from athena_sandbox.user import User

ACCOUNT, OTHER_ACCOUNT = "123456789012", "210987654321"
WOULD = "The request would have succeeded, but the DryRun option is set."


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    """The code and message of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return str(error["Code"]), str(error["Message"])


def key_policy(*principals: str, action: str = "kms:*") -> str:
    """A key policy that allows an action to these."""
    statement = {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def kms(clean_sandbox: Sandbox) -> Any:
    """KMS as the account root."""
    return clean_sandbox.client("kms")


@pytest.fixture
def key(kms: Any) -> str:
    """The ARN of a key that was made without a policy."""
    return str(kms.create_key()["KeyMetadata"]["Arn"])


def trials(client: Any, key: str, ciphertext: bytes) -> dict[str, Callable[[], Any]]:
    """Each use of a key, as a trial."""
    name = {"KeyId": key, "DryRun": True}
    return {
        "kms:Encrypt": lambda: client.encrypt(**name, Plaintext=b"x"),
        "kms:Decrypt": lambda: client.decrypt(**name, CiphertextBlob=ciphertext),
        "kms:GenerateDataKey": lambda: client.generate_data_key(**name, KeySpec="AES_256"),
        "kms:GenerateDataKeyWithoutPlaintext": lambda: client.generate_data_key_without_plaintext(
            **name, KeySpec="AES_256"
        ),
    }


def test_a_trial_says_whether_the_call_would_succeed(user: User, kms: Any, key: str) -> None:
    ciphertext = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    client = user.client("kms")
    for action, trial in trials(client, key, ciphertext).items():
        user.may("kms:ListKeys", "*")
        code, text = refusal(trial)
        assert (code, text.rpartition("because ")[2]) == (
            "AccessDeniedException",
            f"no identity-based policy allows the {action} action",
        )
        user.may(action, key)
        assert refusal(trial) == ("DryRunOperationException", WOULD)


def test_a_trial_of_decrypt_needs_no_ciphertext(user: User, key: str) -> None:
    client = user.client("kms")

    def trial() -> Any:
        return client.decrypt(KeyId=key, DryRun=True, DryRunModifiers=["IGNORE_CIPHERTEXT"])

    assert refusal(trial)[0] == "AccessDeniedException"
    user.may("kms:Decrypt", key)
    assert refusal(trial) == ("DryRunOperationException", WOULD)
    wrong = {"CiphertextBlob": b"not a ciphertext of this key" * 4, "KeyId": key, "DryRun": True}
    assert refusal(lambda: client.decrypt(**wrong))[0] == "InvalidCiphertextException"


def test_a_statement_limited_to_s3_denies_the_direct_trial(user: User, key: str) -> None:
    through = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    user.may("kms:ListKeys", "*", {"Effect": "Allow", "Action": "kms:*", "Resource": key, "Condition": through})
    call = trials(user.client("kms"), key, b"")["kms:GenerateDataKey"]
    assert refusal(call)[0] == "AccessDeniedException"


# Key policies


def test_the_policy_of_a_key_made_without_one_delegates_to_the_account(kms: Any, key: str) -> None:
    answer = kms.get_key_policy(KeyId=key)
    [statement] = json.loads(answer["Policy"])["Statement"]
    assert (answer["PolicyName"], statement["Sid"]) == ("default", "Enable IAM User Permissions")
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert kms.list_key_policies(KeyId=key)["PolicyNames"] == ["default"]
    # As it is, statement id with spaces and all, it may be put back.
    kms.put_key_policy(KeyId=key, Policy=answer["Policy"])


def test_a_key_policy_is_replaced_as_a_whole(user: User, kms: Any, key: str) -> None:
    user.may("kms:*", key)
    client = user.client("kms")
    client.describe_key(KeyId=key)
    somebody = User(user._sandbox, "somebody")
    kms.put_key_policy(KeyId=key, Policy=key_policy(somebody.arn))
    assert refusal(lambda: client.describe_key(KeyId=key))[1].endswith(
        "because no resource-based policy allows the kms:DescribeKey action"
    )
    somebody.client("kms").describe_key(KeyId=key)
    assert json.loads(kms.get_key_policy(KeyId=key)["Policy"]) == json.loads(key_policy(somebody.arn))


@pytest.mark.parametrize(
    "policy",
    [
        "not json",
        '{"Statement": []}',
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}',
    ],
)
def test_a_malformed_key_policy(kms: Any, key: str, policy: str) -> None:
    assert refusal(lambda: kms.put_key_policy(KeyId=key, Policy=policy))[0] == "MalformedPolicyDocumentException"
    assert refusal(lambda: kms.create_key(Policy=policy))[0] == "MalformedPolicyDocumentException"


# Grants


def test_a_grant_counts_for_its_operations_and_its_principal(user: User, kms: Any, key: str) -> None:
    client = user.client("kms")
    other = User(user._sandbox, "other").client("kms")
    grant = kms.create_grant(KeyId=key, GranteePrincipal=user.arn, Operations=["Encrypt"])["GrantId"]
    client.encrypt(KeyId=key, Plaintext=b"x")
    assert refusal(lambda: client.generate_data_key(KeyId=key, KeySpec="AES_256"))[0] == "AccessDeniedException"
    assert refusal(lambda: other.encrypt(KeyId=key, Plaintext=b"x"))[0] == "AccessDeniedException"
    [listed] = kms.list_grants(KeyId=key)["Grants"]
    assert (listed["GrantId"], listed["GranteePrincipal"], listed["Operations"]) == (grant, user.arn, ["Encrypt"])
    kms.revoke_grant(KeyId=key, GrantId=grant)
    assert refusal(lambda: client.encrypt(KeyId=key, Plaintext=b"x"))[0] == "AccessDeniedException"


def test_a_grant_on_one_key_opens_no_other(user: User, kms: Any, key: str) -> None:
    another = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_grant(KeyId=another, GranteePrincipal=user.arn, Operations=["Encrypt"])
    assert refusal(lambda: user.client("kms").encrypt(KeyId=key, Plaintext=b"x"))[0] == "AccessDeniedException"


def test_a_grant_to_a_role_counts_for_its_sessions(user: User, clean_sandbox: Sandbox, kms: Any, key: str) -> None:
    iam = clean_sandbox.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": user.arn}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="reader", Path="/data/", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    session = user.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    secret, token = session["SecretAccessKey"], session["SessionToken"]
    client = clean_sandbox.client("kms", session["AccessKeyId"], secret, session_token=token)
    assert refusal(lambda: client.encrypt(KeyId=key, Plaintext=b"x"))[0] == "AccessDeniedException"
    kms.create_grant(KeyId=key, GranteePrincipal=role, Operations=["Encrypt"])
    client.encrypt(KeyId=key, Plaintext=b"x")


def test_a_deny_and_the_organization_beat_a_grant(user: User, clean_sandbox: Sandbox, kms: Any, key: str) -> None:
    kms.create_grant(KeyId=key, GranteePrincipal=user.arn, Operations=["Encrypt"])
    client = user.client("kms")
    user.may("kms:ListKeys", "*", {"Effect": "Deny", "Action": "kms:Encrypt", "Resource": "*"})
    assert "explicit deny in an identity-based" in refusal(lambda: client.encrypt(KeyId=key, Plaintext=b"x"))[1]
    user.may("kms:ListKeys", "*")
    client.encrypt(KeyId=key, Plaintext=b"x")
    everything = {"Effect": "Allow", "NotAction": "kms:*", "Resource": "*"}
    clean_sandbox.switch("organization_policy", document={"Version": "2012-10-17", "Statement": [everything]})
    assert "no service control policy" in refusal(lambda: client.encrypt(KeyId=key, Plaintext=b"x"))[1]


def test_a_grant_with_constraints_opens_nothing_here(user: User, kms: Any, key: str) -> None:
    constraints = {"EncryptionContextSubset": {"aws:s3:arn": "arn:aws:s3:::lake"}}
    kms.create_grant(KeyId=key, GranteePrincipal=user.arn, Operations=["Encrypt"], Constraints=constraints)
    assert refusal(lambda: user.client("kms").encrypt(KeyId=key, Plaintext=b"x"))[0] == "AccessDeniedException"


# Names


def test_a_key_by_its_alias(user: User, kms: Any, key: str) -> None:
    kms.create_alias(AliasName="alias/athena-results", TargetKeyId=key)
    user.may("kms:DescribeKey", key)
    for name in ("alias/athena-results", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/athena-results"):
        assert user.client("kms").describe_key(KeyId=name)["KeyMetadata"]["Arn"] == key
    assert refusal(lambda: kms.describe_key(KeyId="alias/absent"))[0] == "NotFoundException"


def test_the_keys_of_aws_are_there_when_asked_for(user: User, kms: Any) -> None:
    described = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
    assert described["KeyManager"] == "AWS"
    assert kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"] == described["Arn"]
    assert kms.describe_key(KeyId=kms.create_key()["KeyMetadata"]["KeyId"])["KeyMetadata"]["KeyManager"] == "CUSTOMER"
    user.may("kms:*", "*")
    # It can be used through S3 alone.
    code, text = refusal(lambda: user.client("kms").encrypt(KeyId=described["Arn"], Plaintext=b"x"))
    assert (code, text.rpartition("because ")[2]) == (
        "AccessDeniedException",
        "no resource-based policy allows the kms:Encrypt action",
    )


# Other accounts


@pytest.fixture
def foreign_key(clean_sandbox: Sandbox, user: User) -> str:
    """A key of another account that its policy opens to the account of the user."""
    owner = clean_sandbox.client("kms", OTHER_ACCOUNT)
    policy = key_policy(f"arn:aws:iam::{OTHER_ACCOUNT}:root", f"arn:aws:iam::{ACCOUNT}:root")
    return str(owner.create_key(Policy=policy)["KeyMetadata"]["Arn"])


def test_across_accounts_both_sides_must_allow(clean_sandbox: Sandbox, user: User, foreign_key: str) -> None:
    client = user.client("kms")
    assert "no identity-based" in refusal(lambda: client.describe_key(KeyId=foreign_key))[1]
    user.may("kms:*", foreign_key)
    assert client.describe_key(KeyId=foreign_key)["KeyMetadata"]["Arn"] == foreign_key
    client.generate_data_key(KeyId=foreign_key, KeySpec="AES_256")
    owner = clean_sandbox.client("kms", OTHER_ACCOUNT)
    owner.put_key_policy(KeyId=foreign_key, Policy=key_policy(f"arn:aws:iam::{OTHER_ACCOUNT}:root"))
    assert "no resource-based" in refusal(lambda: client.describe_key(KeyId=foreign_key))[1]
    # Its own policy does not do without the caller's.
    owner.put_key_policy(KeyId=foreign_key, Policy=key_policy(user.arn))
    client.describe_key(KeyId=foreign_key)
    user.may("kms:ListKeys", "*")
    assert refusal(lambda: client.describe_key(KeyId=foreign_key))[0] == "AccessDeniedException"


def test_a_foreign_key_by_its_alias(clean_sandbox: Sandbox, user: User, foreign_key: str) -> None:
    owner = clean_sandbox.client("kms", OTHER_ACCOUNT)
    owner.create_alias(AliasName="alias/shared", TargetKeyId=foreign_key)
    user.may("kms:DescribeKey", foreign_key)
    client = user.client("kms")
    alias = f"arn:aws:kms:us-east-1:{OTHER_ACCOUNT}:alias/shared"
    assert client.describe_key(KeyId=alias)["KeyMetadata"]["Arn"] == foreign_key
    # Without an account it is an alias of the caller's own.
    assert refusal(lambda: clean_sandbox.client("kms").describe_key(KeyId="alias/shared"))[0] == "NotFoundException"


def test_the_policy_of_a_foreign_key_is_not_read(kms: Any, user: User, foreign_key: str) -> None:
    user.may("kms:*", "*")
    for client in (user.client("kms"), kms):
        for call in (
            lambda client=client: client.get_key_policy(KeyId=foreign_key),
            lambda client=client: client.disable_key(KeyId=foreign_key),
        ):
            code, text = refusal(call)
            assert (code, f"on resource: {foreign_key}" in text) == ("AccessDeniedException", True)


# Keys out of use


@pytest.mark.parametrize(
    ("operation", "arguments", "code", "text"),
    [
        ("disable_key", {}, "DisabledException", "is disabled."),
        ("schedule_key_deletion", {"PendingWindowInDays": 7}, "KMSInvalidStateException", "is pending deletion."),
    ],
)
def test_a_key_out_of_use(
    user: User, kms: Any, key: str, operation: str, arguments: dict[str, Any], code: str, text: str
) -> None:
    ciphertext = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    user.may("kms:*", key)
    client = user.client("kms")
    getattr(kms, operation)(KeyId=key, **arguments)
    for trial in trials(client, key, ciphertext).values():
        assert refusal(trial) == (code, f"{key} {text}")
    without = {"KeyId": key, "DryRun": True, "DryRunModifiers": ["IGNORE_CIPHERTEXT"]}
    assert refusal(lambda: client.decrypt(**without)) == (code, f"{key} {text}")
    assert client.describe_key(KeyId=key)["KeyMetadata"]["Enabled"] is False
    # Whoever may not use it is not told.
    user.may("kms:ListKeys", "*")
    assert refusal(trials(client, key, ciphertext)["kms:Encrypt"])[0] == "AccessDeniedException"
