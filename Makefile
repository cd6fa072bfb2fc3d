# `make` alone lists the targets. Everything happens inside .venv; nothing is installed elsewhere.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export OMP_WAIT_POLICY ?= PASSIVE
# Processes that share the tests, a file each at a time; each takes up to 2 GB.
WORKERS ?= 2
# How often a browser's test that failed is repeated: a busy machine breaks one of thousands of steps. What failed is printed either way.
export BROWSER_RERUNS ?= 1
PAGE := src/striate/page/static/report.html
WEB_SOURCES := $(shell find web/src -type f 2>/dev/null) web/index.html web/studio.html web/view.html web/vite.config.ts web/vite.studio.config.ts web/vite.view.config.ts web/package.json

.DEFAULT_GOAL := help
.PHONY: help demo test test-long test-types test-cluster check check-python check-page fix bench page docs wheel clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: $(VENV)/ready $(PAGE) ## train a real network on real digits and write a report about it
	$(BIN)/striate demo

test: $(VENV)/ready $(PAGE) ## run every test but the long ones
	$(BIN)/python tools/browser.py
	cd web && npm test
	$(BIN)/pytest -m "not long" -n $(WORKERS) --dist worksteal --rerun-show-tracebacks

test-long: $(VENV)/ready $(PAGE) ## run the tests that take long
	$(BIN)/pytest -m long -n $(WORKERS) --dist worksteal --rerun-show-tracebacks

test-types: $(VENV)/ready $(PAGE) ## run the quick tests again, every argument and result checked against its type
	$(BIN)/pytest -m "not long and not slow and not browser" -n $(WORKERS) --dist worksteal --jaxtyping-packages=striate,typechecker.checked

test-cluster: $(VENV)/cluster-ready $(PAGE) ## install Ray (450 MB), and run the tests that need it
	$(BIN)/pytest -m cluster

check: check-python check-page ## formatting, lint, types, layers, page

check-python: $(VENV)/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check-page: web/node_modules/ready
	cd web && npm run check

fix: $(VENV)/ready web/node_modules/ready ## format and mend what can be mended
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	cd web && npm run format

bench: $(VENV)/ready $(VENV)/bench-ready $(PAGE) ## measure accuracy over seeds, and speed beside what people use instead
	$(BIN)/python benchmarks/accuracy.py
	$(BIN)/python benchmarks/adapting.py $(if $(FASTAI),--fastai $(FASTAI))
	$(BIN)/python benchmarks/beginnings.py
	$(BIN)/python benchmarks/class_images.py
	$(BIN)/python benchmarks/cluster.py
	$(BIN)/python benchmarks/commands.py
	$(BIN)/python benchmarks/dense.py
	$(BIN)/python benchmarks/design_search.py
	$(BIN)/python benchmarks/extraction.py
	$(BIN)/python benchmarks/fine_tuning.py
	$(BIN)/python benchmarks/folding.py
	$(BIN)/python benchmarks/guard.py
	$(BIN)/python benchmarks/imbalance.py
	$(BIN)/python benchmarks/mapping.py
	$(BIN)/python benchmarks/map_page.py
	$(BIN)/python benchmarks/occlusion.py
	$(BIN)/python benchmarks/saliency.py
	$(BIN)/python benchmarks/search.py
	$(BIN)/python benchmarks/studio.py
	$(BIN)/python benchmarks/study.py
	$(BIN)/python benchmarks/summaries.py
	$(BIN)/python benchmarks/survey.py
	$(BIN)/python -m benchmarks.faults short
	$(BIN)/python benchmarks/fire_rates.py
	$(BIN)/python benchmarks/input_sizes.py
	$(BIN)/python benchmarks/trace.py

page: $(PAGE) ## build the page

docs: $(VENV)/ready ## write the pages that are made from the code
	$(BIN)/python -m striate.lint.pages
	$(BIN)/python -m striate.explain.pages

wheel: $(VENV)/ready $(PAGE) ## build the wheel and the source archive
	$(BIN)/python -m hatchling build

clean: ## remove everything that was made
	rm -rf $(VENV) web/node_modules dist $(dir $(PAGE))

# An install is repeated only when what it installs has changed, so that a second run needs no network.
# Python compiles what it imports; all of torch and its neighbours would be half a minute.
$(VENV)/ready: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile -c constraints.txt --editable '.[demo]'
	$(BIN)/python tools/install_group.py dev
	touch $@

$(VENV)/bench-ready: $(VENV)/ready
	$(BIN)/python tools/install_group.py bench
	touch $@

$(VENV)/cluster-ready: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --no-compile -c constraints.txt --editable '.[cluster]'
	touch $@

web/node_modules/ready: $(VENV)/ready web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error
	touch $@

$(PAGE): web/node_modules/ready $(WEB_SOURCES)
	cd web && npm run build
	touch $@
