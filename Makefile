# `make help` lists what there is. Everything is installed into .venv from requirements.lock.

VENV := .venv
PY := $(VENV)/bin/python
LIBRARIES := $(VENV)/.libraries
PROJECT := $(VENV)/.project
PACKAGES := ledger projectors scenarios schemas services
SOURCES := $(shell find $(PACKAGES) -type f -not -name '*.pyc' -not -name '*.so') pyproject.toml setup.py LICENSE

# The newest Python that runs (a version manager may have names that do not) and can make a venv.
FIND_PYTHON = for p in $(PYTHON) python3.14 python3.13 python3.12 python3.11 python3; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v "$$p" && break; done

# The two forms (docs/adr/0005). Pure is this tree; compiled is what is installed in .venv, if there is a C
# compiler. Both settings hold in every process a test starts, whatever its directory.
PURE := env LEDGER_FORM=pure PYTHONSAFEPATH=1 PYTHONPATH=$(CURDIR) $(PY)
INSTALLED = env LEDGER_FORM=$$(cat $(PROJECT)) PYTHONSAFEPATH=1 PYTHONPATH= $(PY)
FAULTS_OF = $(INSTALLED) -c 'import sys; sys.path.append("$(CURDIR)"); from benchmarks.faults.__main__ import main; sys.exit(main())'
WORKERS ?= auto
DATA ?= demo-data
ACCOUNTS ?= 2000
SOAK_S ?= 60
BROKERS ?= 1
LIVE ?= 0

.DEFAULT_GOAL := dev
.PHONY: help dev demo demo-down day up down check test static test-pure test-installed test-browser test-clients test-kafka faults soak bench bench-api bench-dashboard bench-peers bench-reads docs screenshots format lock clean bench-remedies

help: ## Say what the targets do
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "  make %-14s %s\n", $$1, $$2}'

dev: $(PROJECT) ## Install everything into .venv, compiled if there is a C compiler
	@$(VENV)/bin/ledger --version

demo: $(PROJECT) ## Play the day of 2026-01-19 twice, with a report and a running dashboard (DATA=demo-data ACCOUNTS=2000)
	@$(VENV)/bin/ledger demo --data $(DATA) --accounts $(ACCOUNTS)

demo-down: $(PROJECT) ## End the dashboard that `make demo` left running (it ends by itself after an hour without a request)
	@$(VENV)/bin/ledger demo --data $(DATA) --down

day: $(PROJECT) ## Play the whole tape, 8,000 accounts, with every protection alone, and check what came of it (15 minutes)
	$(INSTALLED) -m pytest -o pythonpath= -m day tests/day

up: ## Start a ledger on Kafka in containers and wait until it is ready (BROKERS=1 or 3; LIVE=1 with keeper and feeds)
	@BROKERS=$(BROKERS) LIVE=$(LIVE) docker/up

down: ## Stop it; what it holds is kept (docker/compose down -v throws it away)
	@BROKERS=$(BROKERS) docker/compose down --remove-orphans

check: static ## Format, lint, types, layers, generated files, unit and property tests: seconds
	@$(PURE) -m pytest -q -n $(WORKERS) tests/unit tests/property tests/tidy

test: static test-pure test-installed test-clients test-browser test-kafka ## Every check and every test in both forms, and on real brokers

static: $(LIBRARIES)
	@$(VENV)/bin/ruff format --check --quiet . || { echo "run: make format"; exit 1; }
	@$(VENV)/bin/ruff check --quiet .
	@$(PURE) -m mypy
	@env PYTHONPATH=$(CURDIR) $(VENV)/bin/lint-imports
	@$(PURE) -m schemas.generate --check
	@$(PURE) -m ledger.edge.refusals_page --check
	@$(PURE) -m ledger.edge.rules_page --check
	@$(PURE) -m docs.generate --check

test-pure: $(LIBRARIES) ## Every test, on the plain Python of this tree
	$(PURE) -m pytest -n $(WORKERS) -m "not kafka and not day and not clients and not browser"

test-installed: $(PROJECT) ## Every test, on what is installed: the compiled form
	$(INSTALLED) -m pytest -n $(WORKERS) -o pythonpath= -m "not kafka and not day and not clients and not browser"

build/clients: tests/clients/requirements.txt
	@[ -x $@/bin/python ] || $(PY) -m venv $@
	@$@/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --requirement $<
	@touch $@

test-clients: $(PROJECT) build/clients ## The API read with ccxt and paradex-py (needs packages)
	$(INSTALLED) -m pytest -o pythonpath= -m clients tests/clients

test-browser: $(PROJECT) ## The dashboard in a real browser (needs Chromium or Chrome)
	$(INSTALLED) -m pytest -o pythonpath= -m browser tests/browser

test-kafka: $(PROJECT) ## The tests against real brokers in containers (needs a Docker engine)
	$(INSTALLED) -m pytest -o pythonpath= -m kafka

faults: $(PROJECT) ## Make every fault on real brokers and print what was lost (SEED=7 FAULTS=disk_full); writes faults.json
	@$(FAULTS_OF) --output faults.json $(if $(SEED),--seed $(SEED)) $(FAULTS)

soak: $(PROJECT) ## Make random faults on real brokers (SOAK_S=60, BROKERS=1, SEED=7)
	@$(FAULTS_OF) --soak $(SOAK_S) --brokers $(BROKERS) $(if $(SEED),--seed $(SEED))

bench: $(PROJECT) ## Measure both forms, on the local disk and on Kafka, print a table, write bench.json
	@mkdir -p build
	@$(PURE) -m benchmarks --output bench.json --folder build

build/peers: benchmarks/peers/requirements.txt
	@[ -x $@/bin/python ] || $(PY) -m venv $@
	@$@/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

bench-reads: $(PROJECT) build/peers ## The table of the read side, quixstreams beside it; needs a Docker engine (ARGS=--full)
	@$(INSTALLED) -c 'import sys; sys.path.append("."); from benchmarks.reads import main; main()' \
		--python build/peers/bin/python --folder build --output bench-reads.json $(ARGS)

bench-api: $(PROJECT) build/peers ## How fast the API answers: 1,000 reads a second, 100 thousand accounts (ARGS=--seconds 60)
	@$(INSTALLED) -c 'import sys; sys.path.append("."); from benchmarks.api import main; main()' \
		--python build/peers/bin/python $(ARGS)

bench-dashboard: $(PROJECT) ## How soon the dashboard paints, and shows what was committed (needs Chromium)
	@$(INSTALLED) -c 'import sys; sys.path.append("."); from benchmarks.dashboard import main; main()' $(ARGS)

bench-remedies: $(PROJECT) ## The table of rollback and audit at a million events (ARGS="--history 50")
	@mkdir -p build
	@$(INSTALLED) -c 'import sys; sys.path.append("."); from benchmarks.remedies import main; main()' \
		--folder build --output bench-remedies.json $(ARGS)

bench-peers: $(PROJECT) build/peers ## Rebuild views beside quixstreams on one broker, print JSON (needs a Docker engine and packages)
	@$(INSTALLED) -c 'import sys; sys.path.append("."); from benchmarks.peers.rebuild import main; main()' \
		--python build/peers/bin/python $(ARGS)

docs: $(LIBRARIES) ## Write messages, wire codec and docs/reference again; check links, commands and routes in all pages
	@$(PURE) -m schemas.generate
	@$(PURE) -m ledger.edge.refusals_page
	@$(PURE) -m ledger.edge.rules_page
	@$(PURE) -m tests.corruptions.page
	@$(PURE) -m docs.generate

screenshots: $(PROJECT) ## Take the dashboard's pictures in docs/images again, from what `make demo` left (needs Chromium or Chrome)
	@$(PURE) -m tests.browser.screenshots $(DATA)/as-it-was

format: $(LIBRARIES) ## Format the code and mend what the linter can mend by itself
	@$(VENV)/bin/ruff check --quiet --fix-only .
	@$(VENV)/bin/ruff format --quiet .

# Markers are cut off because every package is for every supported Python and machine.
lock: $(LIBRARIES) ## Resolve the dependencies again into requirements.lock (needs uv)
	@mkdir -p build
	@uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --upgrade --quiet --fork-strategy fewest \
		--generate-hashes --no-emit-index-url --no-annotate --no-header -o build/requirements.lock
	@sed 's/ ; python_full_version.*\\$$/ \\/' build/requirements.lock > requirements.lock

clean: ## Remove .venv and everything that was built (not the data of a ledger)
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(PACKAGES) tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

$(LIBRARIES): requirements.lock
	@set -e; if [ ! -x $(PY) ]; then \
		python=$$($(FIND_PYTHON)); \
		[ -n "$$python" ] || { echo "Python 3.11 or newer with venv is needed; name one with PYTHON=..." >&2; exit 1; }; \
		echo "making $(VENV) with $$python"; \
		"$$python" -m venv $(VENV); \
	fi
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

# A wheel and not an editable install: the compiled form lies in .venv and this tree stays plain Python.
$(PROJECT): $(LIBRARIES) $(SOURCES)
	@echo "installing the project (with a C compiler: compiling it, which takes a minute)"
	@rm -rf build/lib* build/bdist*
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --force-reinstall .
	@cd / && env PYTHONPATH= $(CURDIR)/$(PY) -m ledger.form > $(CURDIR)/$@
	@echo "installed: the $$(cat $@) form$$(grep -q pure $@ && echo ' (no C compiler was used; everything works, several times slower)')"
