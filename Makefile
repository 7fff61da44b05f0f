# `make run` starts Petra, `make test` checks everything. Every target sets up what it needs first.
PYTHON ?= python3
BIN := .venv/bin
UV ?= uv

.PHONY: help run setup setup-dev test check fix lock bench journey network screens

help:  ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

run: setup  ## Start Petra (PORT=8000 and PETRA_HOME=~/.petra are the defaults)
	@exec $(BIN)/petra serve

setup:  ## Make .venv and install what Petra runs on
	@command -v $(PYTHON) >/dev/null || { echo "Petra needs Python 3.11 or newer and found no $(PYTHON): install it, then run this again." >&2; exit 1; }
	@$(PYTHON) bootstrap.py

setup-dev:
	@command -v $(PYTHON) >/dev/null || { echo "Petra needs Python 3.11 or newer and found no $(PYTHON): install it, then run this again." >&2; exit 1; }
	@$(PYTHON) bootstrap.py --dev

test: check  ## Run all checks and all tests
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

check: setup-dev  ## Run what needs no test: style, types, imports, templates, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	git ls-files -z '*/templates/*.html' | xargs -0 -r $(BIN)/djade --target-version 5.2 --check
	@# No database is asked: without a pool that is settled at once.
	DATABASE_POOL=0 $(BIN)/python -W ignore manage.py makemigrations --check --dry-run

fix: setup-dev  ## Repair style where a program can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	git ls-files -z '*/templates/*.html' | xargs -0 -r $(BIN)/djade --target-version 5.2

bench: setup-dev  ## Measure publishing
	$(BIN)/python -m bench.publish --json

journey: setup-dev  ## Walk the whole road in a browser
	$(BIN)/python -m pytest tests/journeys $(ARGS)

network: setup-dev  ## Try one adapter: make network NAME=…
	@test -n "$(NAME)" || { echo "Say which network: make network NAME=$$(ls -d petra/networks/*/adapter.py | head -1 | cut -d/ -f3)" >&2; exit 2; }
	$(BIN)/python -m pytest petra/networks/$(NAME) $(ARGS)

screens: setup-dev  ## Take a picture of every page into artifacts/
	$(BIN)/python -m tests.screens

lock:  ## Renew the lock files (for maintainers; needs uv)
	$(UV) pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q requirements.in -o requirements.lock
	$(UV) pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -c requirements.lock requirements-dev.in -o requirements-dev.lock
