# One command each; the environment is made on first use and again when requirements.lock changes.
# Needs Python 3.11 or newer, make and git.

SHELL := /bin/sh
PYTHON ?=
PYTEST_ARGS ?=
BIN := .venv/bin

# The first Python that is new enough; 3.11 to 3.13 are those the lock was tried with.
FIND_PYTHON = for p in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$p; break; fi; done

.PHONY: help environment demo test lint format

help:
	@echo "make demo   an invented state, from source files to a scorecard"
	@echo "make test   the tests"
	@echo "make lint   ruff, mypy and import-linter"

environment:
	@found="$$($(FIND_PYTHON))"; \
	if [ -z "$$found" ]; then echo "No Python 3.11 or newer found; install one, or: make PYTHON=/path/to/python" >&2; exit 1; fi; \
	"$$found" .ci/environment

demo: environment
	@$(BIN)/spm demo

test: environment
	@$(BIN)/python -m pytest -q $(PYTEST_ARGS) </dev/null

lint: environment
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy </dev/null
	@$(BIN)/lint-imports

format: environment
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .
