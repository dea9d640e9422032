# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make and keep the virtual environments: the pinned packages, amazon.aws and a link to this checkout.

An environment is made in stages. Each stage leaves a stamp when it is complete: a digest of everything that went into
it and into the stages before. What is stamped is not done again; where a set-up was interrupted the next run goes on.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import dropwhile
from pathlib import Path

from .paths import CACHE, COLLECTION, REQUIREMENTS, ROOT
from .pythons import Python, choose, probe

AMAZON_AWS = "ansible_collections/amazon/aws/"
FLOOR_PYTHONS = ((3, 13), (3, 12), (3, 11))

# Their like would decide where pip installs to, or what is compiled.
_UNWANTED = ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "PYTHONPYCACHEPREFIX", "PIP_TARGET", "PIP_USER")

_PIN = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)


class SetupFailed(Exception):
    """A stage failed; the message says which, and holds the end of its output."""


@dataclass(frozen=True)
class Environment:
    """One virtual environment: where it lies, what it is locked to, and what brings amazon.aws."""

    directory: Path
    python: Python
    lock: Path
    carrier: Path

    @property
    def interpreter(self) -> Path:
        """Its Python."""
        return self.directory / "bin" / "python"

    @property
    def collections(self) -> Path:
        """What ANSIBLE_COLLECTIONS_PATH is to name."""
        return self.directory / "collections"

    @property
    def amazon_aws(self) -> Path:
        """The collection amazon.aws."""
        return self.collections / AMAZON_AWS

    @property
    def own_link(self) -> Path:
        """The link by which Ansible finds this checkout."""
        return self.collections.joinpath("ansible_collections", *COLLECTION)

    @cached_property
    def versions(self) -> str:
        """What it holds, in words."""
        core = pinned(self.lock)["ansible-core"]
        return f"Python {self.python.text}, ansible-core {core}, amazon.aws {self.amazon_aws_version}"

    @property
    def amazon_aws_version(self) -> str:
        """The version of amazon.aws in it."""
        manifest = json.loads((self.amazon_aws / "MANIFEST.json").read_text(encoding="utf-8"))
        return str(manifest["collection_info"]["version"])


def development_environment() -> Environment:
    """`.venv`, kept on the Python it was made with as long as that runs and `PYTHON` does not name another."""
    python = choose(os.environ) if os.environ.get("PYTHON") else _present_python(ROOT / ".venv") or choose(os.environ)
    old = python.line == (3, 11)
    return Environment(
        ROOT / ".venv",
        python,
        REQUIREMENTS / ("python-3.11.txt" if old else "python-3.12.txt"),
        REQUIREMENTS / ("ansible-12.txt" if old else "ansible-14.txt"),
    )


def floor_environment(development: Python) -> Environment:
    """`.venv-floor`, on the Python of the development environment where the oldest ansible-core runs on it.

    Raises NoPython where none on this machine is old enough.
    """
    if development.line in FLOOR_PYTHONS:
        python = development
    else:
        python = choose({**os.environ, "PYTHON": ""}, FLOOR_PYTHONS)
    return Environment(ROOT / ".venv-floor", python, REQUIREMENTS / "floor.txt", REQUIREMENTS / "ansible-12.txt")


def ensure(environment: Environment, say: Callable[[str], object]) -> None:
    """Bring the environment to what its locks say; says one line per stage, or one that nothing was to do."""
    with _alone(environment.directory, say):
        stages = _stages(environment)
        # What comes after a stage rests on it, and is done again with it.
        missing = list(dropwhile(_Stage.is_done, stages))
        for stage in missing:
            started = time.monotonic()
            stage.action()
            stage.stamp()
            say(f"{environment.directory.name}: {stage.doing} ({time.monotonic() - started:.1f} s)")
        if not missing:
            say(f"{environment.directory.name} is ready: {environment.versions}")


@dataclass(frozen=True)
class _Stage:
    """A part of the set-up, with the file and digest that tell that it is complete, and what it must have left."""

    doing: str
    stamp_file: Path
    digest: str
    action: Callable[[], None]
    results: tuple[Path, ...]

    def is_done(self) -> bool:
        try:
            stamped = self.stamp_file.read_text(encoding="utf-8") == self.digest
        except OSError:
            return False
        return stamped and all(result.exists() for result in self.results)

    def stamp(self) -> None:
        self.stamp_file.parent.mkdir(exist_ok=True)
        unfinished = self.stamp_file.with_suffix(".new")
        unfinished.write_text(self.digest, encoding="utf-8")
        unfinished.replace(self.stamp_file)


def _stages(environment: Environment) -> list[_Stage]:
    stamps = environment.directory / "stamps"
    python, lock, carrier = environment.python, environment.lock, environment.carrier
    packages = _digest(str(ROOT), python.path, python.text, lock, Path(__file__))
    bytecode = _digest(packages, "bytecode")
    collections = _digest(bytecode, carrier)
    return [
        _Stage(
            f"Python {python.text} ({python.path}) with {len(pinned(lock))} packages of requirements/{lock.name}",
            stamps / "packages",
            packages,
            lambda: _install_packages(environment),
            (environment.interpreter,),
        ),
        _Stage(
            "compiled to bytecode",
            stamps / "bytecode",
            bytecode,
            lambda: _compile(environment, environment.directory / "lib"),
            (),
        ),
        _Stage(
            f"amazon.aws from ansible {pinned(carrier)['ansible']}, linked {'.'.join(COLLECTION)} to this checkout",
            stamps / "collections",
            collections,
            lambda: _bring_collections(environment),
            (environment.amazon_aws / "MANIFEST.json", environment.own_link / "galaxy.yml"),
        ),
    ]


def _install_packages(environment: Environment) -> None:
    # What an interrupted pip leaves behind cannot be trusted, so this stage always begins with nothing.
    shutil.rmtree(environment.directory, ignore_errors=True)
    _run([environment.python.path, "-m", "venv", str(environment.directory)])
    pip = [str(environment.interpreter), "-m", "pip", "install", "--no-compile", "--no-deps", "--require-hashes"]
    _run([*pip, "--only-binary", ":all:", "--requirement", str(environment.lock)])


def _bring_collections(environment: Environment) -> None:
    shutil.rmtree(environment.collections, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="athena-setup-") as scratch:
        pip = [str(environment.interpreter), "-m", "pip", "download", "--no-deps", "--require-hashes"]
        _run([*pip, "--only-binary", ":all:", "--dest", scratch, "--requirement", str(environment.carrier)])
        (wheel,) = Path(scratch).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(environment.collections, [n for n in archive.namelist() if n.startswith(AMAZON_AWS)])
    _compile(environment, environment.amazon_aws)
    link = environment.own_link
    link.parent.mkdir(parents=True)
    link.symlink_to(os.path.relpath(ROOT, link.parent), target_is_directory=True)


def _compile(environment: Environment, directory: Path) -> None:
    _run([str(environment.interpreter), "-m", "compileall", "-q", "-j", "0", str(directory)], may_fail=True)


def _run(command: list[str], may_fail: bool = False) -> None:
    # The user's own HOME, so that pip finds the user's settings and cache.
    environ = {name: value for name, value in os.environ.items() if name not in _UNWANTED}
    environ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    done = subprocess.run(command, env=environ, capture_output=True, stdin=subprocess.DEVNULL, text=True, check=False)
    if done.returncode and not may_fail:
        end = "\n".join((done.stdout + done.stderr).splitlines()[-30:])
        raise SetupFailed(f"{' '.join(command)}\nended with {done.returncode}:\n{end}")


def _present_python(directory: Path) -> Python | None:
    """The Python that an environment was made from, when it still runs."""
    present = probe(str(directory / "bin" / "python"))
    return present if present and os.access(present.path, os.X_OK) else None


def pinned(lock: Path) -> dict[str, str]:
    """The packages that a lock pins, with their versions."""
    return dict(_PIN.findall(lock.read_text(encoding="utf-8")))


def _digest(*parts: str | Path) -> str:
    """One digest of texts and of files' contents, in order."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else part.encode()
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


@contextmanager
def _alone(directory: Path, say: Callable[[str], object]) -> Iterator[None]:
    """Let one process at a time work on an environment; the others wait."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{directory.name.lstrip('.')}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{directory.name}: waiting for another set-up to finish")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
