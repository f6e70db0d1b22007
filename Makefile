# make app          serve HearMap at http://localhost:8501 (PORT and HEARMAP_HOME override)
# make test         run the tests
# make check        lint, format, types, the browser's code, then the tests (COVERAGE=1 measures core's)
# make docs         build the documentation into build/docs, and fail for a page that is broken
# make wheel        build the wheel, and run `hearmap --help` from it
# make setup        what `make app` does first: .venv with every package and the weights
# make constraints  pin every version again (needs uv; UV_ARGS=--upgrade takes the newest)

SHELL := /bin/bash
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet --progress-bar off
PACKAGES := $(VENV)/packages.stamp
DEV_PACKAGES := $(VENV)/dev-packages.stamp
NODE_PACKAGES := node_modules/.package-lock.json
WEIGHTS := $(VENV)/weights.stamp

.PHONY: setup app test check check-browser docs wheel constraints clean
.DELETE_ON_ERROR:

setup: $(PACKAGES) $(WEIGHTS)

# PYTHON=... chooses one; else the first of 3.10 to 3.14 that is here.
$(PACKAGES): requirements.txt constraints.txt pyproject.toml
	@set -e; \
	if [ ! -x $(BIN)/python ]; then \
	  for candidate in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python3.10; do \
	    if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; \
	    then found="$$candidate"; break; fi; \
	  done; \
	  if [ -z "$${found:-}" ]; then \
	    echo "HearMap needs Python 3.10 to 3.14 with its venv module (on Debian: apt-get install python3 python3-venv), and none was found; or name one: make setup PYTHON=/path/to/python3.13" >&2; \
	    exit 1; \
	  fi; \
	  echo "Making $(VENV) with $$("$$found" --version)"; \
	  "$$found" -m venv --clear $(VENV); \
	fi
	@echo "Installing packages into $(VENV): a few minutes, about 2 GB"
	$(PIP) -r requirements.txt
	$(PIP) --no-deps -c constraints.txt laion-clap
	@touch $@

$(DEV_PACKAGES): $(PACKAGES) requirements-dev.txt
	$(PIP) -r requirements-dev.txt
	@touch $@

$(NODE_PACKAGES): package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

$(WEIGHTS): $(PACKAGES) core/backbones/weights/catalogue.py core/backbones/weights/store.py
	$(BIN)/hearmap weights fetch aisfx --into-environment
	$(BIN)/hearmap weights fetch yamnet --into-environment
	@touch $@

# Streamlit does not start without a home folder, which HearMap asks for in a sentence of its own.
app: export HOME := $(or $(HOME),$(shell echo ~))
app: setup
	$(BIN)/streamlit run app/main.py --server.port $(PORT) --server.headless true

test: setup $(DEV_PACKAGES)
ifdef COVERAGE
	@mkdir -p build
	$(BIN)/python -m pytest core tests/core --cov --cov-report= $(PYTEST_ARGS)
	@$(BIN)/coverage report --sort=cover > build/lines-tested.txt
	@echo "Lines of core that its own tests run, lowest first (all in build/lines-tested.txt):"
	@head -17 build/lines-tested.txt; grep TOTAL build/lines-tested.txt
	$(BIN)/python -m pytest tests --ignore tests/core $(PYTEST_ARGS)
else
	$(BIN)/python -m pytest $(PYTEST_ARGS)
endif

check: setup $(DEV_PACKAGES)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(MAKE) --no-print-directory check-browser
	$(MAKE) --no-print-directory test

check-browser:
	@if [ ! -f package.json ]; then exit 0; \
	elif command -v npm >/dev/null; then $(MAKE) --no-print-directory $(NODE_PACKAGES) && npm run check; \
	else echo "The browser's code is not checked: npm is not here (on Debian: apt-get install npm)"; fi

docs: $(DEV_PACKAGES)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# The wheel has every file of core and app, and works in an environment of its own, which borrows
# the other packages of .venv.
wheel: $(DEV_PACKAGES)
	rm -rf build/lib build/bdist.* build/wheel
	$(BIN)/python -m pip wheel --disable-pip-version-check --quiet --no-deps --wheel-dir build/wheel .
	diff <(find core app -type f -not -path '*/__pycache__/*' | sort) \
	  <($(BIN)/python -m zipfile -l build/wheel/*.whl | grep -oE '^(core|app)/[^ ]+' | sort)
	$(BIN)/python -m venv --without-pip build/wheel/venv
	$(BIN)/python -m pip --python build/wheel/venv install --disable-pip-version-check --quiet --no-deps --ignore-installed build/wheel/*.whl
	cd build/wheel && PYTHONPATH=$$(../../$(BIN)/python -c 'import site; print(site.getsitepackages()[0])') \
	  venv/bin/hearmap --help >/dev/null

# A constraint needs no marker but where Pythons differ.
constraints:
	(grep -hv '^-' requirements-dev.txt; echo laion-clap) \
	| uv pip compile --quiet --universal --python-version 3.10 --no-annotate --no-header \
	    --all-extras pyproject.toml - --output-file constraints.txt $(UV_ARGS) >/dev/null
	sed -i -E \
	  -e "s/( and )?python_full_version < '3.15'( and )?//" \
	  -e "/python_full_version/! s/ ; .*//" \
	  -e "s/ ; .*(python_full_version [<>=]+ '[^']+').*/ ; \1/" \
	  -e "1i # The exact version of every package that HearMap is tested with, also of those that others need\n# and of what it takes on other Pythons and platforms. Made by \`make constraints\`." \
	  constraints.txt

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache node_modules
