#!/bin/sh
# Runs the tests of every package with compiled parts, all of them under AddressSanitizer and UndefinedBehaviorSanitizer.
# `tools/ci-sanitize.sh [pytest options]`. Needs gcc with libasan. It builds in a copy, so the extensions of the working
# tree do not change. Leaks are not checked here (the interpreter itself leaks); tests/tls/test_openssl_memory.py counts
# them in a normal run.
set -eu

cd "$(dirname "$0")/.."
root=$PWD
PYTHON=${PYTHON:-$PWD/.venv/bin/python}
preload=$(gcc -print-file-name=libasan.so)
case $preload in
/*) ;;
*) echo "ci-sanitize: gcc has no libasan here; apt-get install gcc" >&2; exit 3 ;;
esac

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT INT TERM
git ls-files -z --cached --others --exclude-standard src tests fuzz conftest.py setup.py pyproject.toml README.md LICENSE docs |
    xargs -0 cp --parents -t "$copy"
cd "$copy"

echo "ci-sanitize: building"
BUILD_EXTENSION=yes \
    WSSURE_CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined" \
    WSSURE_LDFLAGS="-fsanitize=address,undefined" "$PYTHON" setup.py -q build_ext --inplace
[ -n "$(find src -name '*.so')" ] || { echo "ci-sanitize: nothing was compiled" >&2; exit 3; }

# PYTHONMALLOC=malloc lets the sanitizer check each object; hypothesis makes fewer tries, because each is slower. The stdlib
# backend has no C code of ours.
LD_PRELOAD=$preload ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:allocator_may_return_null=1 \
    UBSAN_OPTIONS=print_stacktrace=1 PYTHONMALLOC=malloc PYTHONPATH="$copy/src" WSSURE_SANITIZED=1 \
    WSSURE_TEST_BACKENDS=openssl WSSURE_TALLY="$root/build/tally/sanitize/all.tsv" \
    "$PYTHON" -m pytest -q -n 2 -m "not soak" -p no:cacheprovider --hypothesis-profile ci \
    --ignore tests/tls/test_openssl_memory.py tests/tls tests/aio tests/wire tests/protocol "$@"
