# Everything happens in .venv, which the first target to need it makes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
STAMP_FULL := $(VENV)/.installed-full
STAMP_EDITOR := tests/editor/node_modules/.installed
STAMP_BROWSER := tests/browser/node_modules/.installed

.PHONY: demo test test-full chaos chromium promtool fuzz check bench format docs lock audit clean

# Every package of development and CI is pinned, by the hashes of requirements/*.txt.
# `make LOCK= test` takes what the package index has now instead. Nothing but the pinned
# packages builds this one, so that no other version slips in for that.
LOCK := 1
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
COMMA := ,
INSTALL = $(if $(LOCK),$(PIP) --require-hashes -r requirements/$(1).txt && \
	$(PIP) --no-deps --no-build-isolation -e .,$(PIP) -e '.[$(2)]')

# Temporary files stay inside the clone too.
export TMPDIR := $(CURDIR)/.tmp

# Without bytecode each process of the tests compiles what it imports.
unexport PYTHONDONTWRITEBYTECODE

# The main job, on a simulated Daily that starts empty of the example's rooms.
DEMO_STATE := .demo-sandbox.json
DEMO := config.example.yaml --sandbox --sandbox-state $(DEMO_STATE)

demo: $(STAMP)
	@rm -f $(DEMO_STATE)*
	$(BIN)/daily-reconciler validate config.example.yaml
	$(BIN)/daily-reconciler plan $(DEMO)
	$(BIN)/daily-reconciler apply $(DEMO) --yes --rate 1
	$(BIN)/daily-reconciler plan $(DEMO) --detailed-exitcode
	$(BIN)/daily-reconciler dialin $(DEMO)
	@rm -f $(DEMO_STATE)*
	@echo
	@echo "That was a simulation. README.md shows the same with a real API key."

test: $(STAMP)
	@mkdir -p $(TMPDIR)
	$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

# `make test ARGS="-k name"` runs some of them.
ARGS :=

test-full: test $(STAMP_FULL) $(STAMP_EDITOR) $(STAMP_BROWSER) chromium promtool
	$(BIN)/python -m pytest -m full

# All boundaries and all faults, in minutes; the counts go into the page about them.
chaos: $(STAMP)
	@mkdir -p $(TMPDIR)
	CHAOS_RECORD=docs/faults.md $(BIN)/python -m pytest -m chaos tests/chaos

# Looks for new inputs that break reading; `make test` does so for a moment each time.
SECONDS ?= 60
fuzz: $(STAMP)
	@mkdir -p $(TMPDIR)
	@test -d $(VENV)/fuzz || $(PIP) --no-deps --target $(VENV)/fuzz atheris \
		|| echo "atheris cannot be installed: fuzzing without coverage"
	PYTHONPATH=$(VENV)/fuzz $(BIN)/python -m tests.fuzz --seconds $(SECONDS)

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# What the tool costs, beside octoDNS and a script per room; about ten minutes.
# `make bench ROWS="start plan-light"` for some of it, BENCH=--quick for fewer runs.
bench: $(STAMP)
	@mkdir -p $(TMPDIR)
	$(BIN)/python -m bench $(BENCH) $(ROWS)

# Fills the generated blocks: references, recorded runs.
docs: $(STAMP)
	$(BIN)/python docs/generate.py

# The page of a plan is tested in a real browser. Without npm its check by axe-core is
# skipped, and says so.
$(STAMP_BROWSER): tests/browser/package.json
	@if command -v npm >/dev/null; then cd tests/browser \
		&& npm install --no-package-lock --no-fund --no-audit --silent \
		&& touch node_modules/.installed; fi

chromium:
	@for name in chromium chromium-browser google-chrome; do \
		command -v $$name >/dev/null && exit 0; \
	done; \
	test "$$(id -u)" = 0 || as_root="sudo -n"; \
	apt="$$as_root apt-get -qq -o DPkg::Lock::Timeout=60"; \
	{ $$apt update && $$apt install -y chromium >/dev/null; } \
		|| { echo "Chromium is needed and could not be installed with apt-get"; exit 1; }

# Prometheus' own tool tests the alerts. The package is unpacked and not installed, since
# it would start a server. Without it those tests are skipped, and say so.
PROMTOOL := $(VENV)/promtool
promtool: $(STAMP)
	@command -v promtool >/dev/null || test -x $(PROMTOOL)/usr/bin/promtool \
		|| { mkdir -p $(PROMTOOL) && cd $(PROMTOOL) \
			&& apt-get -qq download prometheus && dpkg -x prometheus_*.deb . \
			&& rm prometheus_*.deb; } \
		|| echo "promtool cannot be fetched: the tests of the alerts are skipped"

# Pins what pyproject.toml asks for, for every Python from 3.11 on, without addresses:
# for development (dev), for every test (full), to run the tool (run) and to build it
# (build). The action, the image and the systemd unit install the last two.
UV := $(VENV)/lock/bin/uv
COMPILE := $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links
BUILD_REQUIRES := $(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", \
	"rb"))["build-system"]["requires"], sep="\n")'
lock:
	@mkdir -p $(TMPDIR)
	@test -x $(UV) || { $(PYTHON) -m venv $(VENV)/lock && $(VENV)/lock/bin/python -m pip \
		install --quiet --disable-pip-version-check uv; }
	$(COMPILE) pyproject.toml --extra dev --output-file requirements/dev.txt
	$(COMPILE) pyproject.toml --extra dev --extra full --output-file requirements/full.txt
	$(COMPILE) pyproject.toml --constraint requirements/full.txt --output-file requirements/run.txt
	$(BUILD_REQUIRES) | $(COMPILE) - --constraint requirements/full.txt \
		--output-file requirements/build.txt

# Asks for known vulnerabilities of what is pinned; needs the network.
audit:
	@mkdir -p $(TMPDIR)
	@test -x $(VENV)/audit/bin/pip-audit || { $(PYTHON) -m venv $(VENV)/audit && \
		$(VENV)/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit; }
	@$(VENV)/audit/bin/python requirements/audit.py requirements/full.txt
	@$(VENV)/audit/bin/python requirements/audit.py requirements/run.txt

clean:
	rm -rf $(VENV) $(TMPDIR) tests/*/node_modules build dist .mypy_cache .pytest_cache .ruff_cache

$(STAMP): pyproject.toml requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 demo"; exit 1; }
	@mkdir -p $(TMPDIR)
	$(PYTHON) -m venv $(VENV)
	$(call INSTALL,dev,dev)
	@touch $(STAMP)

$(STAMP_FULL): $(STAMP) requirements/full.txt
	$(call INSTALL,full,dev$(COMMA)full)
	@touch $(STAMP_FULL)

# The language server of editors. Without npm its tests are skipped, and say so.
$(STAMP_EDITOR): tests/editor/package.json
	@if command -v npm >/dev/null; then cd tests/editor \
		&& npm install --no-package-lock --no-fund --no-audit --silent \
		&& touch node_modules/.installed; fi
