#!/bin/sh
# Builds the Mbed TLS backend against each version and runs its own tests and the contract suite, one process per version:
# 3.6 (LTS), 2.28 (end of life, in Debian 12) and, if MBEDTLS_SRC names a source tree such as 3.4.0's, that one too (it
# needs cmake). Arguments go to pytest; WSSURE_MBEDTLS_VERSIONS selects the versions, none if it is set and empty.
set -eu

cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-$PWD/.venv/bin/python}

run() { # run EXPECTED-VERSION WHAT... -- PYTEST-ARGUMENT...
    expected=$1
    shift
    what=
    while [ "$1" != -- ]; do
        what="$what $1"
        shift
    done
    shift
    echo "mbedtls-test:$what"
    # Not within the command below: there a failure of theirs would not end this script.
    # shellcheck disable=SC2086
    prefix=$(sh tools/mbedtls-prefix.sh $what)
    # shellcheck disable=SC2086
    backend=$(sh tools/mbedtls-build.sh $what)
    # The tests build variants of the shim against the same library.
    WSSURE_TEST_BACKENDS=openssl,stdlib,mbedtls WSSURE_TALLY=$PWD/build/tally/mbedtls-${expected:-other}/all.tsv \
        WSSURE_MBEDTLS_EXPECT=$expected WSSURE_MBEDTLS_PREFIX=$prefix \
        PYTHONPATH=$backend \
        "$PYTHON" -m pytest -q -m "not soak" --backend mbedtls mbedtls/tests tests/tls "$@"
}

for version in ${WSSURE_MBEDTLS_VERSIONS-3.6 2.28}; do
    case $version in
    testing) run "" testing -- "$@" ;;
    *) run "$version" "$version" -- "$@" ;;
    esac
done
if [ -n "${MBEDTLS_SRC:-}" ]; then
    run "" source "$MBEDTLS_SRC" -- "$@"
else
    sh tools/not-run.sh mbedtls-source "MBEDTLS_SRC is not set"
fi
