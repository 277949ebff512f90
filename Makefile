# One entry for people and CI. A fresh clone needs only `make demo` or `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
STAMP   = $(VENV)/.installed
# each worker has a lab of its own; a file's tests stay together, since they share its machines. The long ones come first.
# Five also on two cores: much of what they do is waiting
SPREAD  = -n 5 --dist loadfile --no-loadscope-reorder
# most of what is installed: Ansible compiles a collection's files itself, each time. And a template of PySide6
UNCOMPILED = '/ansible_collections/|\.tmpl\.py$$'
# compiled once, not by every worker and every child process of a test
export PYTHONDONTWRITEBYTECODE =

.PHONY: help setup demo test test-unit test-fleet test-fleet-shown test-live check live-deps bench lock clean

help: ## show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(STAMP): pyproject.toml requirements/dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --no-compile --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q -x $(UNCOMPILED) $(VENV)/lib
	touch $(STAMP)

setup: $(STAMP) ## make the virtual environment

demo: $(STAMP) ## move a small lab fleet on this machine and show the report
	$(BIN)/smartfleet demo

test: $(STAMP) ## all tests; the live ones, which wait most of the time, beside the others
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target test-fleet-shown test-live

# what it prints is shown at once; what the live tests print, in one piece when they have ended
test-fleet-shown:
	@$(MAKE) --no-print-directory --output-sync=none test-fleet

# one process more than there are cores: some tests wait
test-unit: $(STAMP) ## the fast tests alone
	$(BIN)/python -m pytest -n $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --dist loadfile --no-loadscope-reorder tests/unit

test-fleet: $(STAMP) ## the unit tests and those that drive Ansible against the lab
	$(BIN)/python -m pytest $(SPREAD) $(SELECT) tests/integration tests/unit

test-live: $(STAMP) ## the tests with a real client, sshd and desktop (they say what they miss, see live-deps)
	$(BIN)/python -m pytest tests/live

check: $(STAMP) ## ruff, mypy --strict, ansible-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd playbooks && ../$(BIN)/ansible-lint --offline

live-deps: ## what the live tests need from Debian or Ubuntu (as root)
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
	  openssh-server sudo nextcloud-desktop xvfb dbus gnome-keyring libsecret-tools libglib2.0-0 python3-apt \
	  dunst mono-mcs mono-runtime libmono-system-core4.0-cil libsqlite3-0 chromium minisign

bench: $(STAMP) ## print the figures of docs/performance.md
	$(BIN)/python -m bench

lock: ## write requirements/*.txt anew (needs uv)
	uv pip compile pyproject.toml --extra lab --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements/run.txt
	uv pip compile pyproject.toml --extra lab --extra postgresql --extra dask --group dev -c requirements/run.txt --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements/dev.txt

clean: ## remove what make made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
