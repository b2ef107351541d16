#!/bin/sh
# Runs the tests marked `matrix` in further configurations, each by its name: `tools/ci-matrix.sh [NAME ...]`.
#   pure     without compiled parts
#   uvloop   under uvloop
#   debian   Debian's own Python, an older release of its series with an older OpenSSL
#   py3MINOR another Python
# CI runs pure, uvloop and py313. Debian's Python has all tests on CI's bare Debian; `make full` runs the others.
set -eu
root=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
tests="pytest pytest-timeout pytest-xdist hypothesis jsonschema trustme cryptography tree-sitter tree-sitter-c tree-sitter-cpp"

matrix() { # name python build-mode loop backends
    name=$1 python=$2 mode=$3 loop=$4 backends=$5
    env="$work/$name"
    "$python" -m venv "$env"
    extra=
    [ "$loop" = asyncio ] || extra=uvloop
    # The copy keeps compiled files of the working tree out of the pure build.
    rm -rf "$work/src-$name"
    mkdir "$work/src-$name"
    git ls-files -z | xargs -0 cp --parents -t "$work/src-$name" 2>/dev/null
    (cd "$work/src-$name" && BUILD_EXTENSION=$mode "$env/bin/python" -m pip install -q --disable-pip-version-check \
        . $tests $extra)
    (cd "$work/src-$name" && rm -rf src && WSSURE_LOOP=$loop WSSURE_TEST_BACKENDS=$backends WSSURE_TALLY=$root/build/tally/$name/all.tsv \
        "$env/bin/python" -m pytest -q -n 2 -m matrix -p no:cacheprovider -p no:randomly tests)
    echo "matrix $name: passed"
    rm -rf "$env" "$work/src-$name"
}

one() { # one NAME
    case $1 in
    pure) matrix pure "${PYTHON:-python3}" no asyncio stdlib ;;
    uvloop) matrix uvloop "${PYTHON:-python3}" yes uvloop openssl,stdlib ;;
    debian)
        if /usr/bin/python3 -c "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))" 2>/dev/null; then
            matrix debian /usr/bin/python3 yes asyncio openssl,stdlib
        else
            sh "$root/tools/not-run.sh" debian "there is no /usr/bin/python3 from 3.11 on with venv"
        fi
        ;;
    py3*)
        minor=${1#py3}
        for candidate in "python3.$minor" "$HOME"/.pyenv/versions/3.$minor.*/bin/python; do
            if "$candidate" -c "import sys; sys.exit(sys.version_info[:2] != (3, $minor))" 2>/dev/null; then
                matrix "$1" "$candidate" yes asyncio openssl,stdlib
                return
            fi
        done
        sh "$root/tools/not-run.sh" "$1" "there is no python3.$minor"
        ;;
    *) echo "ci-matrix: got $1, expected pure, uvloop, debian or py3MINOR" >&2; exit 2 ;;
    esac
}

[ $# -gt 0 ] || set -- pure uvloop py313
for name in "$@"; do one "$name"; done
