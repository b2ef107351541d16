#!/bin/sh
# Runs the Mbed TLS backend's own tests with its C code under AddressSanitizer and UndefinedBehaviorSanitizer:
# `tools/mbedtls-asan.sh` for 3.6 and 2.28, or with the version to run. Needs gcc with libasan.
# Leaks are not checked here (the interpreter itself leaks); tests/test_memory.py counts them.
set -eu

cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-$PWD/.venv/bin/python}
preload=$(gcc -print-file-name=libasan.so)
case $preload in
/*) ;;
*) echo "mbedtls-asan: gcc has no libasan here; apt-get install gcc" >&2; exit 3 ;;
esac

[ $# -gt 0 ] || set -- 3.6 2.28
for version in "$@"; do
    build=$(WSSURE_CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined" \
        WSSURE_LDFLAGS="-fsanitize=address,undefined" sh tools/mbedtls-build.sh "$version")
    echo "mbedtls-asan: $version"
    # A fork copies the sanitizer's memory map, so the test that forks is left to the ordinary run; so are those that compile.
    LD_PRELOAD=$preload ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:allocator_may_return_null=1 PYTHONMALLOC=malloc \
        WSSURE_TEST_BACKENDS=openssl,stdlib,mbedtls PYTHONPATH=$build "$PYTHON" -m pytest -q mbedtls/tests tests/tls/test_corruption.py -m "not soak" -p no:cacheprovider --timeout 300 \
        --ignore mbedtls/tests/test_variants.py \
        --deselect mbedtls/tests/test_library.py::test_forked_children_share_no_random_numbers \
        --deselect mbedtls/tests/test_library.py::test_without_the_headers_the_build_names_the_package
done
