# make app     serve HearMap at http://localhost:8501 (PORT and HEARMAP_HOME override)
# make test    run the tests
# make check   lint, format, types, then the tests
# make setup   what the others do first: .venv with every package and the weights

SHELL := /bin/bash
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := $(VENV)/packages.stamp
WEIGHTS := $(VENV)/weights.stamp

.PHONY: setup app test check clean
.DELETE_ON_ERROR:

setup: $(PACKAGES) $(WEIGHTS)

# PYTHON=... chooses one; else the first of 3.10 to 3.12 that is here.
$(PACKAGES): requirements.txt pyproject.toml
	@set -e; \
	if [ ! -x $(BIN)/python ]; then \
	  for candidate in $(PYTHON) python3 python3.12 python3.11 python3.10; do \
	    if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; \
	    then found="$$candidate"; break; fi; \
	  done; \
	  if [ -z "$${found:-}" ]; then \
	    echo "HearMap needs Python 3.10, 3.11 or 3.12 with its venv module (on Debian: apt-get install python3 python3-venv), and none was found; or name one: make setup PYTHON=/path/to/python3.11" >&2; \
	    exit 1; \
	  fi; \
	  echo "Making $(VENV) with $$("$$found" --version)"; \
	  "$$found" -m venv --clear $(VENV); \
	fi
	@echo "Installing packages into $(VENV): a few minutes, about 2 GB"
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --progress-bar off -r requirements.txt
	@touch $@

$(WEIGHTS): $(PACKAGES) core/backbones/weights/catalogue.py core/backbones/weights/store.py
	$(BIN)/hearmap weights fetch aisfx --into-environment
	@touch $@

app: setup
	$(BIN)/streamlit run app/main.py --server.port $(PORT) --server.headless true

test: setup
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(MAKE) --no-print-directory test

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache
