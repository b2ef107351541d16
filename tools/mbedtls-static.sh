#!/bin/sh
# Builds the Mbed TLS that wheels of wssure-mbedtls carry, as static libraries, and prints its prefix:
# `tools/mbedtls-static.sh [ARCHIVE]`. ARCHIVE is the upstream release; without it, Debian's source package has it.
# The digest is that of the upstream release, which is the same file in Debian. It needs cmake and a C compiler.
set -eu
cd "$(dirname "$0")/.."
version=3.6.7 digest=a7e8bcbec0e6f761b4af24f25677626b35f762f68eef79c08677a363212d11f6
# A fixed name: mbedtls/pyproject.toml names it for builds in containers.
prefix=${WSSURE_CACHE:-$PWD/.cache}/mbedtls-static
[ "$(cat "$prefix/.complete" 2>/dev/null)" != $version ] || { echo "$prefix"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
archive=${1:-$(sh tools/debian-source.sh forky mbedtls)}
python3 -c 'import hashlib, sys; sys.exit(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest() != sys.argv[2])' "$archive" $digest || {
    echo "error: $archive is not the release $version of Mbed TLS: its SHA-256 is another one" >&2
    exit 3
}
rm -rf "$prefix"
mkdir -p "$prefix"
tar -xf "$archive" -C "$work" --strip-components=1
# One connection can be used by several threads; upstream's default configuration has no locks.
for option in MBEDTLS_THREADING_C MBEDTLS_THREADING_PTHREAD; do
    python3 "$work/scripts/config.py" -f "$work/include/mbedtls/mbedtls_config.h" set $option
done
cmake -S "$work" -B "$work/objects" -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DUSE_SHARED_MBEDTLS_LIBRARY=OFF -DENABLE_TESTING=OFF -DENABLE_PROGRAMS=OFF >&2
cmake --build "$work/objects" --target install -j 2 >&2
cp "$work/LICENSE" "$prefix/LICENSE"
echo $version >"$prefix/.complete"
echo "$prefix"
