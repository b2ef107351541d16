#!/bin/sh
# libwebsockets on Mbed TLS, both versions: built into the cache, then each mistake in real code against it, the incident
# among them. The tests of `make prove` find the same builds.
set -eu
cd "$(dirname "$0")/.."
PYTHON=${PYTHON_VENV:-$PWD/.venv/bin/python}
for release in 2.28 3.6; do
    prefix=$(sh tools/lws-mbedtls.sh "$release")
    WSSURE_LWS_PREFIX=$prefix WSSURE_TALLY=$PWD/build/tally/lws-mbedtls/$release.tsv "$PYTHON" -m pytest -q --tier rest tests/lws/test_incident.py
done
