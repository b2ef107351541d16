#!/bin/sh
# Makes the virtual environment, builds and installs. Missing prerequisites are detected by use, not by package name,
# and reported in one line; nothing is left incomplete. EXTRAS=demo installs what `make demo` needs: it does without a
# compiler, and adds the Mbed TLS backend if its headers are here or can be unpacked from Debian's packages.
set -eu
PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}
EXTRAS=${EXTRAS:-dev}
extras=$EXTRAS
[ "$EXTRAS" = dev ] || extras="$EXTRAS,fetch,lint" # the commands that the demo prints at its end need them

say() { printf '%s\n' "$*" >&2; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM
packages=

if ! command -v "$PYTHON" >/dev/null 2>&1; then
    say "error: no $PYTHON found"
    say "  fix   apt-get install -y python3 python3-venv python3-dev gcc libc6-dev make"
    exit 2
fi
if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    say "error: $("$PYTHON" -V) found, expected Python 3.11 or newer"
    say "  fix   make PYTHON=/path/to/a/newer/python3"
    exit 2
fi

# A virtual environment that can install: Debian's python3 package has no ensurepip.
"$PYTHON" -c 'import venv, ensurepip' 2>/dev/null || packages="$packages python3-venv"
# A compiler that makes a running program, and Python's headers, each tested by use.
build=
printf '#include <stdio.h>\nint main(void){ puts("ok"); return 0; }\n' >"$scratch/try.c"
if ! { "${CC:-cc}" "$scratch/try.c" -o "$scratch/try" && [ "$("$scratch/try")" = ok ]; } 2>/dev/null; then
    build="$build gcc libc6-dev"
fi
include=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_paths()["include"])')
[ -f "$include/Python.h" ] || build="$build python3-dev"
[ "$EXTRAS" = demo ] || packages="$packages$build"
if [ -n "$packages" ]; then
    say "error: this machine lacks what the build needs:$packages"
    say "  fix   apt-get install -y$packages"
    exit 2
fi

fresh=no
if [ ! -x "$VENV/bin/python" ]; then
    fresh=yes
    say "1/3  virtual environment in $VENV (5 s)"
    "$PYTHON" -m venv "$VENV"
fi
undo() { [ "$fresh" = no ] || rm -rf "$VENV"; }
log="$scratch/install.log"
fail() {
    tail -n 40 "$log" >&2
    say "error: the installation failed; the last lines of its output stand above"
    say "  fix   check the package index with '$PYTHON -m pip download idna', then run make again"
    undo
    exit 2
}
pip() { "$VENV/bin/python" -m pip "$@" >>"$log" 2>&1; }

if [ "$EXTRAS" = demo ] && [ -e "$VENV/.installed" ]; then
    : # everything but Mbed TLS is there
elif [ -z "$build" ]; then
    say "2/3  packages, and the compiled parts (about 40 s on two cores)"
    pip install --disable-pip-version-check -q 'setuptools>=77' 'Cython==3.3.1' || fail
    BUILD_EXTENSION=yes pip install --disable-pip-version-check -q --no-build-isolation -e ".[$extras]" || fail
else
    say "2/3  packages (10 s); the compiled parts are left out, because this machine lacks$build"
    pip install --disable-pip-version-check -q 'setuptools>=77' || fail
    BUILD_EXTENSION=no pip install --disable-pip-version-check -q --no-build-isolation -e ".[$extras]" || fail
fi
if [ "$EXTRAS" != demo ]; then
    touch "$VENV/.installed"
    exit 0
fi

# Mbed TLS: the headers of this machine, else Debian's packages in the project's cache, which needs no root.
mbedtls() {
    if "$VENV/bin/python" -c 'import wssure_mbedtls' 2>/dev/null; then return 0; fi
    prefix=
    if ! [ -e /usr/include/mbedtls/ssl.h ]; then
        command -v apt-get >/dev/null || return 1
        prefix=$(sh tools/mbedtls-prefix.sh 3.6 2>>"$log") || return 1
    fi
    WSSURE_MBEDTLS_PREFIX=$prefix pip install --disable-pip-version-check -q --no-build-isolation ./mbedtls
}
if [ "${MBEDTLS:-}" = no ]; then
    say "3/3  Mbed TLS is left out, as asked for"
elif [ -n "$build" ]; then
    say "3/3  Mbed TLS is left out: it needs a compiler (apt-get install -y$build libmbedtls-dev, then make mbedtls)"
else
    say "3/3  the Mbed TLS backend (about 20 s)"
    mbedtls || say "     left out: apt-get install -y libmbedtls-dev, then make mbedtls"
fi
touch "$VENV/.demo"
