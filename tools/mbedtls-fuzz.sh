#!/bin/sh
# Runs libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer on the C code of the Mbed TLS backend:
# `tools/mbedtls-fuzz.sh [SECONDS [VERSION ...]]`, by default 20 seconds on 3.6 and on 2.28.
# Exit codes: 0 no failure found, 1 a failing input (printed, and kept in the cache), 3 not run.
set -eu

cd "$(dirname "$0")/.."
CACHE=${WSSURE_CACHE:-$PWD/.cache}
seconds=${1:-20}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- 3.6 2.28

if ! echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { (void)d; (void)n; return 0; }' |
    clang -fsanitize=fuzzer -x c - -o /dev/null 2>/dev/null; then
    echo "mbedtls-fuzz: not run, clang with libFuzzer is missing; apt-get install clang libclang-rt-dev" >&2
    exit 3
fi
folder=$CACHE/fuzz-mbedtls
mkdir -p "$folder"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null
openssl x509 -in "$folder/cert.pem" -outform DER -out "$folder/cert.der"
openssl pkcs8 -topk8 -nocrypt -in "$folder/key.pem" -outform DER -out "$folder/key.der"
export WSM_FUZZ_CERT="$folder/cert.der" WSM_FUZZ_KEY="$folder/key.der"

for version in "$@"; do
    prefix=$(sh tools/mbedtls-prefix.sh "$version")
    target=$folder/fuzz-$version
    # What Mbed TLS itself does on damaged input is its own; the shim around it is watched.
    clang -g -O1 -fno-omit-frame-pointer -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
        -I "$prefix/include" -I mbedtls/src/wssure_mbedtls mbedtls/fuzz/fuzz_engine.c mbedtls/src/wssure_mbedtls/shim/*.c \
        -L "$prefix/lib" -Wl,-rpath,"$prefix/lib" -lmbedtls -lmbedx509 -lmbedcrypto -o "$target"
    corpus=$folder/corpus-$version
    mkdir -p "$corpus"
    # One seed for each configuration that changes the way (octal, as in the target): an undamaged handshake, and one more.
    for mode in 000 002 004 010 020 022 040 001; do
        for choice in 000 001 002 003 004 010; do printf "\\$mode\\$choice" >"$corpus/seed-$mode-$choice"; done
    done
    echo "mbedtls-fuzz: $version, $seconds s"
    "$target" -max_total_time="$seconds" -max_len=512 -len_control=0 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$folder/found-$version-" "$corpus" >"$folder/log-$version" 2>&1 || {
        tail -40 "$folder/log-$version" >&2
        exit 1
    }
    grep -E "number_of_executed_units|slowest_unit" "$folder/log-$version"
    grep -E "cov:" "$folder/log-$version" | tail -n 1
done
