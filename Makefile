# Two commands for a newcomer: `make demo` and `make test`. Everything else is for contributors.
# The tiers of tests: `make test` (minutes, nothing but Python and a compiler), `make test-all` (everything that CI runs),
# `make full` (hours).
PYTHON ?= python3
VENV ?= .venv
PY = $(VENV)/bin/python
MARK = $(VENV)/.installed

.PHONY: mutants demo install prove test test-peers test-rest test-all full docs zipapp counts mbedtls autobahn bench hotpaths prose faulty-endpoints setup build-ext lint types layers format interop-all soak fuzz coverage sanitize clean

# Which clients lose the server name: libwebsockets on Mbed TLS live if `make prove` or tools/lws-mbedtls.sh has built it, else recorded.
demo: $(VENV)/.demo
	@WSSURE_DEMO_LWS=$$(sh tools/lws-mbedtls.sh known || true) $(PY) -m wssure demo

$(VENV)/.demo: pyproject.toml setup.py tools/setup.sh
	@EXTRAS=demo PYTHON="$(PYTHON)" VENV="$(VENV)" MBEDTLS="$(MBEDTLS)" sh tools/setup.sh

# Puts `wssure` on the PATH: a link in ~/.local/bin.
install: $(VENV)/.demo
	@mkdir -p "$(HOME)/.local/bin" && ln -sfn "$(abspath $(VENV))/bin/wssure" "$(HOME)/.local/bin/wssure"
	@case ":$$PATH:" in *":$(HOME)/.local/bin:"*) echo "wssure is on the PATH: wssure --help" ;; \
	*) echo "wssure is in ~/.local/bin, which is not on the PATH; for this shell: export PATH=\"\$$HOME/.local/bin:\$$PATH\"" ;; esac

setup: $(MARK)

$(MARK): pyproject.toml setup.py tools/setup.sh
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh tools/setup.sh

build-ext: setup
	@BUILD_EXTENSION=yes $(PY) setup.py -q build_ext --inplace

# PACKAGE=aio runs the tests of one package, in seconds; names are those of tests/NAME, tests/tools/NAME and tests/test_NAME.py.
ONLY = $(if $(PACKAGE),$(or $(wildcard tests/$(PACKAGE) tests/tools/$(PACKAGE) tests/test_$(PACKAGE).py),$(error there are no tests of "$(PACKAGE)")))
# Where tools/counts.py finds how many tests passed; a run of a part is no run.
TALLY = $(if $(PACKAGE),,WSSURE_TALLY=build/tally/main/$(1).tsv)

test: setup build-ext
	@$(call TALLY,quick) $(PY) -m pytest -q -n 2 --tier quick --durations=10 --durations-min=1 $(ONLY)

# What `make test` leaves out: tests that need the programs of tools/ci-packages.sh, or namespaces, or long. A missing one is red.
test-peers: setup build-ext
	@CI=true $(call TALLY,rest) $(PY) -m pytest -q -n 2 --tier rest --durations=10 --durations-min=1 $(ONLY)

# Everything that CI runs after `make test`, with a summary; test-all is everything that CI runs.
test-rest: setup build-ext
	@sh tools/test-rest.sh

test-all: setup
	@rm -rf build/tally
	@sh tools/ci-packages.sh && sh tools/ci-node.sh
	@$(MAKE) lint types layers prose
	@CI=true $(MAKE) test
	@$(MAKE) test-rest

# What CI has no time for: Autobahn whole in every mode, soak, every peer, bare machines; with a summary.
full: setup
	@sh tools/full.sh

# Raises the floors of tests/counts.tsv to what the last `make test-all` counted.
counts: setup
	@$(PY) tools/counts.py --write

# The second TLS library, into the same environment, from the headers this machine has (apt-get install libmbedtls-dev).
mbedtls: setup
	@$(PY) -m pip install --disable-pip-version-check -q --no-build-isolation ./mbedtls && $(PY) -m wssure versions

# Which server_name a libwebsockets client file sends on Mbed TLS: built unchanged, run, and read off the wire. FILE=client.c, and
# ENTRY='my_client(1)' if the function to start is not found. The first call builds libwebsockets into .cache (a minute).
prove: $(VENV)/.demo
	@$(PY) tools/prove.py "$(or $(FILE),$(error say which client: make prove FILE=client.c))" $(if $(ENTRY),--entry '$(ENTRY)') $(if $(MBEDTLS),--mbedtls $(MBEDTLS)); [ $$? -le 1 ]

# Small changes of the code, a seeded sample of each package: do the tests notice? An hour; PACKAGE=wire is one package.
mutants: setup build-ext
	@$(PY) tools/mutants.py $(if $(PACKAGE),--package $(PACKAGE)) $(if $(SEED),--seed $(SEED))

# The Autobahn Testsuite on both sides, over ws and wss with each backend; FULL=1 runs all 517 cases, else 12 and 13 are sampled.
autobahn: setup build-ext
	@$(PY) -m tests.autobahn $(if $(FULL),--full)

# build/zipapp/wssure.pyz: the package in one file, for a machine that has Python and nothing else.
zipapp: setup
	@rm -rf build/zipapp && BUILD_EXTENSION=no $(PY) -m build -q --no-isolation --outdir build/zipapp . && $(PY) tools/make-zipapp.py build/zipapp/*.whl build/zipapp/wssure.pyz

# The documentation, into build/docs: any warning, such as a link that leads nowhere, is an error. Packages: the extra `docs`.
docs: setup
	@mkdir -p build && $(PY) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["docs"], sep="\n")' >build/docs.txt
	@$(PY) -m pip install --disable-pip-version-check -q -r build/docs.txt
	@$(PY) -m sphinx -q -W --keep-going -j 2 -c docs -d build/docs-cache . build/docs && echo "build/docs/index.html"

# CPU per message of every library, divided by the C reference's, and memory per connection; writes docs/benchmarks.md and its picture.
bench: setup build-ext
	@$(PY) -m pip install --disable-pip-version-check -q picows websockets aiohttp websocket-client && $(PY) -m benchmarks.bench --write docs

# Instructions per operation of six hot paths under callgrind (apt-get install valgrind), held to tools/hotpaths.tsv; two minutes.
# RECORD=1 writes the figures of this build as the ceilings.
hotpaths: setup build-ext
	@$(PY) tools/hotpaths.py $(if $(RECORD),--record)

# The peers of the normal run, and nats-server, Caddy, gnutls-cli and undici. Missing ones are an error here.
interop-all: setup build-ext
	@sh tools/ci-packages.sh interop-all && sh tools/ci-node.sh
	@CI=true $(PY) -m pytest -q -n 2 -m "interop_all or not interop_all" tests/interop

# What takes minutes: every byte of a damaged path, ten thousand connections.
soak: setup build-ext
	@$(PY) -m pytest -q -n 2 -m soak tests

# Every decoder, both state machines and the C code of the Mbed TLS backend, SECONDS each. Without atheris, or without libFuzzer
# in clang, a part is not run, which is red with CI=true.
fuzz: setup build-ext
	@$(PY) -m pip install --disable-pip-version-check -q atheris || true
	@$(PY) -m fuzz --seconds $(or $(SECONDS),20) || { [ $$? -eq 3 ] && sh tools/not-run.sh fuzz "there is no atheris"; }
	@sh tools/mbedtls-fuzz.sh $(or $(SECONDS),20) || { [ $$? -eq 3 ] && sh tools/not-run.sh mbedtls-fuzz "there is no libFuzzer"; }

# Branch coverage by package, held to floors that only rise; two to three minutes.
coverage: setup
	@$(PY) tools/coverage.py

# The compiled parts under AddressSanitizer and UndefinedBehaviorSanitizer.
sanitize: setup
	@sh tools/ci-sanitize.sh

# wssure check against every faulty endpoint of the tests: endpoint, true cause, said, confidence, experiments, ms.
faulty-endpoints: setup build-ext
	@$(PY) -m tests.faulty_endpoints --check

lint: setup
	@$(PY) -m ruff check . && $(PY) -m ruff check --preview --select PLR1702 . && $(PY) -m ruff format --check .

# Riddles per 1000 words of docstrings and comments, held to tools/prose.tsv; LOWER=1 lowers the ceilings to the figures.
prose: setup
	@$(PY) tools/prose.py $(if $(LOWER),--lower)

types: setup
	@$(PY) -m mypy

layers: setup
	@$(VENV)/bin/lint-imports

format: setup
	@$(PY) -m ruff check --fix . ; $(PY) -m ruff format .

clean:
	rm -rf build dist $(VENV) .mypy_cache .ruff_cache .pytest_cache
	find src -name '*.so' -delete
