# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils._location import (
    KeyArn,
    S3Location,
    Scope,
    account_regional_owner,
    parse_key_arn,
    parse_s3_location,
)
from ansible_collections.qualytics.athena.plugins.module_utils._validation import InvalidOption
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_data import PARTITIONS
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples

READ = {
    "s3://bucket": S3Location("bucket"),
    "s3://bucket/": S3Location("bucket"),
    "s3://bucket/prefix": S3Location("bucket", "prefix"),
    "s3://bucket/prefix/": S3Location("bucket", "prefix"),
    "s3://bucket/a/b=c/d e/": S3Location("bucket", "a/b=c/d e"),
    "s3://bucket/r\u00e9sultats": S3Location("bucket", "r\u00e9sultats"),
    "s3://bucket/...": S3Location("bucket", "..."),
    "s3://bucket/.hidden": S3Location("bucket", ".hidden"),
    "s3://my.bucket-1": S3Location("my.bucket-1"),
    "s3://abc": S3Location("abc"),
    f"s3://{'a' * 63}": S3Location("a" * 63),
    "s3://1.2.3.4.5": S3Location("1.2.3.4.5"),
    "s3://logs-123456789012-eu-central-1-an": S3Location("logs-123456789012-eu-central-1-an"),
}


@pytest.mark.parametrize(("uri", "location"), READ.items(), ids=READ)
def test_a_location_is_read(uri: str, location: S3Location) -> None:
    assert parse_s3_location("output_location", uri) == location


@pytest.mark.parametrize(
    ("location", "uri", "pattern"),
    [
        (S3Location("bucket"), "s3://bucket/", "*"),
        (S3Location("bucket", "prefix"), "s3://bucket/prefix/", "prefix/*"),
        (S3Location("bucket", "a/b"), "s3://bucket/a/b/", "a/b/*"),
    ],
)
def test_a_location_is_written(location: S3Location, uri: str, pattern: str) -> None:
    assert location.uri == uri
    assert location.key_pattern == pattern


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "bucket/prefix",
        "/bucket/prefix",
        "s3:/bucket",
        "s3:bucket",
        "S3://bucket",
        "s3a://bucket/prefix",
        "s3n://bucket",
        " s3://bucket",
        "https://bucket.s3.amazonaws.com/prefix",
        "arn:aws:s3:::bucket/prefix",
    ],
)
def test_what_is_no_s3_uri_is_refused(uri: str) -> None:
    with pytest.raises(InvalidOption, match=re.escape("write it as s3://bucket or s3://bucket/prefix")) as refused:
        parse_s3_location("output_location", uri)
    assert refused.value.option == "output_location"


BUCKET_RULES = {
    "none": ("", "names no bucket"),
    "too short": ("ab", "it has 2 characters"),
    "too long": ("a" * 64, "it has 64 characters"),
    "uppercase": ("Bucket", "lowercase letters, digits, dots and hyphens"),
    "underscore": ("my_bucket", "lowercase letters, digits, dots and hyphens"),
    "space": ("my bucket", "lowercase letters, digits, dots and hyphens"),
    "wildcard": ("my-bucket*", "lowercase letters, digits, dots and hyphens"),
    "question mark": ("my-bucke?", "lowercase letters, digits, dots and hyphens"),
    "policy variable": ("${aws:username}", "lowercase letters, digits, dots and hyphens"),
    "newline at the end": ("bucket\n", "lowercase letters, digits, dots and hyphens"),
    "digit of another script": ("bucket\u0663", "lowercase letters, digits, dots and hyphens"),
    "user and host": ("key@bucket", "lowercase letters, digits, dots and hyphens"),
    "hyphen first": ("-bucket", "begin and end with a letter or digit"),
    "dot first": (".bucket", "begin and end with a letter or digit"),
    "hyphen last": ("bucket-", "begin and end with a letter or digit"),
    "dot last": ("bucket.", "begin and end with a letter or digit"),
    "two dots": ("my..bucket", "two dots in a row"),
    "IP address": ("192.168.5.4", "looks like an IP address"),
    "impossible IP address": ("999.1.1.1", "looks like an IP address"),
    "punycode": ("xn--bucket", "'xn--' is reserved"),
    "sthree": ("sthree-bucket", "'sthree-' is reserved"),
    "sthree configurator": ("sthree-configurator", "'sthree-' is reserved"),
    "documentation": ("amzn-s3-demo-bucket", "'amzn-s3-demo-' is reserved"),
    "access point alias": ("my-point-s3alias", "'-s3alias' marks an access point alias"),
    "Object Lambda alias": ("my-point--ol-s3", "'--ol-s3' marks an Object Lambda access point"),
    "Multi-Region Access Point": ("my-point.mrap", "'.mrap' marks a Multi-Region Access Point"),
    "directory bucket": ("results--use1-az4--x-s3", "'--x-s3' marks a directory bucket"),
    "table bucket": ("results--table-s3", "'--table-s3' marks a table bucket"),
}


@pytest.mark.parametrize(("bucket", "rule"), BUCKET_RULES.values(), ids=BUCKET_RULES)
@pytest.mark.parametrize("prefix", ["", "/", "/prefix"])
def test_each_rule_of_bucket_names(bucket: str, rule: str, prefix: str) -> None:
    with pytest.raises(InvalidOption, match=re.escape(rule)) as refused:
        parse_s3_location("output_location", f"s3://{bucket}{prefix}")
    assert refused.value.option == "output_location"
    assert str(refused.value).startswith("output_location: ")


PREFIX_RULES = {
    "star": ("a*", "wildcard '*'"),
    "question mark": ("a?", "wildcard '?'"),
    "policy variable": ("home/${aws:username}", "policy variable"),
    "leading slash": ("/a", "begins with a slash"),
    "only a slash": ("/", "begins with a slash"),
    "two slashes": ("a//b", "two slashes in a row"),
    "two slashes at the end": ("a//", "two slashes in a row"),
    "null character": ("a\x00", "may not stand in an IAM policy"),
    "newline": ("a\nb", "may not stand in an IAM policy"),
    "newline at the end": ("a\n", "may not stand in an IAM policy"),
    "tab": ("a\tb", "may not stand in an IAM policy"),
    "dot": (".", "'.' or '..' part"),
    "dot inside": ("a/./b", "'.' or '..' part"),
    "parent": ("..", "'.' or '..' part"),
    "parent inside": ("a/../b", "'.' or '..' part"),
    "parent at the end": ("a/../", "'.' or '..' part"),
    "beyond Latin-1": ("a\u0119", "may not stand in an IAM policy"),
    "too long": ("a" * 901, "901 characters"),
}


@pytest.mark.parametrize(("prefix", "rule"), PREFIX_RULES.values(), ids=PREFIX_RULES)
@pytest.mark.parametrize("option", ["output_location", "source_locations"])
def test_each_rule_of_prefixes(option: str, prefix: str, rule: str) -> None:
    with pytest.raises(InvalidOption, match=re.escape(rule)) as refused:
        parse_s3_location(option, f"s3://bucket/{prefix}")
    assert refused.value.option == option


@examples(300)
@given(st.text(alphabet="ab/.*?${}\n \u00e9\u0119", max_size=12))
def test_a_prefix_that_passes_reads_back_the_same(prefix: str) -> None:
    try:
        location = parse_s3_location("output_location", f"s3://bucket/{prefix}")
    except InvalidOption:
        return
    assert location.prefix == prefix.rstrip("/")
    assert not location.prefix.startswith("/")
    assert not re.search(r"[*?\n\u0119]|//|\$\{", location.prefix)
    assert parse_s3_location("output_location", location.uri) == location


@pytest.mark.parametrize(
    ("bucket", "owner"),
    [
        ("logs-123456789012-eu-central-1-an", ("123456789012", "eu-central-1")),
        ("a-123456789012-us-gov-west-1-an", ("123456789012", "us-gov-west-1")),
        ("a-123456789012-eusc-de-east-1-an", ("123456789012", "eusc-de-east-1")),
        ("logs-12345678901-eu-central-1-an", None),
        ("logs-123456789012-eu-central-1", None),
        ("logs-123456789012-an", None),
        ("123456789012-eu-central-1-an", None),
        ("plain-bucket-an", None),
        ("bucket", None),
    ],
)
def test_the_owner_in_the_name_of_an_account_regional_bucket(bucket: str, owner: tuple[str, str] | None) -> None:
    assert account_regional_owner(bucket) == owner


@pytest.mark.parametrize("partition", PARTITIONS)
def test_the_arns_of_a_scope(partition: str) -> None:
    region = PARTITIONS[partition]
    scope = Scope(partition, "123456789012", region)
    assert scope.workgroup("primary") == f"arn:{partition}:athena:{region}:123456789012:workgroup/primary"
    assert scope.data_catalog("AwsDataCatalog") == (
        f"arn:{partition}:athena:{region}:123456789012:datacatalog/AwsDataCatalog"
    )
    assert scope.glue("catalog") == f"arn:{partition}:glue:{region}:123456789012:catalog"
    assert scope.glue("table/db/*", "210987654321") == f"arn:{partition}:glue:{region}:210987654321:table/db/*"
    assert scope.bucket("bucket") == f"arn:{partition}:s3:::bucket"
    assert scope.objects(S3Location("bucket", "p")) == f"arn:{partition}:s3:::bucket/p/*"
    assert scope.objects(S3Location("bucket")) == f"arn:{partition}:s3:::bucket/*"
    assert scope.managed_policy("/", "athena") == f"arn:{partition}:iam::123456789012:policy/athena"
    assert scope.managed_policy("/dq/", "athena") == f"arn:{partition}:iam::123456789012:policy/dq/athena"


@pytest.mark.parametrize("region", [None, ""])
def test_regional_arns_need_a_region(region: str | None) -> None:
    scope = Scope("aws", "123456789012", region)
    for write in (scope.workgroup, scope.data_catalog, scope.glue):
        with pytest.raises(InvalidOption, match=r"^region: ") as refused:
            write("database/sales")
        assert refused.value.option == "region"
    assert scope.bucket("bucket") == "arn:aws:s3:::bucket"


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("key", ["1234abcd-12ab-34cd-56ef-1234567890ab", "mrk-1234abcd12ab34cd56ef1234567890ab"])
def test_a_key_arn_is_read(partition: str, key: str) -> None:
    arn = f"arn:{partition}:kms:{PARTITIONS[partition]}:123456789012:key/{key}"
    assert parse_key_arn("kms_keys.results", arn) == KeyArn(arn, partition, PARTITIONS[partition], "123456789012")


KEY_RULES = {
    "alias ARN": ("arn:aws:kms:eu-central-1:123456789012:alias/athena", "is an alias"),
    "alias name": ("alias/aws/s3", "is an alias"),
    "key id": ("1234abcd-12ab-34cd-56ef-1234567890ab", "not the ARN of a KMS key"),
    "empty": ("", "not the ARN of a KMS key"),
    "another service": ("arn:aws:s3:::key/1234", "not the ARN of a KMS key"),
    "another service with all fields": ("arn:aws:iam:eu-central-1:123456789012:key/1234", "not the ARN of a KMS key"),
    "another resource": ("arn:aws:kms:eu-central-1:123456789012:custom-key-store/1", "not the ARN of a KMS key"),
    "no Region": ("arn:aws:kms::123456789012:key/1234", "not the ARN of a KMS key"),
    "no account": ("arn:aws:kms:eu-central-1::key/1234", "not the ARN of a KMS key"),
    "short account": ("arn:aws:kms:eu-central-1:1234:key/1234", "not the ARN of a KMS key"),
    "no such partition": ("arn:gcp:kms:eu-central-1:123456789012:key/1234", "not the ARN of a KMS key"),
    "no id": ("arn:aws:kms:eu-central-1:123456789012:key/", "not the ARN of a KMS key"),
    "something behind": ("arn:aws:kms:eu-central-1:123456789012:key/1234/x", "not the ARN of a KMS key"),
    "something before": (" arn:aws:kms:eu-central-1:123456789012:key/1234", "not the ARN of a KMS key"),
    "every key": ("arn:aws:kms:eu-central-1:123456789012:key/*", "wildcard"),
    "every account": ("arn:aws:kms:eu-central-1:*:key/1234", "wildcard"),
    "policy variable": ("arn:aws:kms:eu-central-1:123456789012:key/${aws:username}", "policy variable"),
    "newline": ("arn:aws:kms:eu-central-1:123456789012:key/1234\n", "may not stand in an IAM policy"),
}


@pytest.mark.parametrize(("arn", "rule"), KEY_RULES.values(), ids=KEY_RULES)
def test_each_rule_of_key_arns(arn: str, rule: str) -> None:
    with pytest.raises(InvalidOption, match=re.escape(rule)) as refused:
        parse_key_arn("kms_keys.sources", arn)
    assert refused.value.option == "kms_keys.sources"
