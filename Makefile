# `make help` lists the targets. PYTHON=python3.10 (or a path) picks the interpreter.

PYTHON ?= python3
WORKERS ?= auto
PYTEST_ARGS ?=

VENV := .venv
VENV_ALL := .venv-all
VENV_DEMO := .venv-demo
# In variables, since a comma in a $(call ...) would part its arguments.
INSTALL := -e '.[label,train,benchmarks,tvm,dev]'
INSTALL_ALL := -e '.[label,train,benchmarks,tvm,dev,tensorflow]'

# Empty when $(PYTHON) does not run: then only the targets that need it fail, and say why.
PY_VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
# A stamp carries the version: with another PYTHON the environment is made anew.
STAMP := $(VENV)/.stamp-$(PY_VERSION)
STAMP_ALL := $(VENV_ALL)/.stamp-$(PY_VERSION)
STAMP_DEMO := $(VENV_DEMO)/.stamp-$(PY_VERSION)

PACKAGE_FILES := $(shell find perfcost -type f -not -path '*/__pycache__/*' -not -name '*.pyc')
CXX_DIRS := $(wildcard perfcost tvm_integration tests benchmarks)
CXX_FILES := $(shell find $(CXX_DIRS) -name '*.c' -o -name '*.cc' -o -name '*.cpp' -o -name '*.h' -o -name '*.hpp')
PYTEST := -m pytest -n $(WORKERS) --dist loadgroup

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check-all lint format clean system-packages

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo "  PYTHON=$(PYTHON) ($(or $(PY_VERSION),does not run)) WORKERS=$(WORKERS) PYTEST_ARGS=$(PYTEST_ARGS)"

demo: $(STAMP_DEMO)  ## price networks with the base install only: tables here, a picture in build/
	@mkdir -p build
	$(VENV_DEMO)/bin/python -I -m perfcost.demo

test: $(STAMP)  ## the tests, less those marked slow
	@tools/install_system_packages.sh || echo "Going on: tests that need them are skipped, and say so."
	$(VENV)/bin/python $(PYTEST) -m "not slow" $(PYTEST_ARGS)

check-all: lint $(STAMP_ALL)  ## lint and every test, long sweeps and TensorFlow's included
	$(VENV_ALL)/bin/python $(PYTEST) $(PYTEST_ARGS)

lint: $(STAMP)  ## ruff, mypy and, for C++, clang-format; changes nothing
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy --strict
ifneq ($(strip $(CXX_FILES)),)
	$(VENV)/bin/clang-format --dry-run --Werror $(CXX_FILES)
endif

format: $(STAMP)  ## put the sources into the form that lint wants
	$(VENV)/bin/ruff check --fix-only .
	$(VENV)/bin/ruff format .
ifneq ($(strip $(CXX_FILES)),)
	$(VENV)/bin/clang-format -i $(CXX_FILES)
endif

clean:  ## remove what was built, the environments and the caches
	rm -rf build dist $(VENV) $(VENV_ALL) $(VENV_DEMO) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

system-packages:  ## what the system must have besides PyPI's packages, for labels of CPUs and GPUs
	tools/install_system_packages.sh

# Every Python package comes from PyPI at the versions in constraints.txt.
$(STAMP): pyproject.toml constraints.txt perfcost/_version.py
	$(call environment,$(VENV),$(INSTALL))

$(STAMP_ALL): pyproject.toml constraints.txt perfcost/_version.py
	$(call environment,$(VENV_ALL),$(INSTALL_ALL))

# Not editable, as a user would have it, and so made anew when a file of the package changes.
$(STAMP_DEMO): pyproject.toml constraints.txt $(PACKAGE_FILES)
	$(call environment,$(VENV_DEMO),.)

# $(1): folder of the environment, kept if it has this Python version; $(2): what pip installs into it.
define environment
@case "$(PY_VERSION)" in \
  3.10|3.11|3.12) ;; \
  "") echo "error: PYTHON=$(PYTHON) does not run. Give one that does: make PYTHON=python3.11 ..." >&2; exit 1 ;; \
  *) echo "error: PYTHON=$(PYTHON) is Python $(PY_VERSION); perfcost needs 3.10, 3.11 or 3.12." >&2; exit 1 ;; \
esac
@have=$$($(1)/bin/python -c 'import sys, pip; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true); \
if [ "$$have" != "$(PY_VERSION)" ]; then \
  $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
    echo "error: $(PYTHON) cannot make virtual environments (no ensurepip). On Debian and Ubuntu:" >&2; \
    echo "       apt-get install python3-venv" >&2; exit 1; }; \
  echo "$(PYTHON) -m venv --clear $(1)"; \
  $(PYTHON) -m venv --clear $(1) || exit 1; \
fi
$(1)/bin/python -m pip install --disable-pip-version-check --quiet -c constraints.txt $(2)
@rm -f $(1)/.stamp-*
@touch $@
endef
