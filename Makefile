# cogmem: every command a reader needs. No system package is required beyond Python 3.11-3.13, git and make;
# the tests in a browser want Chromium (`make browser`), and are skipped without one.
.PHONY: help env demo figures figures-check lab docs test test-all test-wheel test-lowest check browser wheel pages bench lock clean
.DEFAULT_GOAL := help

# The first interpreter on the path that runs and is new enough; `make PYTHON=... env` overrides.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
WORKERS ?= 2
AS_ROOT := $(shell test "$$(id -u)" = 0 || echo sudo -n)

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

env: .venv/installed  ## the environment, in .venv, with all extras

.venv/installed: pyproject.toml requirements.lock
	@test -n "$(PYTHON)" || { echo "cogmem needs Python 3.11, 3.12 or 3.13 on the path (or make PYTHON=/path/to/python)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

demo: env  ## the main job on a subset of people: figures/quick/minds.* and a table
	$(BIN)/cogmem compare --preset quick

figures: env  ## every figure (quick preset) and their gallery; an hour on two cores, goes on when stopped
	$(BIN)/cogmem figure --all --workers $(WORKERS)

figures-check: env  ## compute every figure (quick preset) from nothing, compare its numbers with those kept
	$(BIN)/cogmem figure --all --check --anew --workers $(WORKERS)

lab: env  ## JupyterLab in the folder of the notebooks
	$(BIN)/cogmem lab

docs: env  ## the documentation, in site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

browser:  ## Chromium, for the tests that move a slider in a real browser (Debian and its kin; else install one)
	@command -v chromium || command -v chromium-browser || command -v google-chrome || \
	{ command -v apt-get >/dev/null && $(AS_ROOT) apt-get update -qq && \
		$(AS_ROOT) apt-get install -y -qq --no-install-recommends chromium; } || \
	echo "no Chromium here, and none could be installed: the tests in tests/browser are skipped"

pages: env  ## the generated pages: figures/README.md, notebooks/README.md, THIRD_PARTY.md
	$(BIN)/python -c "from pathlib import Path; from cogmem.lab import gallery, reading_order; \
		gallery.write_gallery(Path('figures')); reading_order.write_map(Path('notebooks'))"
	$(BIN)/python -m cogmem.lab.notices

wheel: env  ## wheel and source distribution, in dist/
	$(BIN)/python -m build --no-isolation --outdir dist .

test-wheel: env  ## the wheel, also in an empty environment with what the package index has
	$(BIN)/python -m pytest tests/packaging -m "slow or not slow"

test-lowest: env  ## the tests of the numbers on the lowest versions that pyproject.toml allows, in .venv-lowest
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv venv --clear --python 3.11 .venv-lowest
	$(BIN)/uv pip install -p .venv-lowest --resolution lowest-direct -e ".[test]"
	.venv-lowest/bin/python -m pytest tests/data tests/measures tests/models tests/fit tests/conformance

check: env  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: check  ## everything but the slow tests
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder --durations=25

test-all: check  ## the slow tests too
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m "slow or not slow"

bench: env  ## speeds as ratios to psifr and, where it installs, cymr
	$(BIN)/python -m tests.benchmarks

lock: env  ## pin the newest versions that pyproject.toml allows, for every supported Python
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --all-extras --no-emit-index-url --no-annotate --no-header \
		--python-version 3.11 --upgrade pyproject.toml -o requirements.lock

clean:  ## remove the environment and caches, never results
	rm -rf .venv .venv-lowest .pytest_cache .mypy_cache .ruff_cache
