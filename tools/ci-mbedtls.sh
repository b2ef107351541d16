#!/bin/sh
# Mbed TLS in both versions, each in its own processes: its own tests, the contract suite and the server-name matrix, client and
# server over it, every cause; then its C code under the sanitizers. The causes run on 3.6: some of them need TLS 1.3,
# which 2.28 does not have.
set -eu
export PYTHON="${PYTHON_VENV:-$PWD/.venv/bin/python}"
WSSURE_MBEDTLS_VERSIONS=3.6 sh tools/mbedtls-test.sh -n 2 tests/aio tests/causes tests/faulty_endpoints
WSSURE_MBEDTLS_VERSIONS=2.28 sh tools/mbedtls-test.sh -n 2 tests/aio
sh tools/mbedtls-asan.sh
