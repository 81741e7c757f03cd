# Every target but help and clean first sets up .venv: once, and again when pyproject.toml or constraints.txt change.
# On Linux, PyPI's torch brings CUDA with it. For the small CPU build, or another one, name its index the first time:
#     make gallery TORCH_INDEX=https://download.pytorch.org/whl/cpu

# The first of these that runs and is new enough: a python3.11 on the path may be a shim with nothing behind it.
PYTHON ?= $(shell for python in python3.11 python3 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
PIP = .venv/bin/python -m pip install -qq --disable-pip-version-check -c constraints.txt

.PHONY: help gallery test check bench docs clean

help: ## this list (the default)
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

gallery: .venv/.ready ## works of every art, and gallery/index.html to look at them
	.venv/bin/gesso gallery --out gallery

test: .venv/.ready ## every test
	.venv/bin/python -m pytest

check: .venv/.ready ## lint, format, types and layers
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/pyright
	.venv/bin/lint-imports

bench: .venv/.ready ## the times and memory that the README states
	.venv/bin/python -m benchmarks

docs: .venv/.ready-docs ## the documentation, as site/index.html
	@# The theme's notice of its successor is for those who maintain the site, not for those who build it.
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict

clean: ## remove what make made; .venv and your training runs in runs/ stay
	rm -rf gallery site build dist .pytest_cache .ruff_cache .import_linter_cache
	find src tests benchmarks training examples -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

.venv/.ready: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Gesso needs Python 3.11 or newer: install it, or name it with make PYTHON=..." >&2; exit 1; }
	@echo "Setting up .venv with $(PYTHON): once, some minutes, mostly for torch" >&2
	@$(PYTHON) -m venv .venv
	@$(PIP) torch $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
	@$(PIP) -e '.[dev,gallery]'
	@touch $@

.venv/.ready-docs: .venv/.ready
	@$(PIP) -e '.[docs]'
	@touch $@
