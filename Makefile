# Every target that needs an environment makes it first; nothing is installed outside this directory.
SHELL := /bin/bash
BIN := .venv/bin
# One worker more than a small machine has cores: many tests wait for a station.
PYTEST := $(BIN)/pytest -n 3 -q --durations=5 --durations-min=5
# Stations are started by the hundred: what Python compiled is kept, whatever the shell says.
export PYTHONDONTWRITEBYTECODE :=
SECONDS_EACH ?= 300

.DEFAULT_GOAL := help
.PHONY: help setup demo screenshots test soak bench fuzz lint lock clean distclean

help:  ## what can be made here
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 18

BUILT := frontend/node_modules/.made

setup: .venv/made verifier/node_modules/.made $(BUILT)  ## install everything into .venv; leaves .venv/bin/openline

.venv/made: requirements.lock pyproject.toml tools/setup
	@tools/setup
	@touch $@

verifier/node_modules/.made: verifier/package-lock.json tools/setup-node | .venv/made
	@tools/setup-node
	@touch $@

$(BUILT): frontend/package-lock.json $(wildcard frontend/*.js frontend/*.mjs) tools/setup-frontend
$(BUILT): | verifier/node_modules/.made
	@tools/setup-frontend
	@touch $@

demo: .venv/made $(BUILT)  ## the story of 27 July 2021 on both consoles, its record proved, broken; two live stations
	@$(BIN)/openline demo --live

screenshots: setup  ## every page of the console as a picture, in reports/screenshots; PAGES="acts inbox": only those
	@tools/setup-services
	@$(BIN)/python -m tests.browser.screenshots $(PAGES)

lint: .venv/made  ## ruff, mypy --strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/mypy --strict src
	$(BIN)/lint-imports --no-cache

# While mypy reads, Debian's packages come, and the tests are compiled once: each worker would do so otherwise.
test: setup  ## everything that must hold: lint, then all tests with reduced counts (under 15 minutes)
	$(BIN)/ruff check .
	@tools/setup-services & services=$$!; \
	  $(BIN)/pytest -q --collect-only >/dev/null & compiled=$$!; \
	  $(BIN)/mypy --strict src && { wait $$compiled; wait $$services; }
	$(PYTEST)

soak: setup  ## all tests with full counts (hours); says how far it is, and leaves reports/soak.txt
	@tools/setup-services
	OPENLINE_SOAK=1 $(PYTEST)

bench: .venv/made  ## the table of promises kept in numbers; FULL=1 takes 1,000,000 entries; PEERS=1 runs the peers too
	@FULL=$(FULL) PEERS=$(PEERS) $(BIN)/python -m bench

fuzz: .venv/made  ## every decoder under atheris, SECONDS_EACH=300 for each
	@set -e; for file in tests/fuzz/fuzz_*.py; do \
	  echo "== $$file"; $(BIN)/python $$file -max_total_time=$(SECONDS_EACH); \
	done

lock:  ## rewrite requirements*.lock (needs uv)
	tools/lock

clean:  ## remove caches and results
	rm -rf build dist reports bench/results.json .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean  ## remove the environment too
	rm -rf .venv verifier/node_modules frontend/node_modules src/openline/console/static/built
