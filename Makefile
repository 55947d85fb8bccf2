# make report                            the demo company, from nothing to a finished report
# make report DATASET=demo_b2b           a demo company whose customers are companies
# make report DATASET=complete_journey   the same on 1.47 million real grocery transactions
# make init | check | report DATASET=x   exports in data/x/raw: describe them, try the description, report
# make test-fast                         the daily loop
# make figures ONLY=name,...             measures again what is promised, writes docs/measured.md
# make facts                             the committed outputs of the notebooks, anew
# make lab                               JupyterLab, on the tables of a report that it makes if there is none
# make nbval                             runs the notebooks and compares their facts with the committed ones
# make test | test-slow | types | bench | lock | messages | clean
DATASET ?= demo
ARGS ?=
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
APT := $(SUDO) apt-get

# uv installs in a third of pip's time; where it is absent or does not know the index that pip uses, pip does it.
# Either refuses a file whose hash is not in the lock.
PIP := $(BIN)/pip install -q --require-hashes
UV = $(PIP) -r requirements-uv.txt && $(BIN)/uv
INSTALL = $(UV) pip install -q --require-hashes --python $(BIN)/python

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# A run and its tests are many processes; each would compile every module again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: report init check test test-fast test-slow types figures facts bench lab lock messages clean browser postgres spark
.DELETE_ON_ERROR:

report: $(READY) data/$(DATASET)/dataset.yaml
	@$(BIN)/customer-profiles report data/$(DATASET)/dataset.yaml $(ARGS)

init: $(READY)
	@$(BIN)/customer-profiles init data/$(DATASET) $(ARGS)

check: $(READY) data/$(DATASET)/dataset.yaml
	@$(BIN)/customer-profiles check data/$(DATASET)/dataset.yaml $(ARGS)

test: $(READY) browser postgres spark
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder -m "not slow" --junitxml=build/test.xml $(ARGS)

# While one works: without Chromium, PostgreSQL, Java, and what needs a whole report or many runs.
test-fast: $(READY)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder --junitxml=build/test-fast.xml \
	  -m "not slow and not report and not browser and not postgres and not spark and not costly" $(ARGS)

test-slow: $(READY) browser postgres spark
	@$(INSTALL) -r requirements-bench.txt 2>/dev/null || $(PIP) -r requirements-bench.txt
	@$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder -m slow $(ARGS)

types: $(READY)
	@$(BIN)/mypy $(ARGS)

# Those that take long only if they are named.
figures: $(READY) data/demo/dataset.yaml
	@$(BIN)/python tests/benchmarks/figures.py $(if $(ONLY),--only '$(ONLY)')

# After numbers have changed: look at the difference before it is committed.
facts: $(READY)
	@$(BIN)/python tests/notebook_facts.py

bench: $(READY) data/demo/dataset.yaml
	@$(BIN)/python tests/benchmarks/run_cost.py

lab: $(READY) data/$(DATASET)/runs/latest/profile.parquet
	@$(BIN)/jupyter lab --notebook-dir=. notebooks/01_collect_data.ipynb $(ARGS)

# The committed facts of the notebooks are those of the demo company; each notebook reads what its last run has left.
nbval: $(READY) data/demo/runs/latest/profile.parquet
	@$(BIN)/python -m pytest -q -p no:cacheprovider --nbval-lax notebooks $(ARGS)

# Notebooks opened by hand continue from the last published run.
data/%/runs/latest/profile.parquet: | $(READY) data/%/dataset.yaml
	@$(BIN)/customer-profiles report data/$*/dataset.yaml

# The demo companies are made, not shipped; every other data set brings its own dataset.yaml.
data/demo/dataset.yaml: | $(READY)
	@$(BIN)/customer-profiles demo --out data/demo

data/demo_b2b/dataset.yaml: | $(READY)
	@$(BIN)/customer-profiles demo --kind b2b --out data/demo_b2b

data/%/dataset.yaml:
	@echo "There is no $@: put the exports into data/$*/raw and write 'make init DATASET=$*' (data/README.md)." >&2; exit 2

# Debian ships python3 without venv; everything else comes from the lock.
$(READY): requirements.txt pyproject.toml
	@echo "Installing the pinned libraries into $(VENV) (half a minute to two minutes, once) ..."
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { $(APT) update -q && $(APT) install -y -q python3-venv; }
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) --compile-bytecode -r requirements.txt 2>/dev/null || $(PIP) -r requirements.txt
	@$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@touch $@

browser:
	@command -v chromium >/dev/null || { $(APT) update -q && $(APT) install -y -q --no-install-recommends chromium; }

# Tests start a server of their own: only the binaries are wanted, no cluster of the system.
postgres:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { $(APT) update -q && \
	  $(APT) install -y -q --no-install-recommends postgresql-common && \
	  $(SUDO) sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf && \
	  $(APT) install -y -q --no-install-recommends postgresql; }

# For data sets with `engine: spark`: half a gigabyte that no other run needs.
spark: $(READY)
	@command -v java >/dev/null || { $(APT) update -q && $(APT) install -y -q --no-install-recommends default-jre-headless; }
	@$(INSTALL) -r requirements-spark.txt 2>/dev/null || $(PIP) -r requirements-spark.txt

# Versions stay as they are unless pyproject.toml asks for others; ARGS=--upgrade, or ARGS='--upgrade-package NAME'.
# $(1): file, $(2): what it holds, $(3): further sources. The first line of a file, which says what it is, is kept.
define COMPILE
{ cp $(1) requirements.new && $(2) | $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
  --no-annotate --no-header --no-emit-index-url --no-emit-find-links $(ARGS) $(3) - -o requirements.new >/dev/null && \
  { head -1 $(1); cat requirements.new; } > requirements.out && mv requirements.out $(1) && rm requirements.new; }
endef
EXTRA = $(BIN)/python -c 'import sys, tomllib; project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
  print(*project["optional-dependencies"][sys.argv[1]], sep="\n")'

lock: $(READY)
	@$(PIP) -r requirements-uv.txt
	@$(call COMPILE,requirements-uv.txt,echo 'uv~=0.13.9')
	@$(call COMPILE,requirements.txt,echo 'setuptools>=80',--extra examples --extra test pyproject.toml)
	@$(call COMPILE,requirements-spark.txt,$(EXTRA) spark,-c requirements.txt)
	@$(call COMPILE,requirements-bench.txt,$(EXTRA) bench,-c requirements.txt)

messages: $(READY)
	@$(BIN)/python -m tools.messages
	@$(BIN)/python -m tools.notebooks_page
	@$(BIN)/python -m tools.data_dictionary
	@$(BIN)/python -m tools.api_page

# What can be made again; reports of other data sets and what their runs keep stay where they are.
clean:
	rm -rf $(VENV) build .pytest_cache .ruff_cache .mypy_cache .hypothesis data/demo data/demo_b2b reports/demo reports/demo_b2b
	find . -name __pycache__ -prune -exec rm -rf {} +
