# Two commands for a newcomer: `make demo` and `make test`. Everything else is for contributors.
PYTHON ?= python3
VENV ?= .venv
PY = $(VENV)/bin/python
MARK = $(VENV)/.installed

.PHONY: demo test setup build-ext lint types layers format clean

demo: setup
	@$(PY) -m wssure demo

setup: $(MARK)

$(MARK): pyproject.toml setup.py tools/setup.sh
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh tools/setup.sh

build-ext: setup
	@BUILD_EXTENSION=yes $(PY) setup.py -q build_ext --inplace

test: setup build-ext
	@$(PY) -m pytest -q -n 2

lint: setup
	@$(PY) -m ruff check . && $(PY) -m ruff format --check .

types: setup
	@$(PY) -m mypy

layers: setup
	@$(VENV)/bin/lint-imports

format: setup
	@$(PY) -m ruff check --fix . ; $(PY) -m ruff format .

clean:
	rm -rf build dist $(VENV) .mypy_cache .ruff_cache .pytest_cache
	find src -name '*.so' -delete
