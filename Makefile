# make setup | map | test | test-vllm | check | docs: each works alone on a fresh machine with Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# vLLM's CPU build is large and has its own torch: it gets an environment of its own.
VLLM := .venv-vllm
BEFORE ?= caef42b0891afe57ea0a02839fe346cd1543e7e1

.PHONY: setup setup-dev map test test-vllm check format proto bench docs pictures imports clean

$(VENV)/.setup: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[cpu,report]'
	touch $@

$(VENV)/.setup-dev: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@ $(VENV)/.setup $(VENV)/.setup-docs

$(VENV)/.setup-docs: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	touch $@

setup: $(VENV)/.setup

setup-dev: $(VENV)/.setup-dev

map: setup
	@mkdir -p out
	$(BIN)/jlac-mapper map master_data/examples/example_hospital.csv -o out/example_hospital.jlac11.csv --master starter --show 40

test: setup-dev
	$(BIN)/python -m pytest

# Its torch needs neither pictures nor sound, and those packages do not always load.
$(VLLM)/.setup: pyproject.toml
	test -x $(VLLM)/bin/python || $(PYTHON) -m venv $(VLLM)
	$(VLLM)/bin/python -m pip install --quiet --no-cache-dir --editable '.[cpu,llm,llm-cpu,test]'
	$(VLLM)/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	touch $@

test-vllm: $(VLLM)/.setup
	$(VLLM)/bin/python -m pytest tests/vllm tests/contract/test_choice_models.py -k vllm --durations=8 --timeout 1800

check: setup-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry jlac_mapper
	$(BIN)/vulture
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive jlac_mapper
	$(BIN)/python proto/generate.py --check
	$(BIN)/python proto/generate.py --lint

format: setup-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

proto: setup-dev
	$(BIN)/python proto/generate.py

# The site in out/docs; a link or heading that is not there ends it. The theme's notice about its successor is left out.
docs: $(VENV)/.setup-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# The pictures in docs/pictures, from the real program in real Chromium.
pictures: setup-dev
	$(BIN)/python docs/take_pictures.py

# The map of packages and imports in docs/architecture.md, now and before database, models, indexes and tables had rooms.
imports: setup-dev
	$(BIN)/python docs/draw_imports.py --before $(BEFORE)

bench: setup-dev
	$(BIN)/python eval/run.py

clean:
	rm -rf $(VENV) $(VLLM) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
