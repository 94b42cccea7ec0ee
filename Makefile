# Every target with its line: make help
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
PY := .venv/bin/python
STAMP := .venv/.installed
STRICT := worker/flows worker/understanding worker/whatsapp worker/gateways models/values.py models/readings.py models/payments/told.py settings.py
# Three at once keep two processors busy: much of what tests do is waiting. Two where whole houses run: they have processes enough.
BESIDE := -n 3 --dist loadfile
HOUSES := -n 2 --dist loadfile --no-loadscope-reorder
# Files of houses begin in this order, so that none of the long ones is begun last and waited for alone.
LONGEST := tests/test_faults_*.py tests/test_*_processes.py tests/test_run.py
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run chat test lint format bench lock clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(STAMP) ## the whole house on this machine, until Ctrl-C (ARGS="--data FOLDER" for another data folder)
	@exec $(PY) -m local.run $(ARGS)

chat: $(STAMP) ## talk to the bot in the terminal
	@exec $(PY) cli.py chat $(ARGS)

test: $(STAMP) ## every test, on servers of its own; then those that start whole houses (ARGS="tests/test_run.py -x" for some)
	@if [ -n "$(ARGS)" ]; then exec $(PY) -m pytest $(ARGS); fi; \
	$(PY) -m pytest -m "not house" $(BESIDE); first=$$?; \
	$(PY) -m pytest -m house $(HOUSES) $$(grep -l 'mark\.house' $(LONGEST) tests/test_*.py); second=$$?; \
	exit $$((first > second ? first : second))

lint: $(STAMP) ## ruff, its format, and mypy where types are strict
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy --follow-imports=silent $(STRICT)

format: $(STAMP) ## put the code into ruff's format
	@$(PY) -m ruff check --fix . ; $(PY) -m ruff format .

bench: $(STAMP) ## the figures of the README, measured here
	@exec $(PY) -m bench $(ARGS)

lock: $(STAMP) ## resolve the newest allowed versions anew and pin them with hashes
	@test -x .venv/bin/uv || $(PY) -m pip install --quiet --disable-pip-version-check uv
	@.venv/bin/uv pip compile pyproject.toml --extra local --extra dev --upgrade --quiet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --output-file requirements.lock
	@.venv/bin/uv pip compile pyproject.toml --constraint requirements.lock --quiet --universal --python-version 3.11 --no-annotate \
		--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --output-file requirements-production.lock

clean: ## remove .venv and caches; the data in .data stays
	@rm -rf .venv build *.egg-info .ruff_cache .mypy_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './.data/*' -prune -exec rm -rf {} +

$(STAMP): requirements.lock local/bootstrap.py
	@$(PYTHON) local/bootstrap.py
