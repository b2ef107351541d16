#!/bin/sh
# Runs the tests marked `matrix` in further configurations: without compiled parts, on other Pythons, under uvloop.
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

matrix pure "${PYTHON:-python3}" no asyncio stdlib
matrix uvloop "${PYTHON:-python3}" yes uvloop openssl,stdlib
# Debian's own Python, if there is one: an older release of its series, with an older OpenSSL.
if [ -x /usr/bin/python3 ] && /usr/bin/python3 -c "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))" 2>/dev/null; then
    matrix debian /usr/bin/python3 yes asyncio openssl,stdlib
else
    sh "$root/tools/not-run.sh" debian "there is no /usr/bin/python3 from 3.11 on with venv"
fi
for minor in 12 13; do
    found=
    for candidate in "python3.$minor" "$HOME"/.pyenv/versions/3.$minor.*/bin/python; do
        if command -v "$candidate" >/dev/null 2>&1 && "$candidate" -c "import sys; sys.exit(sys.version_info[:2] != (3, $minor))" 2>/dev/null
        then found=$candidate; break; fi
    done
    if [ -n "$found" ]; then
        matrix "py3$minor" "$found" yes asyncio openssl,stdlib
    else
        sh "$root/tools/not-run.sh" "py3$minor" "there is no python3.$minor"
    fi
done
