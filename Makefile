# `make` alone lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PART ?= all
LOCK = $(BIN)/uv pip compile --generate-hashes --universal --no-header --no-emit-index-url -q

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.compiled ## .venv with everything pinned by hash, the local Kafka's jars, compiled cores; nothing the second time

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("footprint needs Python 3.11 or newer; set PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock pyproject.toml footprint/local/kafka.lock.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m footprint.local.jars
	$(BIN)/python -m footprint.local.archiving
	@touch $@

$(VENV)/.compiled: $(VENV)/.runtime $(wildcard streams/core/*.py)
	$(BIN)/python -m footprint.compiling
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.compiled
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

up: setup ## run the whole pipeline on this machine; Ctrl-C stops it
	@[ ! -t 0 ] || set -m; $(BIN)/footprint up; exit $$? # its own foreground: Ctrl-C stops the pipeline and leaves make well

demo: setup ## send one realistic day through a throw-away pipeline and print what it tells
	@$(BIN)/python -m footprint.demo

test: $(VENV)/.dev ## every test, against a real local Kafka, ClickHouse and Chromium
	@tests/prepare-browser
	@$(BIN)/python -m pytest -n 3 --dist loadscope # on two cores: one of three processes mostly waits for a server

check: $(VENV)/.dev ## format, lint, types, import rules, sizes, generated files, docs
	@./check

format: $(VENV)/.dev ## put every file into its format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## measured throughput: PART=collector|streams|store|console|profiles|capacity|soak|all
	@$(BIN)/python -m bench $(PART)

chaos: $(VENV)/.dev ## kill and compare: PART=collector|streams|sinks|cluster|grow|console|image|all
	@$(BIN)/python -m tests.chaos $(PART)

screenshots: $(VENV)/.dev ## pictures of the console for docs/console, from a line that the demo fills
	@tests/prepare-browser
	@$(BIN)/python -m tests.integration.console.screenshots

lock: $(VENV)/.dev ## resolve the dependencies anew
	$(LOCK) pyproject.toml --group build --extra local -o requirements.lock
	$(LOCK) pyproject.toml --group build --extra local --extra dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) pyproject.toml -c requirements.lock -o deploy/requirements.lock
	$(LOCK) --group build -c requirements.lock -o deploy/requirements-build.lock

generate: $(VENV)/.dev ## write the generated files anew
	$(BIN)/python -m schemas.generate
	$(BIN)/python -m footprint.reference

.PHONY: help setup up demo test check format bench chaos screenshots lock generate
