# make setup | map | test | check: each works alone on a fresh machine with Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup setup-dev map test check format proto bench clean

$(VENV)/.setup: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[cpu,plot]'
	touch $@

$(VENV)/.setup-dev: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@ $(VENV)/.setup

setup: $(VENV)/.setup

setup-dev: $(VENV)/.setup-dev

map: setup
	@mkdir -p out
	$(BIN)/jlac-mapper map master_data/examples/example_hospital.csv -o out/example_hospital.jlac11.csv --master starter --show 40

test: setup-dev
	$(BIN)/python -m pytest

check: setup-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python proto/generate.py --check
	$(BIN)/python proto/generate.py --lint

format: setup-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

proto: setup-dev
	$(BIN)/python proto/generate.py

bench: setup-dev
	$(BIN)/python eval/run.py

clean:
	rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
