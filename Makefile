# Everything is set up in .venv; the only prerequisites are Python >= 3.11 and a C++ compiler.
# PYTHON=/path/to/python picks another interpreter for the environment, PYTEST_ARGS is handed to pytest.

.DEFAULT_GOAL := help
.PHONY: help venv kernels demo test check format lint types api-exercised services test-services bench soak sanitize wheel clean

PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$name -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$name; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
STAMP := $(VENV)/.installed
MINUTES ?= 10
PYTEST_ARGS ?=
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(STAMP) ## Set up .venv with everything that development needs

$(PY):
	@test -n "$(PYTHON)" || { echo "Levada needs Python >= 3.11 with venv; none was found. PYTHON=/path/to/python names one." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(STAMP): $(PY) pyproject.toml
	$(PY) -m pip install --quiet --editable '.[dev,all]'
	@touch $@

kernels: $(STAMP) ## Compile the native kernels in place
	@$(PY) tools/kernels.py

demo: kernels ## The main job on real data, killed half-way and checked (TAMPER=drop|double must fail)
	TAMPER=$(TAMPER) $(PY) demo/flights.py

test: kernels ## The test suite, without what needs real servers
	$(PY) -m pytest $(PYTEST_ARGS)

check: format lint types test ## Format, lint, types, tests

format: $(STAMP)
	$(BIN)/ruff format --check

lint: $(STAMP)
	$(BIN)/ruff check

types: $(STAMP)
	$(BIN)/mypy
	$(BIN)/mypy tools

api-exercised: kernels ## Names of the API that no test runs (none is the goal)
	$(PY) tools/api_exercised.py $(PYTEST_ARGS)

services: $(STAMP) ## Install and start the real servers that tests use
	@$(PY) tools/services.py start

test-services: kernels ## The tests that need real servers
	@$(PY) tools/services.py test $(PYTEST_ARGS)

bench: kernels ## The figures, beside the peers
	$(PY) -m levada bench

soak: kernels ## A long run under load: MINUTES=n
	$(PY) tools/soak.py --minutes $(MINUTES)

sanitize: $(STAMP) ## The kernels' tests under the address and undefined-behaviour sanitizers
	$(PY) tools/sanitize.py

wheel: $(STAMP) ## Build the wheel and try it in an empty directory
	$(PY) tools/try_wheel.py

clean: ## Remove what was built; .venv stays
	rm -rf build dist wheelhouse src/levada/_kernels.*.so src/levada/_kernels.*.pyd
