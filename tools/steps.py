# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of `make test`. Each runs its tools through the transcript it is given and returns counts."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .commands import Transcript
from .environment import Environment, ensure, floor_environment
from .importer import importer_environment, show_amazon_aws, with_repository, write_settings
from .matrix import PAGE, all_cells, on_page, printed, row
from .paths import BUILD, CACHE, COLLECTION, RESULTS, ROOT
from .private import give_pip_settings, private_environment
from .pythons import NoPython
from .release import has_fragments, make_changelog
from .results import Outcome, of_checks, of_importer, of_molecule, of_pytest, of_sanity
from .site import build_site, where
from .tarball import normalise, source_date
from .tree import copy_tree

FULL_NAME = ".".join(COLLECTION)
# Tests themselves are left to the tests.
_TYPED = ("tests/clients", "tests/demo", "tests/faults/fault_proxy", "tests/sandbox/athena_sandbox", "tools")
_VERIFICATION = "tests/integration/verification"
_MUTATION = "tests/mutation"
_FAULTS = "tests/faults"
_BENCHMARKS = "tests/benchmarks"
_FLEET = "tests/fleet"
_EXAMPLES = "tests/examples"
_DEMO = ["python", "tests/sandbox", "exec", "--", "python", "tests/demo/run.py"]

# What of the checkout a user gets; anything else in the tarball is a line missing in galaxy.yml.
_SHIPPED = {
    "CHANGELOG.rst",
    "CONTRIBUTING.md",
    "FILES.json",
    "LICENSE",
    "MANIFEST.json",
    "README.md",
    "bindep.txt",
    "changelogs",
    "docs",
    "meta",
    "playbooks",
    "plugins",
    "requirements.txt",
    "roles",
}


@dataclass(frozen=True)
class Context:
    """What a step works with."""

    step: str
    environment: Environment
    transcript: Transcript

    @property
    def environ(self) -> dict[str, str]:
        """The variables its commands run with."""
        return private_environment(self.environment, self.step) | {"NO_COLOR": "1"}

    def within(self, environment: Environment, step: str = "") -> Context:
        """The same in another environment, which is made where it is not there yet; step: under another name."""
        ensure(environment, self.transcript.write)
        return Context(step or self.step, environment, self.transcript)

    def run(self, *command: str, directory: Path = ROOT, **variables: str) -> bool:
        """Run one command; returns whether it ended well."""
        return self.transcript.run(list(command), self.environ | variables, directory).returncode == 0


def _pytest(context: Context, directory: str, *options: str) -> Outcome:
    report = RESULTS / f"{context.step}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    command = ["python", "-m", "pytest", directory, f"--junitxml={report}", *options]
    finished = context.transcript.run(command, context.environ)
    return of_pytest(report.read_text(encoding="utf-8") if report.exists() else None, finished.returncode)


def unit(context: Context) -> Outcome:
    """pytest: unit tests"""
    return _pytest(context, "tests/unit")


def integration(context: Context) -> Outcome:
    """pytest: modules and role against the sandbox"""
    return _pytest(context, "tests/integration", f"--ignore={_VERIFICATION}")


def verification(context: Context) -> Outcome:
    """pytest: discovery and verification against the sandbox"""
    return _pytest(context, _VERIFICATION)


def examples(context: Context) -> Outcome:
    """pytest: every example of the documentation"""
    return _pytest(context, _EXAMPLES)


def browser(context: Context) -> Outcome:
    """pytest: the page of the report in headless Chromium"""
    outcome = _pytest(context, "tests/browser")
    # Where there is no browser, each test says so.
    return outcome if outcome.passed or outcome.failed else Outcome(skipped=outcome.skipped, notes=outcome.notes[:1])


def mutation(context: Context) -> Outcome:
    """pytest: every mutation and rewrite of provisioned connections"""
    return _pytest(context, _MUTATION)


def mutation_sample(context: Context) -> Outcome:
    """pytest: some mutations and rewrites of each kind"""
    return _pytest(context, _MUTATION, "--every=100")


def faults(context: Context) -> Outcome:
    """pytest: every fault, kill and interleaving"""
    return _pytest(context, _FAULTS)


def faults_sample(context: Context) -> Outcome:
    """pytest: faults and kills, a sample of those that are many alike"""
    return _pytest(context, _FAULTS, "-m", "not exhaustive")


def bench(context: Context) -> Outcome:
    """pytest: what a run costs beside what people use today; writes the page on performance"""
    return _pytest(context, _BENCHMARKS, "--write-page")


def bench_sample(context: Context) -> Outcome:
    """pytest: the calls of a run beside those of a script, once"""
    few = ("--tables=10", "--connections=1", "--added=", "--rounds=1", "--peers=role,boto3")
    return _pytest(context, _BENCHMARKS, *few, "-k", "calls or memory")


def fleet(context: Context) -> Outcome:
    """pytest: the example of a fleet, execution environments, controllers and pipelines"""
    return _pytest(context, _FLEET)


def floor(context: Context) -> Outcome:
    """the unit tests with the oldest supported ansible-core, amazon.aws and boto3"""
    try:
        environment = floor_environment(context.environment.python)
    except NoPython as error:
        return Outcome(skipped=1, notes=(f"skipped: ansible-core 2.19 is the floor: {error}",))
    return _other_versions(context.within(environment))


def _other_versions(context: Context) -> Outcome:
    """pytest: the unit tests in another environment than `.venv`."""
    paths = f"pythonpath={context.environment.collections.relative_to(ROOT)} tests/sandbox ."
    # What is tried by the hundred says little more of versions.
    left_out = "--ignore=tests/unit/hostile"
    return _pytest(context, "tests/unit", left_out, "-o", paths, "-o", f"cache_dir=.cache/pytest-{context.step}")


def matrix(context: Context) -> Outcome:
    """sanity and unit tests on every supported ansible-core and Python; writes the table on the page on releases"""
    outcome, rows = Outcome(), []
    for cell in all_cells():
        environment = cell.environment()
        if environment is None:
            rows.append(row(cell, None, None, None))
            continue
        here = context.within(environment, f"{context.step}-{cell.name}")
        tried = sanity(here), _other_versions(here)
        rows.append(row(cell, environment, *tried))
        outcome += tried[0] + tried[1]
    for line in printed(rows):
        context.transcript.write(line)
    PAGE.write_text(on_page(PAGE.read_text(encoding="utf-8"), rows, datetime.now(UTC).date()), encoding="utf-8")
    return outcome


def lint(context: Context) -> Outcome:
    """ruff, mypy, yamllint, ansible-lint, licences"""
    mypy = ["mypy", "--namespace-packages", "--explicit-package-bases"]
    return of_checks(
        [
            ("ruff check", context.run("ruff", "check", "--quiet", ".")),
            ("ruff format", context.run("ruff", "format", "--check", "--quiet", ".")),
            ("mypy plugins", context.run(*mypy, "-p", f"ansible_collections.{FULL_NAME}.plugins")),
            ("mypy tests and tools", context.run(*mypy, *_TYPED)),
            ("yamllint", context.run("yamllint", "--strict", ".")),
            ("ansible-lint", context.run("ansible-lint", "--profile", "production", "--offline")),
            ("licences", context.run("python", "-m", "tools.licences")),
        ]
    )


def docs(context: Context) -> Outcome:
    """antsibull and Sphinx: documentation of modules and role, the site, changelog"""
    copy = copy_tree(context.environment, context.step)
    lint_docs = ["antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs=self", "."]
    outcome = of_checks(
        [
            ("collection docs", context.run(*lint_docs, directory=copy)),
            ("changelog", context.run("antsibull-changelog", "lint", directory=copy)),
            *_changelog_pages(context, copy),
            ("site", build_site(context.run, copy.parents[2])),
        ]
    )
    context.transcript.write(where())
    return outcome


def _changelog_pages(context: Context, copy: Path) -> Iterator[tuple[str, bool]]:
    """Whether the page of the changelog is what its data makes, and whether what waits can be released."""
    page = copy / "CHANGELOG.rst"
    if page.exists():
        committed = page.read_bytes()
        generated = context.run("antsibull-changelog", "generate", directory=copy)
        yield "changelog page", generated and page.read_bytes() == committed
    if has_fragments(copy):
        make_changelog(context.environment, copy, datetime.now(UTC).date())
        yield "a release can be made", True


def sanity(context: Context) -> Outcome:
    """ansible-test sanity, with no ignore entries"""
    entries = [path.name for path in (ROOT / "tests" / "sanity").glob("ignore-*.txt")]
    copy = copy_tree(context.environment, context.step)
    home = Path(context.environ["HOME"])
    give_pip_settings(context.environment, home)
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for name in _pip_downloads(context.environment):
        shutil.copyfile(ROOT / "tools" / "get_pip.py", cache / name)
    listed = context.transcript.run(["ansible-test", "sanity", "--list-tests"], context.environ, copy).output
    names = [line for line in listed.splitlines() if line and " " not in line]
    python = ".".join(map(str, context.environment.python.line))
    command = ["ansible-test", "sanity", "--local", "--python", python, "--color", "no"]
    finished = context.transcript.run(command, context.environ, copy)
    return of_sanity(names, finished.output, finished.returncode) + of_checks((name, False) for name in entries)


def _pip_downloads(environment: Environment) -> list[str]:
    """The name under which this ansible-test looks for its pip download."""
    (source,) = environment.directory.glob("lib/python*/site-packages/ansible_test/_internal/python_requirements.py")
    versions = set(re.findall(r"^\s+pip='([\d.]+)'", source.read_text(encoding="utf-8"), re.MULTILINE))
    return [f"get_pip_{version.replace('.', '_')}.py" for version in sorted(versions)]


def molecule(context: Context) -> Outcome:
    """the scenarios in extensions/molecule"""
    scenarios = sorted(path.parent.name for path in ROOT.glob("extensions/molecule/*/molecule.yml"))
    state = Path(context.environ["HOME"]) / "state"

    def leave_nothing() -> None:
        if state.exists():
            context.run("python", "tests/sandbox", "stop", "--state-file", str(state / "sandbox.json"))
            shutil.rmtree(state)

    # After a run that was killed molecule would take its sandbox for a living one.
    leave_nothing()
    variables = context.environ | {"MOLECULE_EPHEMERAL_DIRECTORY": str(state)}
    try:
        finished = context.transcript.run(["molecule", "test", "--all"], variables)
    finally:
        leave_nothing()
    return of_molecule([name for name in scenarios if name != "default"], finished.output, finished.returncode)


def demo(context: Context) -> Outcome:
    """the demonstration"""
    return of_checks([("demo", context.run(*_DEMO))])


def demo_command() -> list[str]:
    """The demonstration, for a terminal."""
    return _DEMO


def _built(context: Context, name: str, output: Path, seconds_later: int = 0) -> Path | None:
    """The tarball of a copy of the checkout of its own, whose files are so much younger; None where that failed."""
    copy = copy_tree(context.environment, name)
    for path in copy.rglob("*") if seconds_later else ():
        os.utime(path, times=(path.stat().st_mtime + seconds_later,) * 2)
    output.mkdir(parents=True, exist_ok=True)
    if not context.run("ansible-galaxy", "collection", "build", "--output-path", str(output), directory=copy):
        return None
    (tarball,) = output.glob("*.tar.gz")
    normalise(tarball, source_date())
    return tarball


def build(context: Context) -> Outcome:
    """build the tarball twice, install it offline where nothing else is, and read it back"""
    tree = CACHE / "trees" / "installed"
    shutil.rmtree(tree, ignore_errors=True)
    amazon_aws = tree / "ansible_collections" / "amazon" / "aws"
    amazon_aws.parent.mkdir(parents=True)
    amazon_aws.symlink_to(context.environment.amazon_aws, target_is_directory=True)
    elsewhere = {"ANSIBLE_COLLECTIONS_PATH": str(tree), "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "false"}
    galaxy = ["ansible-galaxy", "collection"]
    tarball, again = _built(context, context.step, tree), _built(context, f"{context.step}-again", tree / "again", 1)
    if not tarball or not again:
        return Outcome(failed=1, notes=("failed: build",))
    BUILD.mkdir(parents=True, exist_ok=True)
    shutil.copy(tarball, BUILD)
    install = [*galaxy, "install", "--offline", "--collections-path", str(tree), str(tarball)]
    if not context.run(*install, directory=tree, **elsewhere):
        return Outcome(passed=1, failed=1, notes=("failed: install",))
    installed = tree.joinpath("ansible_collections", *COLLECTION)
    unexpected = {path.name for path in installed.iterdir()} - _SHIPPED

    def listed(kind: str) -> set[str]:
        command = ["ansible-doc", "--json", "--list", "--type", kind, FULL_NAME]
        output = context.transcript.run(command, context.environ | elsewhere, tree).output
        return set(json.loads(output[output.index("{") :]))

    modules = {f"{FULL_NAME}.{path.stem}" for path in (ROOT / "plugins" / "modules").glob("*.py")}
    roles = {f"{FULL_NAME}.{path.name}" for path in (ROOT / "roles").iterdir()}
    playbooks = {path.name for path in (ROOT / "playbooks").glob("*.yml")}
    installed_playbooks = {path.name for path in (installed / "playbooks").glob("*.yml")}
    verify = [*galaxy, "verify", "--offline", FULL_NAME]
    return Outcome(passed=2) + of_checks(
        [
            ("a second build, elsewhere and later, is the same", tarball.read_bytes() == again.read_bytes()),
            (f"only what users need is shipped, not {', '.join(sorted(unexpected))}", not unexpected),
            ("checksums", context.run(*verify, directory=tree, **elsewhere)),
            ("modules are listed", bool(modules) and listed("module") == modules),
            ("modules are documented", context.run("ansible-doc", *sorted(modules), directory=tree, **elsewhere)),
            ("roles are listed", bool(roles) and listed("role") == roles),
            ("playbooks are there", bool(playbooks) and installed_playbooks == playbooks),
        ]
    )


def importer(context: Context) -> Outcome:
    """galaxy-importer, which Galaxy and Automation Hub run on what is handed in"""
    try:
        environment = importer_environment(context.environment.python)
    except NoPython as error:
        return Outcome(skipped=1, notes=(f"skipped: galaxy-importer needs Python 3.12 or 3.13: {error}",))
    here = context.within(environment)
    show_amazon_aws(environment)
    copy = copy_tree(environment, context.step)
    told = Outcome()
    if with_repository(copy):
        told = Outcome(notes=("galaxy.yml names no repository, which Galaxy asks for: looked at with an example",))
    output = copy.parents[2]
    if not here.run("ansible-galaxy", "collection", "build", "--output-path", str(output), directory=copy):
        return Outcome(failed=1, notes=("failed: build",))
    (tarball,) = output.glob("*.tar.gz")
    variables = here.environ | {"GALAXY_IMPORTER_CONFIG": str(write_settings(output))}
    finished = here.transcript.run(["python", "-m", "galaxy_importer.main", str(tarball)], variables, output)
    return of_importer(finished.output, finished.returncode) + told


# The longest first: two run at a time.
STEPS: dict[str, Callable[[Context], Outcome]] = {
    step.__name__: step
    for step in (
        *(integration, verification, molecule, mutation_sample, examples, faults_sample, sanity, fleet, unit),
        *(bench_sample, lint, floor, demo, importer, docs, build),
    )
}

# What `make test` leaves out: it needs what few machines have, or takes too long.
_ON_REQUEST: dict[str, Callable[[Context], Outcome]] = {
    step.__name__: step for step in (browser, mutation, faults, bench, matrix)
}
EVERY_STEP = STEPS | _ON_REQUEST
