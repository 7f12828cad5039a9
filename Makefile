# Every target sets up what it needs; nothing has to be prepared but Python 3.11+.
#   make demo [FOLDER=/path]   build, index and search a small library of sounds made here (or your own folder)
#   make test [EXTRAS=all]     all tests; EXTRAS names the optional parts to install and test with them
#   make check                 format, lint, types, import rule, unit tests: under a minute
#   make bench                 the measurements that the docs quote
#   make docs                  checks the docs: generated reference, links, snippets

PYTHON ?= python3
VENV ?= .venv
EXTRAS ?=
FOLDER ?=
BIN := $(VENV)/bin
comma := ,
EXTRA_LIST := $(if $(filter all,$(EXTRAS)),train$(comma)hub$(comma)speech$(comma)mic$(comma)whisper$(comma)test,test$(if $(EXTRAS),$(comma)$(EXTRAS)))

.PHONY: demo test check bench docs format python clean

demo: $(VENV)/.core
	@$(BIN)/sonotheque demo $(if $(FOLDER),--folder "$(FOLDER)")

test: $(VENV)/.test-$(subst $(comma),-,$(EXTRA_LIST))
	@$(BIN)/python -m pytest -q $(ARGS)

check: $(VENV)/.test-$(subst $(comma),-,$(EXTRA_LIST))
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/house tests/unit -m "not slow"

bench: $(VENV)/.test-bench-test
	@$(BIN)/python benchmarks/features.py
	@$(BIN)/python benchmarks/embed.py
	@$(BIN)/python benchmarks/ingest.py
	@$(BIN)/python benchmarks/boundaries.py
	@$(BIN)/python benchmarks/noise.py
	@$(BIN)/python benchmarks/mfcc_svm.py
	@$(BIN)/python benchmarks/held_out_names.py
	@$(BIN)/python benchmarks/teach.py
	@$(BIN)/python benchmarks/long_file.py
	@$(BIN)/python benchmarks/vectors.py

docs: $(VENV)/.test-test
	@$(BIN)/python -m pytest -q tests/docs

format: $(VENV)/.test-test
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Sonotheque needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
	  echo "Install one and name it: make $(firstword $(MAKECMDGOALS)) PYTHON=python3.12" >&2; exit 1; }

$(VENV)/bin/python: | python
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); $(PYTHON) -m virtualenv -q $(VENV); } || { \
	  echo "Neither venv nor virtualenv works with $(PYTHON)." >&2; \
	  echo "On Debian: apt-get install python3-venv; elsewhere: $(PYTHON) -m pip install virtualenv" >&2; exit 1; }

$(VENV)/.core: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Setting up in $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.test-%: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Setting up in $(VENV) with $(subst -,$(comma),$*) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$(subst -,$(comma),$*)]"
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis demo-out
