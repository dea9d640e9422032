# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same sources make the same tarball, whenever, wherever and by whomever it is built.

`ansible-galaxy collection build` lists files in the order of the directory, and puts its time into the archive.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
from pathlib import Path

from .paths import ROOT

# The two files that galaxy makes, which come first.
_MANIFEST, _FILES = "MANIFEST.json", "FILES.json"
_FIRST = {_MANIFEST: 0, _FILES: 1}
# Without a commit to tell the time by: the first that every archive format can hold.
_EARLIEST = 315532800


def source_date() -> int:
    """The time that everything gets: SOURCE_DATE_EPOCH (https://reproducible-builds.org), else the last commit's."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    command = ["git", "log", "-1", "--format=%ct"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    return int(found) if found else _EARLIEST


def normalise(tarball: Path, time: int) -> None:
    """Write a collection's tarball anew: sorted, of that time and of nobody, and with no modes but galaxy's."""
    with tarfile.open(tarball, "r:gz") as archive:
        members = [(member, _content(archive, member)) for member in archive.getmembers()]
    contents = {member.name: content for member, content in members}
    contents[_FILES] = _sorted_list(contents[_FILES])
    contents[_MANIFEST] = _with_checksum(contents[_MANIFEST], contents[_FILES])
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member, _old in sorted(members, key=lambda it: (_FIRST.get(it[0].name, 2), it[0].name)):
            content = contents[member.name]
            archive.addfile(_plain(member, len(content), time), io.BytesIO(content))
    # Nor does gzip name the file or its time.
    tarball.write_bytes(gzip.compress(plain.getvalue(), compresslevel=9, mtime=0))


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member) if member.isfile() else None
    return file.read() if file else b""


def _plain(member: tarfile.TarInfo, size: int, time: int) -> tarfile.TarInfo:
    plain = tarfile.TarInfo(member.name)
    plain.type, plain.linkname, plain.size, plain.mtime = member.type, member.linkname, size, time
    plain.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return plain


def _sorted_list(text: bytes) -> bytes:
    listed = json.loads(text)
    listed["files"].sort(key=lambda it: it["name"])
    return _json(listed)


def _with_checksum(text: bytes, files: bytes) -> bytes:
    manifest = json.loads(text)
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(files).hexdigest()
    return _json(manifest)


def _json(data: object) -> bytes:
    return json.dumps(data, indent=1).encode()
