# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A collection's tarball is the same whoever builds it, and says of its content what it said before."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools.tarball import normalise, source_date

CONTENTS = {"README.md": b"read", "plugins/a.py": b"a = 1\n", "run.sh": b"true\n"}
TIME = 1_700_000_000


def build(path: Path, names: Sequence[str], mtime: float, user: str = "builder", mode: int = 0o644) -> Path:
    """A tarball as galaxy makes it of these files, in this order."""
    files = [
        {"name": name, "ftype": "file", "chksum_sha256": hashlib.sha256(CONTENTS[name]).hexdigest()} for name in names
    ]
    listed = json.dumps({"files": [{"name": ".", "ftype": "dir"}, *files], "format": 1}, indent=True).encode()
    checksum = hashlib.sha256(listed).hexdigest()
    manifest = {"collection_info": {"name": "athena"}, "file_manifest_file": {"chksum_sha256": checksum}, "format": 1}
    made = {"MANIFEST.json": json.dumps(manifest, indent=True).encode(), "FILES.json": listed}
    with tarfile.open(path, "w:gz") as archive:
        for name, content in {**made, **{name: CONTENTS[name] for name in names}}.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.uname = len(content), mtime, user
            member.mode = mode | (0o111 if name == "run.sh" else 0)
            archive.addfile(member, io.BytesIO(content))
    return path


def test_order_time_owner_and_modes_of_the_builder_make_no_difference(tmp_path: Path) -> None:
    one = build(tmp_path / "one.tar.gz", sorted(CONTENTS), 1.5)
    other = build(tmp_path / "other.tar.gz", sorted(CONTENTS, reverse=True), 99, user="other", mode=0o600)
    assert one.read_bytes() != other.read_bytes()
    for tarball in (one, other):
        normalise(tarball, TIME)
    assert one.read_bytes() == other.read_bytes()
    normalise(one, TIME)
    assert one.read_bytes() == other.read_bytes(), "what is normal already stays"


def test_the_content_stays_and_its_checksums_are_right(tmp_path: Path) -> None:
    tarball = build(tmp_path / "it.tar.gz", sorted(CONTENTS, reverse=True), 5)
    normalise(tarball, TIME)
    with tarfile.open(tarball) as archive:
        members = archive.getmembers()
        found = {it.name: archive.extractfile(it).read() for it in members}  # type: ignore[union-attr]
    assert [it.name for it in members] == ["MANIFEST.json", "FILES.json", *sorted(CONTENTS)]
    assert {name: found[name] for name in CONTENTS} == CONTENTS
    assert {it.mtime for it in members} == {TIME}
    assert {it.name: it.mode for it in members if it.mode != 0o644} == {"run.sh": 0o755}
    manifest = json.loads(found["MANIFEST.json"])
    assert manifest["file_manifest_file"]["chksum_sha256"] == hashlib.sha256(found["FILES.json"]).hexdigest()
    assert [it["name"] for it in json.loads(found["FILES.json"])["files"]] == [".", *sorted(CONTENTS)]


def test_another_content_is_another_tarball(tmp_path: Path) -> None:
    tarballs = [build(tmp_path / f"{count}.tar.gz", sorted(CONTENTS)[:count], 5) for count in (2, 3)]
    for tarball in tarballs:
        normalise(tarball, TIME)
    assert tarballs[0].read_bytes() != tarballs[1].read_bytes()


def test_the_time_is_the_one_that_is_given_or_that_of_the_last_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "12345")
    assert source_date() == 12345
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert source_date() == source_date() >= 315532800
