# Commands on a machine with Python, make and the package index:
#   make demo      the lottery ticket effect on real digits, in results/demo
#   make test      tests of every module, in minutes
#   make types     what pyright finds, in a minute
#   make docs      all pages as a site, in build/site/index.html
#   make test_oldest  some with the oldest packages, in minutes
#   make test_all  both and all tests that are marked slow, as in CI
PYTHON ?= python3
VENV ?= .venv
TICKET = $(VENV)/bin/lottery-ticket
DEMO = results/demo
TRIALS ?= 5
LEVELS ?= 20
# Levels that are compared with random draws: early ones far apart, and the last.
BRANCHED = $(shell awk 'BEGIN { for (i = 1; i <= $(LEVELS); i++) \
    if (i ~ /^(4|7|10|12)$$/ || i >= 14 || i == $(LEVELS)) \
    { printf comma i; comma = "," } }')

# Files in their order: at the end, short ones.
PYTEST = $(VENV)/bin/pytest -n auto --maxprocesses=4 --dist=loadfile \
    --no-loadscope-reorder

.PHONY: demo types docs test test_slow test_all test_oldest install

install: $(VENV)/.installed

# Made again when what it installs changes; half an installation never counts.
$(VENV)/.installed: setup.py pyproject.toml
	@echo "Installing TensorFlow and the rest into $(VENV), once: a minute or more"
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install -qq --upgrade pip
	@$(VENV)/bin/pip install -qq --editable '.[test]'
	@touch $@

$(VENV)/.types_installed: $(VENV)/.installed
	@$(VENV)/bin/pip install -qq --editable '.[types]'
	@touch $@

$(VENV)/.docs_installed: $(VENV)/.installed
	@$(VENV)/bin/pip install -qq --editable '.[docs]'
	@touch $@

# Without a warning, and no page fetches anything.
docs: $(VENV)/.docs_installed
	@$(VENV)/bin/python docs/make_pages.py build/pages
	@NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --quiet --strict
	@$(VENV)/bin/python docs/check_site.py build/site
	@echo "Open build/site/index.html; its search works where it is served"

demo: install
	@$(TICKET) argfile_runner lottery_experiment lottery_experiment_argfile \
	    --output_dir=$(DEMO) --trials=$(TRIALS) --iterations=$(LEVELS)
	@$(TICKET) argfile_runner branch branch_argfile \
	    --output_dir=$(DEMO) --trials=$(TRIALS) --experiment=reinit --runs=1 \
	    --levels=$(BRANCHED)
	@$(TICKET) report --output_dir=$(DEMO)

test: install
	$(PYTEST) -m "not slow"

test_slow: install
	$(PYTEST) -m slow

types: $(VENV)/.types_installed
	$(VENV)/bin/pyright --project pyproject.toml --pythonpath $(VENV)/bin/python

# What touches other packages most, with the oldest versions that are allowed.
OLDEST = .venv_oldest
test_oldest:
	$(PYTHON) -m venv $(OLDEST)
	$(OLDEST)/bin/pip install -qq --constraint tests/oldest.txt \
	    --editable '.[test]'
	$(OLDEST)/bin/pytest -n 2 --dist=loadfile -W default -m "not slow" \
	    tests/foundations/networks tests/foundations/keras_model_test.py \
	    tests/experiments/find_ticket_test.py tests/runners/main_test.py

test_all: types test test_slow docs
