#!/bin/sh
# Makes the virtual environment, builds and installs. Missing prerequisites are detected by use, not by package name,
# and reported in one line; nothing is left incomplete.
set -eu
PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}
EXTRAS=${EXTRAS:-dev}

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
printf '#include <stdio.h>\nint main(void){ puts("ok"); return 0; }\n' >"$scratch/try.c"
if ! { "${CC:-cc}" "$scratch/try.c" -o "$scratch/try" && [ "$("$scratch/try")" = ok ]; } 2>/dev/null; then
    packages="$packages gcc libc6-dev"
fi
include=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_paths()["include"])')
[ -f "$include/Python.h" ] || packages="$packages python3-dev"
if [ -n "$packages" ]; then
    say "error: this machine lacks what the build needs:$packages"
    say "  fix   apt-get install -y$packages"
    exit 2
fi

fresh=no
if [ ! -x "$VENV/bin/python" ]; then
    fresh=yes
    "$PYTHON" -m venv "$VENV"
fi
undo() { [ "$fresh" = no ] || rm -rf "$VENV"; }
log="$scratch/install.log"
if ! {
    "$VENV/bin/python" -m pip install --disable-pip-version-check -q 'setuptools>=77' 'Cython==3.3.1' &&
        BUILD_EXTENSION=yes "$VENV/bin/python" -m pip install --disable-pip-version-check -q \
            --no-build-isolation -e ".[$EXTRAS]"
} >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    say "error: the installation failed; the last lines of its output stand above"
    say "  fix   check the package index with '$PYTHON -m pip download idna', then run make again"
    undo
    exit 2
fi
touch "$VENV/.installed"
