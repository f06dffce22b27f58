# The front door. `make run` needs Python 3.11 or newer, and nothing else.
# A variable on the command line holds: make run PORT=8123 DATABASE_URL=postgres://…

PYTHON ?= python3
PY := .venv/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check

.PHONY: help run dev demo admin quick test browser sqlite postgresql chaos bench lint lock audit sbom image growth messages year

help:
	@echo "make run     the whole site on http://localhost:8000, with a stand-in for Stripe"
	@echo "make demo    fills the practice site with an invented organisation and two years of gifts"
	@echo "make admin   make a superuser for /admin/"
	@echo "make dev     as run, with Django's reloading server"
	@echo "make quick   lint, types and the quick tests"
	@echo "make test    everything: lint and the three parts below, two at a time"
	@echo "make browser, make sqlite, make postgresql   one part of the tests"
	@echo "make chaos   the site is killed, Stripe lies and stalls, the books still agree (SEED=1 for a run again)"
	@echo "make year    200 monthly gifts live through a year of failures, cancels and lost events, to the cent (SEED=1)"
	@echo "make bench   how fast it is (SIZES=\"1000 1000000\" for so many donations)"
	@echo "make growth  upgrades a database of 100,000 gifts of an earlier version, on SQLite and PostgreSQL"
	@echo "make image   the Dockerfile by hand, where there is no Docker"
	@echo "make messages  brings the translations in locale/ up to date (LANGUAGE=nl for a new one)"
	@echo "make lock    writes requirements.lock anew, with hashes, after requirements.txt was changed"
	@echo "make audit   asks for known holes in what is installed; it needs the internet"
	@echo "make sbom    the list of what the site is made of: artifacts/sbom.json"

# make passes a SIGTERM on to the server, and the server finishes what is in flight.
run: .venv/run.stamp .env
	@$(PY) -m project.prepare
	@exec $(PY) -m project.serve

dev: .venv/run.stamp .env
	@$(PY) -m project.prepare
	@exec $(PY) manage.py runserver

demo: .venv/run.stamp .env
	@$(PY) -m project.prepare
	@exec $(PY) manage.py demo_data --years 2

admin: .venv/run.stamp .env
	@$(PY) -m project.prepare
	@if [ -n "$$DJANGO_SUPERUSER_EMAIL" ] && [ -n "$$DJANGO_SUPERUSER_PASSWORD" ]; \
		then exec $(PY) manage.py createsuperuser --noinput; \
		else exec $(PY) manage.py createsuperuser; fi

lint: .venv/dev.stamp
	$(PY) -m ruff check --quiet .
	$(PY) -m ruff format --check --quiet .
	$(PY) -m djlint templates --lint --quiet
	$(PY) -m mypy --no-error-summary

PYTEST = $(PY) -m pytest -q -n $$(getconf _NPROCESSORS_ONLN)

quick: lint
	$(PYTEST) --dist worksteal -m "not browser and not slow"

# A browser's test and a site that is killed mostly wait: so two parts at a time, and each says all it has to say when
# it ends. Every part runs to its end, whatever another one found.
test: .venv/dev.stamp
	@echo "Style and types, then the tests in a browser, on SQLite and on PostgreSQL: some minutes, two parts at a time."
	@$(MAKE) --no-print-directory --jobs=2 --keep-going $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) \
		lint browser sqlite postgresql

browser: .venv/dev.stamp
	$(PYTEST) --dist loadfile -m browser tests/system/browser

sqlite: .venv/dev.stamp
	$(PYTEST) --dist worksteal -m "not browser"

postgresql: .venv/dev.stamp
	$(PY) -m tests.postgres $(PYTEST) --dist worksteal -m "not browser and not once"

chaos: .venv/dev.stamp
	$(PY) -m tests.system.chaos $(if $(SEED),--seed $(SEED))
	$(PY) -m tests.postgres $(PY) -m tests.system.chaos $(if $(SEED),--seed $(SEED)) --sites 2

YEAR = tests.system.chaos --donors 0 --regulars 200 --seconds 60 --kills 0 $(if $(SEED),--seed $(SEED))

year: .venv/dev.stamp
	$(PY) -m $(YEAR)
	$(PY) -m tests.postgres $(PY) -m $(YEAR)

bench: .venv/dev.stamp
	@exec $(PY) -m bench $(if $(SIZES),--sizes $(SIZES)) $(if $(ONLY),--only $(ONLY))

growth: .venv/dev.stamp
	$(PY) -m tests.system.growth
	$(PY) -m tests.postgres $(PY) -m tests.system.growth

image: .venv/dev.stamp
	$(PY) -m tests.system.deploy.dockerfile

messages: .venv/run.stamp .env
	@$(PY) manage.py messages $(LANGUAGE) $(if $(DRAFT),--draft)

TOOLS = artifacts/tools/bin

lock: artifacts/tools/stamp
	$(TOOLS)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-find-links \
		--no-emit-index-url --output-file requirements.lock requirements.txt

# --strict: without it, an audit that could not ask anybody ends well.
audit: artifacts/tools/stamp
	$(TOOLS)/pip-audit --strict --require-hashes --disable-pip --requirement requirements.lock

sbom: artifacts/tools/stamp
	$(TOOLS)/cyclonedx-py requirements --output-reproducible --output-file artifacts/sbom.json requirements.lock

artifacts/tools/stamp: requirements-tools.txt
	@$(PYTHON) -m venv artifacts/tools
	@$(TOOLS)/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.env:
	@umask 077 && $(PYTHON) -c 'import secrets; print("SECRET_KEY=" + secrets.token_urlsafe(50) + "\nDEBUG=true")' > $@.new
	@mv $@.new $@

.venv/dev.stamp: requirements-dev.txt .venv/run.stamp
	@$(PIP) -r $<
	@touch $@

.venv/run.stamp: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || \
		{ echo "Tincup needs Python 3.11 or newer. If it has another name here: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || \
		{ echo "This Python cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing into .venv, once: about a minute …"
	@$(PYTHON) -m venv .venv
	@$(PIP) -r $<
	@touch $@
