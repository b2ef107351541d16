#!/bin/sh
# The Autobahn Testsuite on both sides at once, over ws and over wss with OpenSSL and Mbed TLS.
# Arguments go to tests.autobahn: `tools/ci-autobahn.sh --full` runs all of its cases, with the stdlib backend too, which takes hours.
set -eu
PYTHON=${PYTHON_VENV:-$PWD/.venv/bin/python}
status=0
sh tools/autobahn-setup.sh || status=$?
if [ "$status" = 4 ]; then
    exec sh tools/not-run.sh autobahn "there is no CPython 2.7"
fi
[ "$status" = 0 ] || exit "$status"
build=$(PYTHON="$PYTHON" sh tools/mbedtls-build.sh 3.6)
backends=openssl,mbedtls
[ "${1:-}" != --full ] || backends=openssl,stdlib,mbedtls
export PYTHONPATH="$build" WSSURE_TEST_BACKENDS=$backends
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT INT TERM
"$PYTHON" -m tests.autobahn --side server "$@" >"$logs/server" 2>&1 &
server=$!
client=0
"$PYTHON" -m tests.autobahn --side client "$@" >"$logs/client" 2>&1 || client=$?
wait "$server" || status=$?
cat "$logs/server" "$logs/client"
[ "$status" = 0 ] && [ "$client" = 0 ]
