#!/bin/sh
# Builds wssure-mbedtls against one Mbed TLS in a separate folder and prints the folder, for PYTHONPATH:
# `tools/mbedtls-build.sh 3.6`, `2.28`, `testing` or `source DIR`. It contains the package and its entry point. Two
# versions can be installed side by side for separate processes; one process cannot use both, because their libraries
# have functions with the same names.
set -eu

cd "$(dirname "$0")/.."
CACHE=${WSSURE_CACHE:-$PWD/.cache}
PYTHON=${PYTHON:-$PWD/.venv/bin/python}

prefix=$(sh tools/mbedtls-prefix.sh "$@")
# One folder for each library, set of flags and Python: objects of one must never be linked into another.
flags=$(printf '%s|%s' "${WSSURE_CFLAGS:-}" "${WSSURE_LDFLAGS:-}" | sha256sum | cut -c 1-8)
target=$CACHE/build-$(basename "$prefix")-$flags-$("$PYTHON" -c 'import sys; print(sys.implementation.cache_tag)')
mkdir -p "$target"
(cd mbedtls && WSSURE_MBEDTLS_PREFIX=$prefix WSSURE_CYTHON_FOLDER=$target/cython "$PYTHON" setup.py -q build \
    --build-base "$target/objects" --build-lib "$target" egg_info --egg-base "$target" >&2)
echo "$target"
