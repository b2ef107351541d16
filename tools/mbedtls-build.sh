#!/bin/sh
# Builds wssure-mbedtls against one Mbed TLS into a folder of its own and prints the folder, to be put on PYTHONPATH:
# `tools/mbedtls-build.sh 3.6`, `2.28` or `source DIR`. It holds the package and its entry point; two versions live side by
# side and are used by separate processes, because their libraries share one name for many functions.
set -eu

cd "$(dirname "$0")/.."
CACHE=${WSSURE_CACHE:-$PWD/.cache}
PYTHON=${PYTHON:-$PWD/.venv/bin/python}
SUFFIX=${WSSURE_MBEDTLS_SUFFIX:-}

prefix=$(sh tools/mbedtls-prefix.sh "$@")
target=$CACHE/build-$(basename "$prefix")$SUFFIX
mkdir -p "$target"
# A build folder for each target: objects of one version must never be linked into another.
(cd mbedtls && WSSURE_MBEDTLS_PREFIX=$prefix "$PYTHON" setup.py -q build --build-base "$target/objects" \
    --build-lib "$target" egg_info --egg-base "$target" >&2)
echo "$target"
