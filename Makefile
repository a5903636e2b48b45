# One door. `make help` lists what there is.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
SITE ?= inventories/lab
# Of `drill` and `molecule`; `rollback-runner drill --list` names them. Left out: plain, or all of molecule's.
SCENARIO ?=
export PATH := $(CURDIR)/$(BIN):$(PATH)
export RR_HOME ?= $(CURDIR)

.DEFAULT_GOAL := help
.PHONY: help setup lab drill molecule drills test unit contract integration package execution-environment lint reference format bench clean

help: ## Show this list
	@grep -hE '^[a-z_-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: $(VENV)/.ready ## Make the virtual environment with everything in it

$(VENV)/.ready: pyproject.toml lab/setup_venv
	@lab/setup_venv $(VENV)
	@touch $@

lab: setup ## Start the lab: the IDC and the AWS side in containers
	@rollback-runner lab up

# Those of a bad release have a lab of their own, which they start by themselves.
drill: $(if $(filter bad-release% deployment_%,$(SCENARIO)),setup,lab) ## Run the whole rollback under live traffic (or SCENARIO=emergency, full_data_lost ...), and say where the report is
	@rollback-runner drill $(SCENARIO) -i $(SITE)

molecule: lab ## Every drill as a molecule scenario, twice and verified from outside, with a table of times (or SCENARIO=emergency)
	@lab/molecule_all $(SCENARIO)

test: unit contract integration ## Run every test

unit: setup ## Pure logic, no server
	@pytest -q -n 2 tests/unit

contract: setup ## What the parts promise each other
	@pytest -q -n 2 tests/contract

integration: lab ## Real servers, real ssh, real traffic
	@pytest -q -n 2 -m "not long" --durations=25 tests/integration

drills: lab ## The whole crash matrix and every fault: about an hour
	@pytest -q -m long tests/integration/drills tests/integration/deployment

package: setup ## Build the wheel, install it alone on each Python (PYTHONS="..."), run the unit tests against it
	@pytest -q tests/integration/package --ignore=tests/integration/package/test_lab_execution_environment.py

execution-environment: setup ## Build the images AWX runs the phases in; needs root, and no image registry
	@python -m execution

lint: setup ## ruff, mypy --strict, yamllint, ansible-lint production
	@ruff check . && ruff format --check .
	@mypy rollback_runner plugins/module_utils/failback lab execution
	@mypy plugins/action
	@yamllint .
	@ansible-lint

reference: setup ## Write docs/reference anew from what the project says of itself
	@python -m rollback_runner.reference

format: setup ## Let ruff lay the code out
	@ruff check --fix . && ruff format .

bench: lab ## Our cut, restore and comparison beside what a person would use: about 20 minutes
	@python -m benchmarks.cutover
	@python -m benchmarks.restore 1000000 3
	@python -m benchmarks.compare 3000000 3

clean: ## Stop and remove the lab (images stay)
	@rollback-runner lab down
