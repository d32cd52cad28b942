# certhub: `make demo` runs it, `make test` tests it. Bare Debian: make, python3 (3.11+), pip; no root, no ensurepip.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# What the benchmarks compare with is installed beside the hub, never in it.
BENCH := .venv-bench
BENCH_STAMP := $(BENCH)/.installed

.PHONY: install demo test check lock bench

$(STAMP): requirements.lock requirements-dev.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $(STAMP)

install: $(STAMP) ## the environment from the lock files, and the package

demo: install ## three registries, one hub, the three users' stories; ARGS=--once exits
	$(BIN)/certhub demo $(ARGS)

check: install ## lint, types, import contracts, locks
	$(BIN)/python tools/check.py

test: check ## all that CI runs
	$(BIN)/python -m pytest -n 2 $(ARGS)

lock: ## new pins with hashes, without any index address
	uv pip compile requirements.in -o requirements.lock --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
	uv pip compile requirements-dev.in -o requirements-dev.lock --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
	uv pip compile requirements-bench.in -o requirements-bench.lock --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

$(BENCH_STAMP): requirements-bench.lock pyproject.toml
	test -x $(BENCH)/bin/python || $(PYTHON) -m venv --without-pip $(BENCH)
	$(PYTHON) -m pip --python $(BENCH)/bin/python install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	$(PYTHON) -m pip --python $(BENCH)/bin/python install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $(BENCH_STAMP)

bench: $(BENCH_STAMP) ## benchmarks, ratios only; ARGS=ingest or roster for another, ARGS="rules --json"
	$(BENCH)/bin/certhub bench $(ARGS)
