# One entry for people and CI. A fresh clone needs only `make demo` or `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
STAMP   = $(VENV)/.installed

.PHONY: help setup demo test test-unit test-fleet check live-deps bench lock clean

help: ## show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(STAMP): pyproject.toml requirements/dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(STAMP)

setup: $(STAMP) ## make the virtual environment

demo: $(STAMP) ## move a small lab fleet on this machine and show the report
	$(BIN)/smartfleet demo

test: $(STAMP) ## all tests (live ones say what they miss, see live-deps)
	$(BIN)/python -m pytest

test-unit: $(STAMP) ## the fast tests alone
	$(BIN)/python -m pytest tests/unit

test-fleet: $(STAMP) ## the unit tests and those that drive Ansible against the lab
	$(BIN)/python -m pytest tests/unit tests/integration

check: $(STAMP) ## ruff, mypy --strict, ansible-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd playbooks && ../$(BIN)/ansible-lint --offline

live-deps: ## what the live tests need from Debian or Ubuntu (as root)
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
	  openssh-server sudo nextcloud-desktop xvfb dbus gnome-keyring libsecret-tools libglib2.0-0 python3-apt

bench: $(STAMP) ## print the figures of docs/performance.md
	$(BIN)/python -m bench

lock: ## write requirements/*.txt anew (needs uv)
	uv pip compile pyproject.toml --extra lab --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements/run.txt
	uv pip compile pyproject.toml --extra lab --extra postgresql --group dev -c requirements/run.txt --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements/dev.txt

clean: ## remove what make made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
