# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Everything is made and found inside the checkout: .venv (the environment) and .cache (logs, private homes, copies).
# `make PYTHON=/path/to/python ...` makes the environment with that Python instead of the newest that runs.

.DEFAULT_GOAL := help
.PHONY: help setup demo sandbox test unit integration verification mutation faults fleet examples bench lint docs sanity molecule build importer floor matrix browser lock clean

PYTHON ?=
export PYTHON
tools := @sh tools/start.sh

help: ## say what there is to make
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 20

setup: ## make the environment (every target below does it when needed)
	$(tools) setup

demo: ## provision a connection on a local AWS and query with a real client
	$(tools) demo

sandbox: ## run the local AWS in the foreground; prints its environment
	$(tools) sandbox

test: ## run every check below, two at a time
	$(tools) test

unit: ## unit tests
	$(tools) run unit

integration: ## modules and role against the local AWS
	$(tools) run integration

verification: ## discovery and verification against the local AWS
	$(tools) run verification

examples: ## every example of the documentation, run against the local AWS
	$(tools) run examples

mutation: ## every single change to what is managed: found, named, repaired (test: a sample)
	$(tools) run mutation

faults: ## every fault, kill and interleaving; make test runs a sample
	$(tools) run faults

bench: ## what a run costs beside what people use today; writes the page on performance
	$(tools) run bench

fleet: ## the example of a fleet, execution environments, controllers, pipelines
	$(tools) run fleet

lint: ## ruff, mypy, yamllint, ansible-lint, licences
	$(tools) run lint

docs: ## documentation and changelog; builds the site in .cache/site
	$(tools) run docs

sanity: ## ansible-test sanity, no ignore entries
	$(tools) run sanity

molecule: ## the molecule scenarios
	$(tools) run molecule

build: ## build the tarball twice, compare, install it offline, read it back
	$(tools) run build

importer: ## galaxy-importer, as Galaxy and Automation Hub run it on a collection
	$(tools) run importer

floor: ## unit tests with the oldest supported versions
	$(tools) run floor

matrix: ## sanity and unit tests on every supported ansible-core and Python; writes the page on releases
	$(tools) run matrix

browser: ## the page of the report in headless Chromium, where there is one; pictures in .cache/browser
	$(tools) run browser

lock: ## pin requirements/*.in anew
	$(tools) lock

clean: ## remove all that the tools made
	$(tools) clean
