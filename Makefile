# The verbs of the house. Each one sets up what it needs (tools/setup.sh), and does nothing twice.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
BIN := .venv/bin
# What the processes of the demo and the tests import stands in this folder, not in site-packages.
TYPED_FOLDERS := tests tools examples benchmarks

LOCK := $(PY) -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
        --no-header --python-version 3.11 $(if $(UPGRADE),--upgrade)

# What is compiled is kept: a test run starts a hundred processes, and each would compile it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test check format bench soak firmware docs lock audit release clean \
        setup-demo setup-dev setup-test setup-firmware

help: ## this table
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

demo: setup-demo ## a whole district on this machine; FRESH=1 DAYS=60 HISTORY=0 PORT=8080 CLIP=film.mp4 CAMERA=0 STATE=folder
	@exec $(PY) -m examples.demo $(if $(CLIP),--clip "$(CLIP)") $(if $(CAMERA),--camera "$(CAMERA)") \
	    $(if $(PORT),--port "$(PORT)") $(if $(FRESH),--fresh) \
	    $(if $(filter 0,$(HISTORY)),--days 0,$(if $(DAYS),--days "$(DAYS)")) \
	    $(if $(STATE),--state "$(STATE)") $(if $(VERBOSE),--verbose)

test: setup-test ## every test but the long runs, WORKERS=3 at once; ARGS="-k name" to choose
	@$(MAKE) -C firmware/board --silent
	@# A file's tests stay together: what they share is started once. Whole demos come early, so that
	@# no worker is left with them at the end. Tests wait for brokers, browsers and each other's
	@# processes: three workers keep two processors busy, two do not.
	@$(PY) -m tools.run_tests -m "not soak" -n $(or $(WORKERS),3) --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup-dev ## format, lint, types, and who may import whom
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/mypy $(wildcard $(TYPED_FOLDERS))
	@$(BIN)/lint-imports

format: setup-dev ## let ruff put the code in order
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup-test ## measure against the floors of docs/performance.md
	@$(PY) -m benchmarks $(ARGS)

soak: setup-test ## the long runs, and properties with more examples: hours; SOAK_MINUTES=60
	@KAIGUAN_SOAK_MINUTES="$(or $(SOAK_MINUTES),60)" $(PY) -m pytest -m "soak or hypothesis" --timeout=0 $(ARGS)

firmware: setup-firmware ## the sensor board's firmware, firmware/board/build/kaiguan-board.hex
	@$(MAKE) -C firmware/board

docs: setup-dev ## write docs/schemas, docs/asyncapi.yaml and docs/openapi.json from the code
	@$(PY) -m tools.write_docs docs

lock: setup-dev ## choose and lock dependencies again; UPGRADE=1 takes newer releases
	@$(LOCK) pyproject.toml --extra edge --extra hub --extra kiosk --extra demo --extra dev -o locks/dev.txt
	@# What docker/Dockerfile builds our wheel with.
	@cp locks/dev.txt locks/build.txt
	@echo 'setuptools>=77' | $(LOCK) - -o locks/build.txt
	@# The other locks begin as copies of the largest, so that all of them hold the same releases.
	@for name in demo edge hub kiosk; do \
	    extras="--extra $$name"; \
	    [ "$$name" = demo ] && extras="--extra edge --extra hub --extra kiosk --extra demo"; \
	    cp locks/dev.txt "locks/$$name.txt"; \
	    $(LOCK) pyproject.toml $$extras -o "locks/$$name.txt"; done

audit: setup-dev ## hold the locks against known holes, offline; ARGS="--max-age-days 7"
	@$(PY) -m tools.audit $(ARGS)

release: setup-dev setup-demo ## wheel, source, bills of materials and licences, in dist/
	@$(PY) -m tools.third_party
	@rm -rf build dist
	@$(PY) -m build --no-isolation --outdir dist . >/dev/null
	@$(PY) -m tools.bill_of_materials dist

clean: ## remove what the verbs made: environment, state of the demo, caches
	@rm -rf .venv .demo build dist firmware/board/build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup-demo:
	@tools/setup.sh demo
setup-dev:
	@tools/setup.sh dev
setup-test:
	@tools/setup.sh test
setup-firmware:
	@tools/setup.sh firmware
