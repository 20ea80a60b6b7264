# Each target sets up what it needs: a virtual environment in .venv, from packages alone.
PYTHON ?= python3
BIN := .venv/bin
TESTS := $(BIN)/python -m pytest -n 2 --dist worksteal

.PHONY: help setup demo test test-browser screenshots check heavy stress conformance clients starts replicas gemma live reference format coverage bench-start bench-recall bench-ablations bench-context bench-http bench-media bench-dimensions bench-pages bench-speed bench-store wheel bundle lock clean

help:
	@echo "make demo         remember, restart, recall, forget: the whole product on real input"
	@echo "make test         the test suite"
	@echo "make test-browser the page in a real Chromium, which CHROMIUM names or the path holds (10 minutes)"
	@echo "make screenshots  the pictures of the page in examples/page, made anew"
	@echo "make check        format, lint, types, contracts and tests: what CI runs"
	@echo "make heavy        tests that take minutes: processes that are killed"
	@echo "make stress       concurrency, erasure and kills with real processes: 10 minutes"
	@echo "make conformance  the official conformance suite and the Inspector against the HTTP server (npm; 2 minutes)"
	@echo "make clients      seven clients that others wrote, on stdio and HTTP (PyPI and npm, 800 MB; 5 minutes)"
	@echo "make starts       each documented start from an empty directory: pip, pipx, uv, bundle, image (PyPI, 2 GB; 6 minutes)"
	@echo "make replicas     several servers on one bucket, of an S3 service that runs here (PyPI; 3 minutes)"
	@echo "make gemma        EmbeddingGemma 2 as the extra installs it, on a tiny model (3 GB of packages)"
	@echo "make live         the embedders' contract against the real services (needs their keys, costs some cents)"
	@echo "make coverage     which lines and branches the tests reach"
	@echo "make bench-start  how long until the tools are listed, and until the first recall"
	@echo "make bench-recall what is found: every set, mode and medium, with the offline embedder, or Gemini where its key is"
	@echo "make bench-ablations  why recall ranks and scores as it does (needs the evaluation data)"
	@echo "make bench-context  what the tools and their answers take of an agent's context (npm; 2 minutes)"
	@echo "make bench-http   a server over HTTP under 32 clients for a minute: requests a second, latencies, memory"
	@echo "make bench-media  how fast each medium is read, and in how much memory (needs the evaluation data)"
	@echo "make bench-pages  whether a PDF page is found better with its text (asks Gemini, costs about \$$0.22)"
	@echo "make bench-dimensions  what the width of vectors costs in bytes and milliseconds"
	@echo "make bench-speed  searches and writes at 1,000 to 1,000,000 rows, beside numpy and three others (PyPI, 40 minutes)"
	@echo "make bench-store  what 10,000 single remembers cost, and what upkeep costs those who recall (20 minutes)"
	@echo "make wheel        dist/: the wheel and the source archive"
	@echo "make bundle       dist/sensorium.mcpb, which desktop hosts install by a double click"
	@echo "make reference    the tables of docs/reference.md, from the code"
	@echo "make format       rewrite the sources in the project's format"
	@echo "make lock         renew requirements.lock from what is installed"

setup: .venv/.ready

# pip 25.1 is the first that knows --group.
.venv/.ready: pyproject.toml requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "sensorium needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --group dev --editable .
	touch $@

demo: setup
	$(BIN)/python examples/demo.py

test: setup
	$(TESTS)

test-browser: setup
	$(BIN)/python -m pytest -m browser tests/browser

screenshots: setup
	PYTHONPATH=tests $(BIN)/python -m browser.screenshots

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(TESTS)

reference: setup
	PYTHONPATH=tests $(BIN)/python -m documents.reference

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

stress: setup
	PYTHONPATH=tests $(BIN)/python -m stress.stress

conformance: setup
	PYTHONPATH=tests $(BIN)/python -m conformance.run

starts: setup
	$(BIN)/python -m pytest -m starts tests/starting

clients: setup
	$(BIN)/python -m pytest -m clients tests/thirdparty

replicas: setup
	$(BIN)/python -m pytest -m replicas tests/replicas

heavy: setup
	$(BIN)/python -m pytest -m heavy

# A venv of its own: 3 GB. The CPU build of PyTorch is named first, as pip would take one for CUDA.
gemma:
	test -x .venv-gemma/bin/python || $(PYTHON) -m venv .venv-gemma
	.venv-gemma/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	.venv-gemma/bin/python -m pip install --quiet torch==2.13.0
	.venv-gemma/bin/python -m pip install --quiet --constraint requirements.lock torch==2.13.0 torchvision==0.28.0 --group dev --editable '.[gemma]'
	.venv-gemma/bin/python -m pytest tests/embedders/test_gemma.py tests/embedders/test_gemma_model.py tests/embedders/test_gemma_loading.py

live: setup
	$(BIN)/python -m pytest -m live tests/embedders/test_contract.py

coverage: setup
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report

bench-start: setup
	$(BIN)/python benchmarks/start.py

bench-context: setup
	PYTHONPATH=tests $(BIN)/python benchmarks/context.py

bench-http: setup
	$(BIN)/python benchmarks/load.py

bench-media: setup
	$(BIN)/python benchmarks/media.py

bench-dimensions: setup
	$(BIN)/python benchmarks/dimensions.py

# The peers have a venv of their own.
bench-speed: setup
	test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --requirement benchmarks/peers.txt
	$(BIN)/python benchmarks/speed.py

bench-store: setup
	$(BIN)/python benchmarks/store.py

bench-pages: setup
	$(BIN)/python benchmarks/pages.py

bench-recall: setup
	$(BIN)/python benchmarks/recall.py

bench-ablations: setup
	$(BIN)/python benchmarks/ablations.py
	$(BIN)/python benchmarks/contexts.py
	$(BIN)/python benchmarks/similar.py
	$(BIN)/python benchmarks/secondstage.py

wheel: setup
	$(BIN)/python -m hatchling build

bundle: setup
	$(BIN)/python packaging/mcpb/build.py dist/sensorium.mcpb

lock: setup
	$(BIN)/python -m pip freeze --exclude-editable | grep -v '@' > requirements.lock

clean:
	rm -rf .cache .venv .venv-gemma .venv-peers build dist *.egg-info .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage
