# Every command first makes .venv and installs the lock into it if that is not done yet (tools/env.py).
# Without make: run the same lines by hand, for example `python tools/env.py -m tools.build`.
PYTHON ?= python3
IN_ENV = @$(PYTHON) tools/env.py

.DEFAULT_GOAL := help
.PHONY: help book serve lab test latest mutants chapter tidy canary lock clean

help:     ## this list
	@sed -n 's/^\([a-z]*\): *## /  make \1	/p' Makefile

book:     ## build the whole book and say where it is
	$(IN_ENV) -m tools.build

serve:    ## open the built book in the browser
	$(IN_ENV) -m tools.serve

lab:      ## open the chapters in JupyterLab; asks before it installs that
	$(IN_ENV) -m tools.lab $(OPTIONS)

test:     ## run every test, as many at a time as there are cores; the book is built on the way
	$(IN_ENV) -m tools.test

latest:   ## run every test with the newest packages that requirements.in allows, not with the lock
	$(IN_ENV) -m tools.latest

mutants:  ## do the tests of adlib bite? tries 300 changes of its code, a quarter of an hour: make mutants OPTIONS="--module memory"
	$(IN_ENV) -m tools.mutants $(OPTIONS)

chapter:  ## build one chapter quickly: make chapter N=05
	$(IN_ENV) -m tools.chapter $(N)

tidy:     ## mend layout and spelling, and say what is left
	$(IN_ENV) -m tools.tidy

canary:   ## build the book without Jupyter Book, with the newest Sphinx, and compare the pages
	$(IN_ENV) -m tools.canary

lock:     ## resolve requirements.in anew into requirements.txt, and the same for JupyterLab and the mutants
	$(IN_ENV) -m tools.lock

clean:    ## remove what the commands made: _build and the environments
	@$(PYTHON) -c "import shutil; [shutil.rmtree(d, ignore_errors=True) for d in ('_build', '.venv', '.venv-lab', '.venv-bench', '.venv-mutants')]"
