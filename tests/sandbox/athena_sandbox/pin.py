# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exact ministack this package corrects, and the one way its functions are replaced.

ministack's functions are private to it, so every function replaced or called here is pinned by a hash of its source.
The server refuses to start, and tests/integration/test_sandbox_pin.py fails, naming each one that moved or changed.
After reading what changed, `PYTHONPATH=tests/sandbox python -m athena_sandbox.pin` prints the table anew.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.metadata
import inspect
from collections.abc import Callable, Mapping
from typing import Any

MINISTACK_VERSION = "1.5.33"

# "module:attribute" -> hash of its source (of its value, for data).
PINNED: dict[str, str] = {
    "ministack.app:_get_reset_lock": "4e96ff36110cb97a",
    "ministack.app:_reset_all_state": "e7a4c161847d9ee4",
    "ministack.app:_routing_params": "00e89d22c926fdb4",
    "ministack.app:app": "ab1297bd6cd59811",
    "ministack.core.iam_actions:access_denied_response": "3cc2e315f91f45da",
    "ministack.core.iam_actions:extract_iam_action": "ec476b92d969822b",
    "ministack.core.iam_actions:extract_resource_arn": "82f51700695c62fd",
    "ministack.core.iam_actions:s3_additional_checks": "26e5e5602d743140",
    "ministack.core.iam_actions:s3_service_context": "83e53d14d02c3a91",
    "ministack.core.iam_evaluator:AuthError": "b2f6d1552ce2cf9c",
    "ministack.core.iam_evaluator:EvalContext": "f5769904b3fa1d4e",
    "ministack.core.iam_evaluator:EvalResult": "ff1281edb0a933ff",
    "ministack.core.iam_evaluator:ParsedStatement": "8326ee8936c8e5c8",
    "ministack.core.iam_evaluator:PrincipalInfo": "ae3a2a0151b2485d",
    "ministack.core.iam_evaluator:_action_matches": "b826f2f3c2cb7c7b",
    "ministack.core.iam_evaluator:_conditions_met": "15b4c24a03e3ff17",
    "ministack.core.iam_evaluator:_gather_role_policies": "d83d1661b86595ac",
    "ministack.core.iam_evaluator:_parse_date": "f3f7fbd07eca0572",
    "ministack.core.iam_evaluator:_permissions_boundary": "55c125bd0cf5cfe7",
    "ministack.core.iam_evaluator:_resolve_condition_key": "15e26964cd38f32c",
    "ministack.core.iam_evaluator:_resolve_managed_policy_document": "59ca6f381d9260d3",
    "ministack.core.iam_evaluator:_resource_matches": "b7886876ab63da89",
    "ministack.core.iam_evaluator:_resource_policy": "dec265f9a9030695",
    "ministack.core.iam_evaluator:caller_arn": "8dc478d34f4697cf",
    "ministack.core.iam_evaluator:combine_resource_policy": "3972f81213f8b84b",
    "ministack.core.iam_evaluator:enforce": "cf64b1ee5b099c8f",
    "ministack.core.iam_evaluator:evaluate": "2a5dd6932d1aca6a",
    "ministack.core.iam_evaluator:evaluate_resource_policy": "e49ce7161ad63e35",
    "ministack.core.iam_evaluator:parse_policy_document": "622a4f98a3ecd766",
    "ministack.core.iam_evaluator:pin_request_origin": "de819c1bd9ac2be4",
    "ministack.core.iam_evaluator:resolve_principal": "b6c6131e24bf22f0",
    "ministack.core.responses:error_response_json": "37b83f60219dea51",
    "ministack.core.router:detect_service": "fd156fac4b5ddc67",
    "ministack.core.router:extract_access_key_id": "4f0df6b2b1cd3320",
    "ministack.services.athena:_CreateTable": "621135bdbfa9f443",
    "ministack.services.athena:_DUCKDB_TYPE_MAP": "164691ed839e0b4f",
    "ministack.services.athena:_athena_database": "ec9f55b795a4fc88",
    "ministack.services.athena:_create_workgroup": "33e9caf3fd8c3ce9",
    "ministack.services.athena:_execution_out": "2236e9cdc56430bb",
    "ministack.services.athena:_get_database": "83b93950539499c0",
    "ministack.services.athena:_get_query_execution": "85fd963c0103f943",
    "ministack.services.athena:_get_query_results": "abd778cbcf28d2e9",
    "ministack.services.athena:_get_table_metadata": "4b2245fa29f97011",
    "ministack.services.athena:_get_workgroup": "dac9bdef6ce02d76",
    "ministack.services.athena:_glue_table_to_metadata": "9655d6f97f2a7d83",
    "ministack.services.athena:_hidden": "b987e294312966be",
    "ministack.services.athena:_list_databases": "e947e7ac8186a519",
    "ministack.services.athena:_list_table_metadata": "9c39fa0595fafb3d",
    "ministack.services.athena:_parse_ddl": "28404b7ed0da4aca",
    "ministack.services.athena:_run_ddl": "ce7eebe470ed0eee",
    "ministack.services.athena:_sql_tokens": "59cb0db485c19f93",
    "ministack.services.athena:_start_query_execution": "405753f7beaf6c7c",
    "ministack.services.athena:_stop_query_execution": "14461b69c10789e0",
    "ministack.services.athena:_table_relation": "a1a2686723d2ddff",
    "ministack.services.athena:_update_workgroup": "5bb50119275d8131",
    "ministack.services.glue:_batch_get_partition": "385766dca949a03d",
    "ministack.services.glue:_create_database": "81fab686b0fd4318",
    "ministack.services.glue:_create_table": "6cd8e49bce8eee6b",
    "ministack.services.glue:_get_database": "6d27d69064048ac5",
    "ministack.services.glue:_get_databases": "00f295a9b9e379c0",
    "ministack.services.glue:_get_partition": "92d884f5661c9013",
    "ministack.services.glue:_get_partitions": "fbb9b4ed7464a899",
    "ministack.services.glue:_get_table": "4b852ef17a324a89",
    "ministack.services.glue:_get_tables": "3656744c67c81538",
    "ministack.services.glue:_handle_request_sync": "23d06ad23cad5713",
    "ministack.services.glue:_update_database": "a2c14bd506ba9cae",
    "ministack.services.iam:_attach_group_policy": "fd6f45ca69f38593",
    "ministack.services.iam:_attach_role_policy": "44f7952356e0edad",
    "ministack.services.iam:_attach_user_policy": "d003b83117884401",
    "ministack.services.iam:_create_access_key": "c0743d260009f0e4",
    "ministack.services.iam:_create_group": "58339795bd8ada9f",
    "ministack.services.iam:_create_policy": "23fe9fe11f7b6d37",
    "ministack.services.iam:_create_policy_version": "660a76c3b114fe8e",
    "ministack.services.iam:_create_role": "fef5dffbcd31bd0d",
    "ministack.services.iam:_create_service_linked_role": "91eea53d4cecd201",
    "ministack.services.iam:_create_user": "c9a9507d283ac299",
    "ministack.services.iam:_delete_policy": "2d03891e332d3898",
    "ministack.services.iam:_delete_role": "6611fd0972d19644",
    "ministack.services.iam:_delete_service_linked_role": "ab9a0a7d3ac1d060",
    "ministack.services.iam:_delete_user": "7b85b42140c3fadd",
    "ministack.services.iam:_error": "b0214044b75c3873",
    "ministack.services.iam:_extract_tags": "94eefda37f87bdc8",
    "ministack.services.iam:_future": "2c8f47b577a0e3f2",
    "ministack.services.iam:_gen_secret": "891e0cd238014be0",
    "ministack.services.iam:_gen_session_access_key": "cf474c6f4978131d",
    "ministack.services.iam:_gen_session_token": "e4a0296a143cfd91",
    "ministack.services.iam:_get_role": "9867a81ff410da0d",
    "ministack.services.iam:_get_user": "d0f7a31068990e56",
    "ministack.services.iam:_list_access_keys": "7076b37692fac78d",
    "ministack.services.iam:_list_entities_for_policy": "30d93929b03de04a",
    "ministack.services.iam:_list_policies": "282d45b2ce2426d0",
    "ministack.services.iam:_list_roles": "5b55e8129162966f",
    "ministack.services.iam:_list_users": "489dde534684bfe0",
    "ministack.services.iam:_lookup_policy": "761a3508bf1feb2c",
    "ministack.services.iam:_managed_policy_xml": "6a0742bea03f6547",
    "ministack.services.iam:_now": "318f027b5d54d95f",
    "ministack.services.iam:_put_group_policy": "ebddb60cfef4108b",
    "ministack.services.iam:_put_role_policy": "30236733ad377bc6",
    "ministack.services.iam:_put_user_policy": "8e7b519ea324f3a8",
    "ministack.services.iam:_role_xml": "f5385281774438ff",
    "ministack.services.iam:_update_assume_role_policy": "2d3f98f08393cbee",
    "ministack.services.iam:_update_role": "5822711fdc269be2",
    "ministack.services.iam:_validate_role_description": "54ec25f65b59e315",
    "ministack.services.iam:_xml": "d35959f8c3e31739",
    "ministack.services.iam:attach_managed_policy": "fd26cd2790a2b4a8",
    "ministack.services.iam:handle_request": "97093e1a35f9b3ca",
    "ministack.services.iam:store_policy": "492a68bef0570183",
    "ministack.services.kms:_alias_arn": "bdd7825057585716",
    "ministack.services.kms:_create_alias": "70b74d3b139be5aa",
    "ministack.services.kms:_create_key": "b2509f44b316e4ea",
    "ministack.services.kms:_generate_data_key_common": "9f8997377f8e870d",
    "ministack.services.kms:_key_metadata": "ee6ca8cd7d04a9c3",
    "ministack.services.kms:_resolve_key": "90e6b84ded7c823f",
    "ministack.services.kms:handle_request": "cbcba1e01b41681a",
    "ministack.services.kms:key_policy_for_arn": "f2a07f08d90470f6",
    "ministack.services.s3:_bucket_owner_account": "4352c25646a80a31",
    "ministack.services.s3:_dispatch": "52562ee7c18bd9e7",
    "ministack.services.s3:_error": "7a708a97c4bd72fb",
    "ministack.services.s3:_foreign_bucket_allows": "7865eb38b093e5a8",
    "ministack.services.s3:_get_bucket_policy": "79bfd162de1cac79",
    "ministack.services.s3:_get_bucket_request_payment": "69ca86f1363a2aed",
    "ministack.services.s3:_get_object_data": "8735d1f5e3313076",
    "ministack.services.s3:_merge_hoisted_amz_headers": "a5a59e787af323d5",
    "ministack.services.s3:_no_such_bucket": "29bd345a3b013b31",
    "ministack.services.s3:_policy_is_public": "7615c2ab984e5a76",
    "ministack.services.s3:_put_object": "cf5861e4d9999243",
    "ministack.services.s3:_resolve_sse_write_headers": "2affef5a7d37a055",
    "ministack.services.s3:_stored_sse_headers": "d621904bcfb0adf0",
    "ministack.services.s3:_xml_body": "a66f9c18121c2a57",
    "ministack.services.s3:access_point_for_alias": "cac85714ea81d01e",
    "ministack.services.s3:validate_object_request": "bd38bdd4bd007533",
    "ministack.services.sts:_session_policies": "f600cc276d55c481",
    "ministack.services.sts:_session_tags": "8929b22cc95fa35f",
    "ministack.services.sts:handle_request": "f2d7c72d01d64950",
    "ministack.services.sts:register_session": "a84ec986ec012146",
}


def fingerprint(target: str) -> str | None:
    """The hash of a target as installed, None where it is not there."""
    module_name, _colon, attribute = target.partition(":")
    try:
        value = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError):
        return None
    source = inspect.getsource(value) if callable(value) else repr(value)
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def moved(pinned: Mapping[str, str]) -> list[str]:
    """What differs from `pinned` in the installed ministack, in words; to be asked before anything is replaced."""
    version = importlib.metadata.version("ministack")
    found = [] if version == MINISTACK_VERSION else [f"ministack is {version}, expected {MINISTACK_VERSION}"]
    for target, expected in pinned.items():
        actual = fingerprint(target)
        if actual is None:
            found.append(f"{target} is gone")
        elif actual != expected:
            found.append(f"{target} changed ({actual}, expected {expected})")
    return found


def wrap(target: str, wrapper: Callable[..., Any]) -> None:
    """Put `wrapper(original, *args, **kwargs)` in the place of a pinned function."""
    if target not in PINNED:
        raise KeyError(f"{target} is replaced but not pinned in {__name__}.PINNED")
    module_name, _colon, attribute = target.partition(":")
    module = importlib.import_module(module_name)
    original = getattr(module, attribute)

    @functools.wraps(original)
    def replacement(*args: Any, **kwargs: Any) -> Any:
        return wrapper(original, *args, **kwargs)

    setattr(module, attribute, replacement)


if __name__ == "__main__":
    for name in sorted(PINNED):
        print(f'    "{name}": "{fingerprint(name)}",')
