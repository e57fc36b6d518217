# demo, test, check and bench each set up what they need; see README.md for sizes.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check bench docs notes notebooks screenshots clean

demo: $(VENV)/.demo
	$(BIN)/lenswork train

test: $(VENV)/.dev
	sh scripts/install_chromium.sh
	$(MAKE) --no-print-directory lint
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile --ignore tests/study/test_ray_train.py
	$(BIN)/pytest tests/study/test_ray_train.py  # by itself: with the threads that users have

# The fast part of test: lint, types, and every test that takes under two seconds; one thread,
# because networks this small only wait for a second one.
check: $(VENV)/.dev lint
	sh scripts/install_chromium.sh
	OMP_NUM_THREADS=1 $(BIN)/pytest -q -n 2 --dist loadfile -m "not slow"

.PHONY: lint
lint:
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# make bench PARTS="equal-conv-32x2 overhead" for some of them
bench: $(VENV)/.dev
	$(BIN)/python bench/run.py $(PARTS)

# Every row of the notes, measured: docs/notes.md. Goes on where it was stopped.
# make notes PARTS="filters sizes" for some; SHORT=1 for a short form in .notes/short
notes: $(VENV)/.demo
	$(BIN)/python -m notes $(if $(SHORT),--short) $(PARTS)

# The notebooks of weeks 2 to 4, made from docs/notebooks/source and run: some ten minutes.
# make notebooks NAMES="week-2 week-3" for some of them
notebooks: $(VENV)/.dev
	$(BIN)/python scripts/make_notebooks.py $(NAMES)

# The documentation as a site: .docs-site/index.html. Pages that are made from the code are made first.
docs: $(VENV)/.dev
	$(BIN)/python scripts/make_recipes.py
	$(BIN)/python scripts/make_commands.py
	$(BIN)/python scripts/make_readme_tables.py
	$(BIN)/python scripts/make_export_table.py
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet -c docs/site . .docs-site

# Every page of the studio in light and dark, for the docs.
screenshots: $(VENV)/.dev
	sh scripts/install_chromium.sh
	$(BIN)/python scripts/screenshots.py

$(VENV)/.demo: pyproject.toml constraints.txt
	sh scripts/make_environment.sh "$(PYTHON)" $(VENV) .
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt
	sh scripts/make_environment.sh "$(PYTHON)" $(VENV) ".[dev]"
	touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) .bench .docs-site .notes .mypy_cache .ruff_cache .pytest_cache .hypothesis
