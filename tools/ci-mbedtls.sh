#!/bin/sh
# Mbed TLS in both versions, each in its own processes: its own tests, the contract suite, every cause and the client and
# server over it; then its C code under the sanitizers.
set -eu
PYTHON=${PYTHON_VENV:-$PWD/.venv/bin/python}
PYTHON="$PYTHON" sh tools/mbedtls-test.sh -n 2 tests/aio tests/causes
PYTHON="$PYTHON" sh tools/mbedtls-asan.sh
