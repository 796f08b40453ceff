# Every target in one line; `make` lists them.
RESIDENTS ?= 20000
SEED ?= 1
AS_OF ?= 2026-06-19
PORT ?= 8080
STATE ?= .state
PYTHON ?= python3
WORKERS ?= 2
SCALE ?= 0.1
ROUNDS ?= 5
ROWS ?= 1000000
STEPS ?= load,clean,checks,night,sources,warehouse
V = .venv/bin

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

run: .venv/ready ## everything from nothing: database, ward, Airflow, one whole night, screens
	@$(V)/receivables run --residents $(RESIDENTS) --seed $(SEED) --as-of $(AS_OF) --port $(PORT) --state $(STATE)

test: .venv/ready font ## the whole test suite, on two workers (WORKERS=0: in this process)
	@$(V)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

journey: ## a newcomer's two commands in an empty folder, as root and as an ordinary user (slow)
	@$(PYTHON) tests/journey/fresh_clone.py

stop: .venv/ready ## stop what make run started
	@$(V)/receivables stop --state $(STATE)

ui: .venv/ready ## where the screens are
	@$(V)/receivables ui --state $(STATE)

check: .venv/ready ## format, lint, types, imports, sizes, SQL; no services
	@$(V)/python -m tests.house.check

new-source: .venv/ready ## draft a department from a sample: FILE= SOURCE= TITLE= DEPARTMENT= OWNER= CLAIM= [ARGS=]
	@$(V)/receivables source draft "$(FILE)" --source "$(SOURCE)" --title "$(TITLE)" --department "$(DEPARTMENT)" --owner-dept "$(OWNER)" --claim-type "$(CLAIM)" $(ARGS)

bench: .venv/ready ## every step beside its limit and its peers; SCALE=1 is a whole ward, STEPS=load,clean some of them
	@$(MAKE) -s .venv-bench/ready || echo "the peers could not be installed: they are marked so"
	@$(V)/python -m bench --scale $(SCALE) --rounds $(ROUNDS) --steps $(STEPS)
	@$(MAKE) -s bench-migration-faults

bench-ward: .venv/ready ## a whole ward of 918,246 residents, step by step (half an hour); writes bench/ward.json
	@$(V)/python -m bench.whole_ward

bench-identity: .venv/ready ## matching of 2.2 million records beside plain Splink, and what each comparator is worth; writes bench/identity.json
	@$(V)/python -m bench.step_identity --persons 1200000 --rounds 3

bench-sending: .venv/ready ## 100,000 SMS under faults and kills (34 minutes); writes bench/sending.json
	@$(V)/python -m bench.step_sending

bench-letters: .venv/ready font ## 100,000 letters with slips and manifest; writes bench/letters.json
	@$(V)/python -m bench.step_letters --letters 100000

bench-reconcile: .venv/ready ## row-level reconciliation beside EXCEPT ALL, reladiff, DVT, datacompy, faults planted; ROWS=6000000 for the record; writes bench/reconcile.json
	@$(MAKE) -s .venv-bench/reconcile/ready || echo "some peers could not be installed: they are marked so"
	@$(V)/python -m bench.step_reconcile --rows $(ROWS) --rounds $(ROUNDS)

bench-migration-faults: .venv/ready font ## 520 faults planted in a whole migration rehearsal: found, named, no false alarm; writes bench/migration_faults.json
	@$(V)/python -m bench.step_migration_faults

lock: .venv/ready ## renew requirements.txt from requirements.in
	@$(V)/uv pip compile requirements.in --generate-hashes --no-annotate --no-header --python-version 3.11 -o requirements.txt -q
	@$(V)/uv pip compile bench/requirements.in --generate-hashes --no-annotate --no-header --python-version 3.11 -o bench/requirements.txt -q
	@$(V)/uv pip compile bench/requirements-reconcile.in --generate-hashes --no-annotate --no-header --python-version 3.11 -o bench/requirements-reconcile.txt -q

.venv/ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=…"; exit 5; }
	@echo "installing the locked environment into .venv (about a minute) …"
	@$(PYTHON) -m venv .venv || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -yqq python3-venv && $(PYTHON) -m venv .venv; } \
	  || { echo "no venv module: apt-get install python3-venv, then make again"; exit 5; }
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.txt > .venv/uv.txt
	@$(V)/python -m pip install -q --disable-pip-version-check --require-hashes -r .venv/uv.txt
	@$(V)/uv pip install -q --system-certs --require-hashes --compile-bytecode --python $(V)/python -r requirements.txt
	@$(V)/uv pip install -q --system-certs --no-deps --no-build-isolation --python $(V)/python -e .
	@touch $@

# Letters are set in this font alone; without it every part but letters works.
FONT = /usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc

font: ## the letters' font, from Debian when it is missing and we may install it
	@test -e $(FONT) || { [ "$$(id -u)" = 0 ] && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends fonts-noto-cjk; } \
	  || { echo "letters need their font: apt-get install fonts-noto-cjk, then make again"; exit 5; }

.venv-bench/ready: bench/requirements.txt | .venv/ready
	@echo "installing the benchmark's peers into .venv-bench …"
	@$(PYTHON) -m venv .venv-bench
	@$(V)/uv pip install -q --system-certs --require-hashes --python .venv-bench/bin/python -r bench/requirements.txt
	@touch $@

# The peers of reconciliation have pins that fit no others.
.venv-bench/reconcile/ready: bench/requirements-reconcile.txt | .venv/ready
	@echo "installing the peers of reconciliation into .venv-bench/reconcile …"
	@$(PYTHON) -m venv .venv-bench/reconcile
	@$(V)/uv pip install -q --system-certs --require-hashes --python .venv-bench/reconcile/bin/python -r bench/requirements-reconcile.txt
	@touch $@

.PHONY: help run test font journey stop ui check new-source bench bench-ward bench-identity bench-sending bench-letters bench-reconcile bench-migration-faults lock
