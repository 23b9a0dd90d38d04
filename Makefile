# Studiolo: every developer command, one line each. `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
UI_SOURCES := $(shell find ui -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

setup:  ## create .venv from the lock
	@$(PYTHON) scripts/environment.py

ui/node_modules/.package-lock.json: ui/package-lock.json | setup
	cd ui && npm ci --no-audit --no-fund --loglevel=error

src/studiolo/server/static/index.html: $(UI_SOURCES) ui/node_modules/.package-lock.json
	cd ui && npm run build --silent

ui: setup src/studiolo/server/static/index.html  ## build the UI

demo: ui  ## a live studio from a CSV file to a served prediction
	@$(BIN)/python scripts/demo.py $(DEMO)

up: ui  ## start the studio for your own data
	@$(BIN)/studiolo up $(UP)

test: ui  ## everything: Python, UI, browser
	@$(BIN)/python scripts/test.py $(TESTS)

check: ui  ## lint, types, contracts, formats, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/reference.py --check
	cp ui/src/kernel/schema.d.ts .make-client.d.ts && $(MAKE) --silent client && \
	  { cmp -s .make-client.d.ts ui/src/kernel/schema.d.ts; same=$$?; rm .make-client.d.ts; [ $$same = 0 ] || \
	  { echo "the UI's client was not up to date with the API; it is now: commit it"; exit 1; }; }
	cd ui && npm run check --silent

fix:  ## format and repair what can be repaired by machine
	$(BIN)/ruff check --fix . || true
	$(BIN)/ruff format .
	cd ui && npm run fix --silent

lock: setup  ## compile requirements.lock again from pyproject.toml
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-header --extra postgres --group dev pyproject.toml -o requirements.lock

client: setup  ## generate the UI's client types from the OpenAPI document
	$(BIN)/python -m studiolo.server.openapi > ui/openapi.json
	cd ui && npm run client --silent

wheel: ui  ## build the wheel, the UI inside
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

clean:  ## remove what was built
	rm -rf dist build src/studiolo/server/static ui/node_modules .venv .mypy_cache .ruff_cache .pytest_cache

.PHONY: help setup ui demo up test check fix lock client wheel clean
