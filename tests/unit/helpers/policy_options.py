# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of athena_perm_policy, drawn at random."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils._location import Scope
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_data import PARTITIONS

ACCOUNT: t.Final = "123456789012"
OTHER_ACCOUNT: t.Final = "210987654321"

_PREFIXES = ("", "athena", "athena/results", "athena/results/team=dq", "r\u00e9sultats")
_BUCKETS = ("example-athena-results", "results.example.org", "abc")
_SOURCE_BUCKETS = ("example-lake", "example-archive", "a.b-c")


def scopes() -> st.SearchStrategy[Scope]:
    return st.sampled_from([Scope(partition, ACCOUNT, region) for partition, region in PARTITIONS.items()])


def _locations(buckets: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda bucket, prefix, slash: f"s3://{bucket}/{prefix}{slash if prefix else ''}",
        st.sampled_from(buckets),
        st.sampled_from(_PREFIXES),
        st.sampled_from(["", "/"]),
    )


def _some(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3)


def _optional(strategy: st.SearchStrategy[t.Any]) -> st.SearchStrategy[t.Any]:
    return st.none() | strategy


def params_in(scope: Scope, shared_names: bool = True) -> st.SearchStrategy[dict[str, t.Any]]:
    """Options as the module receives them.

    shared_names: whether source data may lie in the results bucket and one key may serve two uses, so that two
    statements may allow the same.
    """
    keys = [f"arn:{scope.partition}:kms:{scope.region}:{ACCOUNT}:key/{number}" for number in range(9)]
    return st.fixed_dictionaries(
        {
            "output_location": _locations(_BUCKETS),
            "workgroups": _optional(_some("primary", "team_a", "Team.B-2")),
            "data_catalogs": _optional(_some("AwsDataCatalog", "shared_catalog", "partner@lake")),
            "databases": _optional(_some("sales", "Sales", "default", "hr archive", "dq_2026")),
            "kms_keys": st.fixed_dictionaries(
                {
                    use: _optional(_some(*(keys if shared_names else keys[3 * number : 3 * number + 3])))
                    for number, use in enumerate(("results", "sources", "catalog"))
                }
            ),
            "source_locations": _optional(
                st.lists(
                    _locations((*_SOURCE_BUCKETS, *_BUCKETS) if shared_names else _SOURCE_BUCKETS),
                    min_size=1,
                    max_size=4,
                )
            ),
            "lake_formation": st.booleans(),
            "result_streaming": st.booleans(),
            "list_data_catalogs": st.booleans(),
            "restrict_listing": st.booleans(),
        }
    )
