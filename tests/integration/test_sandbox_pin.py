# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox fits one exact ministack, and says so loudly when a function it replaces or calls has moved."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from athena_sandbox import pin

REPOSITORY = Path(__file__).resolve().parents[2]
CORRECTIONS = sorted((REPOSITORY / "tests" / "sandbox" / "athena_sandbox").glob("*.py"))
TARGET = "ministack.core.iam_evaluator:enforce"


def in_a_process(code: str) -> subprocess.CompletedProcess[str]:
    """Run code apart from this process, in which ministack must not be set up."""
    code = f"import sys; sys.path.insert(0, {str(REPOSITORY / 'tests' / 'sandbox')!r}); {code}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_the_installed_ministack_is_the_pinned_one_and_nothing_moved() -> None:
    done = in_a_process("from athena_sandbox import pin; print('\\n'.join(pin.moved(pin.PINNED)))")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "", f"ministack moved under the sandbox; read what changed, then:\n{done.stdout}"


def test_the_requirements_pin_the_same_version() -> None:
    texts = [file.read_text(encoding="utf-8") for file in (REPOSITORY / "requirements").rglob("*.txt")]
    pinned = {version for text in texts for version in re.findall(r"(?m)^ministack(?:\[.*\])?==([^\s;]+)", text)}
    assert pinned == {pin.MINISTACK_VERSION}


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (TARGET, f"{TARGET} changed ("),
        ("ministack.core.iam_evaluator:no_such_function", "ministack.core.iam_evaluator:no_such_function is gone"),
        ("ministack.no_such_module:function", "ministack.no_such_module:function is gone"),
    ],
)
def test_what_moved_is_named(target: str, expected: str) -> None:
    done = in_a_process(f"from athena_sandbox import pin; print(pin.moved({{{target!r}: '0' * 16}}))")
    assert expected in done.stdout


def test_another_version_is_named() -> None:
    code = "from athena_sandbox import pin; pin.MINISTACK_VERSION = '0.0.1'; print(pin.moved(pin.PINNED))"
    assert f"ministack is {pin.MINISTACK_VERSION}, expected 0.0.1" in in_a_process(code).stdout


def test_a_changed_source_changes_its_hash() -> None:
    code = (
        "from athena_sandbox import pin; from ministack.core import iam_evaluator as module;"
        "module.enforce = module.evaluate; print(pin.moved({k: v for k, v in pin.PINNED.items() if 'enforce' in k}))"
    )
    assert f"{TARGET} changed (" in in_a_process(code).stdout


def test_the_server_refuses_to_start_when_something_moved(tmp_path: Path) -> None:
    code = (
        f"from athena_sandbox import pin, server; pin.PINNED[{TARGET!r}] = '0' * 16;"
        f"sys.argv[1:] = ['--sandbox-instance', 'x', '--directory', {str(tmp_path)!r}, '--port', '0'];"
        "sys.argv += ['--ready-fd', '1']; server.main()"
    )
    done = in_a_process(code)
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"{TARGET} changed (" in done.stderr


@pytest.mark.parametrize("file", CORRECTIONS, ids=lambda file: file.stem)
def test_every_private_name_of_ministack_that_is_used_is_pinned_or_data(file: Path) -> None:
    """`module._name(...)` calls and wrap() targets, read from the source, are all in the table."""
    text = file.read_text(encoding="utf-8")
    modules = dict(re.findall(r"(?m)^from ministack(?:\.services|\.core)? import (\w+)(?: as (\w+))?$", text))
    modules = {alias or name: name for name, alias in modules.items()}
    for grouped in re.findall(r"(?m)^from ministack\.(?:services|core) import ((?:\w+, )+\w+)$", text):
        modules |= {name: name for name in grouped.split(", ")}
    called = {
        f"{modules[module]}:{function}"
        for module, function in re.findall(r"\b(\w+)\.(_\w+)\(", text)
        if module in modules
    }
    pinned = {target.rpartition(".")[2] for target in pin.PINNED}
    assert called <= pinned
    assert set(re.findall(r'"(ministack\.[\w.]+:\w+)"', text)) <= set(pin.PINNED)
