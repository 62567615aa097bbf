# GPUs and AI, measured. `make book` reads a fresh clone into a built book, `make test` checks it.

# The first Python on this machine that the book runs on; name another with PYTHON=python3.12.
ifndef PYTHON
PYTHON := $(shell for python in python3 python3.13 python3.12 python3.11; do \
  $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
  && { echo $$python; break; }; done)
endif
RUN := .venv/bin/python

# Whatever the locale, files are UTF-8; and the book's own modules are found from here.
export PYTHONUTF8 := 1
unexport PYTHONSAFEPATH

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help book test pdf lab data record take-in lint format lighthouse address lock test-colab clean \
  checkout environment execute site messages unit together alone looked

help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{ printf "  make %-12s %s\n", $$1, $$2 }'

book: site ## install, execute the notebooks that changed, build the site into _build/html
	@echo
	@echo "The book is built. Open it:  file://$(CURDIR)/_build/html/index.html"
	@echo "or serve it:                 $(RUN) -m http.server --directory _build/html"

test: checkout
test: lint book messages unit ## check everything: style, notebooks, site, unit tests

pdf: site ## print the built site as one PDF, which its front page then links to
	@$(RUN) -m tools.pdf

lab: environment ## open the notebooks in JupyterLab
	.venv/bin/jupyter lab --notebook-dir book

data: environment ## list the data sets, or fetch one: make data SET=banking77 (into ./data)
	@$(RUN) -m tools.data $(SET)

record: ## record results on a GPU; needs PYTHON with torch, COMMIT and OUT, may have DATA and ONLY
	@test -n "$(COMMIT)" -a -n "$(OUT)" || { echo "Name the commit and the folder to write to:"; \
	  echo "  make record PYTHON=python3 COMMIT=\$$(git rev-parse HEAD) OUT=/tmp/record DATA=data"; exit 1; }
	@test -n "$(PYTHON)" || { echo "Name a Python that has torch 2.11 or later, NumPy and matplotlib:"; \
	  echo "  make record PYTHON=/path/to/python COMMIT=$(COMMIT) OUT=$(OUT)"; exit 1; }
	$(PYTHON) -m tools.record --commit "$(COMMIT)" --out "$(OUT)" $(if $(DATA),--data "$(DATA)") \
	  $(if $(ONLY),--only $(ONLY))

take-in: ## merge recorded results into the book: make take-in ARCHIVE=records.tar.gz
	@test -n "$(ARCHIVE)" || { echo "Name the archive: make take-in ARCHIVE=records.tar.gz"; exit 1; }
	$(PYTHON) -m tools.record --take-in "$(ARCHIVE)"

lint: environment ## check style, and that notebooks carry no outputs
	$(RUN) -m tools.colab_cell
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m nbstripout --keep-id --verify $(shell find book -name '*.ipynb' -not -path '*/.ipynb_checkpoints/*')

format: environment ## bring code and notebooks into style
	$(RUN) -m ruff check --fix
	$(RUN) -m ruff format
	$(RUN) -m tools.colab_cell --write
	$(RUN) -m nbstripout --keep-id $(shell find book -name '*.ipynb' -not -path '*/.ipynb_checkpoints/*')

lighthouse: environment ## score the built site with Lighthouse
	$(RUN) -m tools.lighthouse

address: environment ## set the public address everywhere: make address URL=https://github.com/owner/name
	$(RUN) -m tools.address "$(URL)"

lock: environment ## resolve constraints.txt anew from the two requirements files
	.venv/bin/uv pip compile --universal --python-version 3.11 --no-annotate --no-header --upgrade \
	  --no-emit-package gpus-and-ai-helpers requirements.txt requirements-test.txt \
	  --output-file constraints.txt

test-colab: environment ## run the notebooks under Colab's versions, on Python 3.13
	@$(RUN) -m tools.colab

clean: ## remove what was built; `rm -rf .venv .venv-colab` removes what was installed
	rm -rf _build
	@echo "Kept .venv; remove it with: rm -rf .venv .venv-colab"

# The steps of `book` and `test`, each of which can be made alone.

checkout:
	@git ls-files --error-unmatch Makefile >/dev/null 2>&1 || { echo "Tests ask git which files are the book's:"; \
	  echo "install git (Debian, Ubuntu: apt install git) and test in a clone. make book needs neither."; exit 1; }

environment:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 to 3.13 found. Install one (Debian, Ubuntu: apt install python3 python3-venv)"; \
	  echo "or name one: make book PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -m tools.install

execute: environment
	@$(RUN) -m tools.execute

site: execute
	@$(RUN) -m tools.build_site

messages: environment
	@$(RUN) -m tools.messages

# First what shares nothing, a few files at a time with one thread each; then what must run alone.
# Both parts run, whatever the first one found. The last line says whether pages were looked at.
OTHERS := $(if $(WITHOUT_BROWSER), and not browser)
# In the order of tests/conftest.py, the longest first: xdist's own begins with the most tests.
# nbmake, which no test of this run needs, takes seconds to load in each process.
FILES := -p no:nbmake -n auto --dist loadfile --no-loadscope-reorder
ALONE = $(shell grep -rl --include='test_*.py' 'mark\.alone' tests warptrace/tests)
unit: environment
	@$(MAKE) --no-print-directory --keep-going together alone looked

# `exec`, so that the end of make reaches pytest and not a shell above it.
together: export OMP_NUM_THREADS := 1
together: export OMP_WAIT_POLICY := PASSIVE
together:
	@exec $(RUN) -m pytest $(FILES) -m "not alone$(OTHERS)"

alone:
	@exec $(RUN) -m pytest -p no:nbmake -m "alone$(OTHERS)" $(ALONE)

looked:
	@$(RUN) -m tools.browser || true
