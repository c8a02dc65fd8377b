# Two commands matter: `make book` and `make test`. Everything they need goes into .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help setup browser database proxy book site test lint units serve lab hub clean

help:
	@echo "make book   execute the chapters and build the site"
	@echo "make test   run every check and test"
	@echo "make serve  serve the built site on 127.0.0.1:$(PORT)"
	@echo "make lab    open the chapters in JupyterLab"
	@echo "make hub    a JupyterHub with this course on 127.0.0.1:$(PORT)"
	@echo "make lint   style, types and text hygiene only"
	@echo "make clean  remove everything that was built"

# The stamp is newer than the two files that decide what is installed.
$(VENV)/.installed: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

setup: $(VENV)/.installed

# The site tests drive a real Chromium.
browser: setup
	$(BIN)/python tests/site/browser.py

# The gradebook tests write into a real PostgreSQL.
database: setup
	$(BIN)/python tests/databases.py

# JupyterHub's proxy is a Node.js program; Node.js itself comes with the Python packages.
CHP := configurable-http-proxy@5.3.0
PROXY := $(VENV)/share/course-proxy

$(PROXY)/$(CHP): $(VENV)/.installed
	PATH="$(abspath $(BIN)):$$PATH" npm install --global --prefix $(PROXY) --no-audit --no-fund --loglevel=error $(CHP)
	touch $@

proxy: $(PROXY)/$(CHP)

book: setup
	$(BIN)/course build

# The site as the tests look at it.
site: setup
	$(BIN)/course sync --check
	$(BIN)/course build

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m tests.hygiene

PYTEST := $(BIN)/python -m pytest

# What computes imports both frameworks: only one process has to.
UNITS := $(addprefix tests/,claims data from_scratch halls parity plots)

units: setup
	$(PYTEST) $(UNITS)

# Tests that measure time or race with a limit have a processor each; of the others many wait, so there is one more.
TIMED := tests/kernels tests/grading/engine tests/grading/attacks
CORES = $$($(BIN)/python -c 'from course_lib.notebooks.environment import cores; print(cores())')
BY_MODULE := --dist loadfile --no-loadscope-reorder

# The site shows what a processor computed, and is built by one while another checks types and computes.
test: browser database proxy
	$(BIN)/course run --device cpu
	$(MAKE) --jobs 2 --output-sync=target units lint site
	$(PYTEST) $(BY_MODULE) -n $$(($(CORES) + 1)) $(addprefix --ignore ,$(UNITS) $(TIMED))
	$(PYTEST) $(BY_MODULE) -n $(CORES) $(TIMED)

serve: setup
	@test -f _build/html/index.html || { echo "there is no site yet: run make book first" >&2; exit 2; }
	@(sleep 1; $(BIN)/python -m webbrowser -t "http://127.0.0.1:$(PORT)" >/dev/null) &
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

# The setting that opens Markdown notebooks as notebooks stays inside the environment.
lab: setup
	@JUPYTER_CONFIG_DIR=$(VENV)/etc/jupyter $(BIN)/jupytext-config set-default-viewer markdown
	$(BIN)/jupyter lab chapters

hub: proxy
	$(BIN)/course hub --port $(PORT)

clean:
	rm -rf _build
