# HPMS. Needs Python 3.11 or later and make, nothing else. `make help` lists what there is.

PORT ?= 8000
ARGS ?=
export PORT

# The first Python that is new enough; the launcher says a sentence when none is. Where nobody names one, it lives in a
# clearly quicker one if this machine has it.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; exit; }; done; echo python3)
LAUNCH = HPMS_PYTHON_FROM="$(origin PYTHON)" $(PYTHON) -m hpms.launch

.DEFAULT_GOAL := help
.PHONY: help demo manage test soak install lint format bench settings lock clean

help: ## This list
	@echo "make demo      Two clinics to walk through, at http://localhost:8000  (PORT=8001 for another port)"
	@echo "make test      The test suite  (ARGS=\"tests/billing -k refund\", E2E_REQUIRED=1 to insist on the browser tests)"
	@echo "make soak      Bills and payments in random order against a plain model, 100,000 operations  (ARGS=2000 for fewer)"
	@echo "make install   Only fetch what the other targets need"
	@echo "make lint      ruff, import-linter, mypy, missing migrations"
	@echo "make format    Put the code into the house's shape"
	@echo "make bench     How fast the house is, against its floor  (ARGS=\"--large\" for 100,000 patients, ARGS=\"--books\" for the money)"
	@echo "make manage    A manage.py command on the demo's data  (ARGS=\"list_clinics\")"
	@echo "make settings  Every variable that HPMS reads, with its meaning and default"
	@echo "make lock      Resolve the dependencies anew  (ARGS=--upgrade for newer ones)"
	@echo "make clean     Remove everything the tools made, the demo's data too"

demo manage test soak install lint format settings lock clean:
	@$(LAUNCH) $@ $(ARGS)

bench:
	@$(LAUNCH) manage bench $(ARGS)
