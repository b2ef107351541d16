#!/bin/sh
# Builds wssure-mbedtls against one Mbed TLS into a folder of its own and prints the folder, to be put on PYTHONPATH:
# `tools/mbedtls-build.sh 3.6`, `2.28`, `testing` or `source DIR`. It holds the package and its entry point; two versions
# live side by side and are used by separate processes, because their libraries share one name for many functions.
set -eu

cd "$(dirname "$0")/.."
CACHE=${WSSURE_CACHE:-$PWD/.cache}
PYTHON=${PYTHON:-$PWD/.venv/bin/python}

prefix=$(sh tools/mbedtls-prefix.sh "$@")
# A folder for each library, set of flags and Python: objects of one must never be linked into another.
flags=$(printf '%s|%s' "${WSSURE_CFLAGS:-}" "${WSSURE_LDFLAGS:-}" | sha256sum | cut -c 1-8)
target=$CACHE/build-$(basename "$prefix")-$flags-$("$PYTHON" -c 'import sys; print(sys.implementation.cache_tag)')
mkdir -p "$target"
(cd mbedtls && WSSURE_MBEDTLS_PREFIX=$prefix WSSURE_CYTHON_FOLDER=$target/cython "$PYTHON" setup.py -q build \
    --build-base "$target/objects" --build-lib "$target" egg_info --egg-base "$target" >&2)
echo "$target"
