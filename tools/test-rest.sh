#!/bin/sh
# The tests that CI runs after `make test`; `make test-all` runs both.
set -u
cd "$(dirname "$0")/.."
export CI=true
. ./tools/stages.sh

stage "the incident live: libwebsockets on Mbed TLS" sh tools/ci-lws.sh
stage "tests that need peers or namespaces, or take long" make test-peers
stage "Mbed TLS: both versions, each in its own processes, and under the sanitizers" sh tools/ci-mbedtls.sh
stage "coverage: branches by package" make coverage
stage "the compiled parts under the sanitizers" sh tools/ci-sanitize.sh
stage "fuzzing: every decoder, both state machines and the C code, for a moment" make fuzz SECONDS="${FUZZ_SECONDS:-4}"
stage "the Autobahn Testsuite, sections 12 and 13 sampled" sh tools/ci-autobahn.sh
stage "pure build, other Pythons, uvloop: the subset marked matrix" sh tools/ci-matrix.sh
stage "instructions of the hot paths, against their ceilings" make hotpaths
stage "both commands on a bare Debian 12" sh tools/ci-bare.sh
stage "documentation: every page, link and docstring, without a warning" make docs
stage "packaging: sdist, wheel, an empty environment, the demo from it" sh tools/ci-packaging.sh
stage "as many tests as before, in each run, package and backend" .venv/bin/python tools/counts.py
summary
