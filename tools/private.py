# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment variables that commands run with: nothing of the user's Ansible, AWS or Python settings.

Each step has a HOME of its own, so that it neither reads from nor leaves anything in the user's.
"""

from __future__ import annotations

import ast
import configparser
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from .environment import Environment
from .paths import CACHE, HOMES, ROOT

_PASSED_ON = (
    "CHROMIUM",
    "CI",
    "LD_LIBRARY_PATH",
    "NO_PROXY",
    "TERM",
    "TERRAFORM_PLUGINS",
    "TMPDIR",
    "USER",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
)


def private_environment(environment: Environment, step: str) -> dict[str, str]:
    """All variables for the commands of one step; its HOME is made."""
    home = HOMES / step
    home.mkdir(parents=True, exist_ok=True)
    # An empty one: without it Ansible would go on to the machine's own.
    config = home / "ansible.cfg"
    config.write_text("[defaults]\n", encoding="utf-8")
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {
        "HOME": str(home),
        "PATH": f"{environment.directory / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(environment.collections),
        "ANSIBLE_CONFIG": str(config),
        "ANSIBLE_HOME": str(home / ".ansible"),
        # Its default begins with a ~ that is looked up in the user database, not in HOME.
        "ANSIBLE_REMOTE_TEMP": str(home / ".ansible" / "tmp"),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        # What lies below the checkout is not in its git: tools that copy "what git knows" would copy nothing.
        "GIT_CEILING_DIRECTORIES": str(ROOT),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(CACHE / "hypothesis"),
        "PYTHONUNBUFFERED": "1",
    }


def give_pip_settings(environment: Environment, home: Path) -> None:
    """Write the user's pip settings (indexes, certificates, proxy, cache) where a pip with this HOME finds them.

    ansible-test hands no variable on to the pip it runs, so a file is the only way.
    """
    pip = [str(environment.interpreter), "-m", "pip"]
    settings = read_settings(_output([*pip, "config", "list"]).splitlines())
    proxy = os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy")
    if proxy:
        settings["global"].setdefault("proxy", proxy)
    settings["global"].setdefault("cache-dir", _output([*pip, "cache", "dir"]).strip())
    settings["global"]["quiet"] = "1"
    parser = configparser.RawConfigParser()
    parser.read_dict(settings)
    directory = home / ".pip"
    directory.mkdir(parents=True, exist_ok=True)
    # An index may be named with a password in it.
    descriptor = os.open(directory / "pip.conf", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        parser.write(file)


def read_settings(lines: Iterable[str]) -> dict[str, dict[str, str]]:
    """What `pip config list` says, by section; variables win over files, as they do in pip itself."""
    sections: dict[str, dict[str, str]] = {"global": {}}
    from_variables: dict[str, str] = {}
    for line in lines:
        name, equals, value = line.partition("=")
        section, dot, option = name.rpartition(".")
        if not equals or not dot:
            continue
        target = from_variables if section == ":env:" else sections.setdefault(section, {})
        target[option] = str(ast.literal_eval(value))
    sections["global"] |= from_variables
    return sections


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""
