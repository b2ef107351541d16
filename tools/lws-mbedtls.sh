#!/bin/sh
# Builds libwebsockets on Mbed TLS into the project's cache and prints the prefix: `tools/lws-mbedtls.sh` (Mbed TLS 2.28) or
# `tools/lws-mbedtls.sh 3.6`. It takes about a minute.
#
# No distribution has this combination as a package, and it is the one that boards use. The source is the upstream
# archive of Debian's libwebsockets 4.3.5 package; Mbed TLS comes from tools/mbedtls-prefix.sh. Nothing is installed on
# the system and no root is needed. `tools/lws-mbedtls.sh known [2.28 | 3.6]` only prints a prefix that is already built.
set -eu

cd "$(dirname "$0")/.."
CACHE=${WSSURE_CACHE:-$PWD/.cache}

fail() {
    echo "error: $1" >&2
    [ -z "${2:-}" ] || echo "  fix   $2" >&2
    exit 3
}

known=no
if [ "${1:-}" = known ]; then
    known=yes
    shift
fi
release=${1:-2.28}
case $release in
2.28 | 3.6) ;;
*)
    echo "usage: tools/lws-mbedtls.sh [known] [2.28 | 3.6]" >&2
    exit 2
    ;;
esac

prefix=$CACHE/lws-mbedtls-$release
if [ -e "$prefix/.complete" ]; then
    echo "$prefix"
    exit 0
fi
[ "$known" = no ] || exit 1

missing=
command -v cmake >/dev/null || missing="$missing cmake"
command -v make >/dev/null || missing="$missing make"
command -v "${CC:-cc}" >/dev/null || missing="$missing gcc libc6-dev"
command -v pkg-config >/dev/null || missing="$missing pkg-config"
[ -z "$missing" ] || fail "the build of libwebsockets needs:$missing" "apt-get install -y$missing"
command -v apt-get >/dev/null || fail "the source comes through apt, which this machine does not have" "run this in a Debian container"

step() { echo "$1" >&2; }
log=$CACHE/lws-mbedtls-$release.log
mkdir -p "$CACHE"
: >"$log"
quietly() { # quietly WHAT COMMAND...
    what=$1
    shift
    "$@" >>"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        fail "$what failed; the last lines of its output stand above, all of it in $log"
    }
}

step "1/4  Mbed TLS $release (packages of Debian, unpacked into the cache)"
mbedtls=$(sh tools/mbedtls-prefix.sh "$release" 2>>"$log") || {
    tail -n 5 "$log" >&2
    fail "Mbed TLS $release could not be fetched; the last lines stand above, all of it in $log"
}

step "2/4  libwebsockets 4.3.5 (the upstream archive of Debian's source package)"
source=$CACHE/lws-source
if [ ! -e "$source/.complete" ]; then
    archive=$(sh tools/debian-source.sh trixie libwebsockets 2>>"$log") || {
        tail -n 5 "$log" >&2
        fail "libwebsockets could not be fetched; the last lines stand above, all of it in $log"
    }
    rm -rf "$source"
    mkdir -p "$source"
    tar -xf "$archive" -C "$source" --strip-components=1
    touch "$source/.complete"
fi

step "3/4  configure"
build=$CACHE/lws-objects-$release
rm -rf "$build"
# The three library variables are for the feature checks: without them every check fails silently (no ALPN).
quietly "cmake" cmake -S "$source" -B "$build" -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_BUILD_TYPE=Release \
    -DLWS_WITH_MBEDTLS=ON -DLWS_WITHOUT_TESTAPPS=ON -DLWS_WITH_MINIMAL_EXAMPLES=OFF -DLWS_WITH_STATIC=OFF -DDISABLE_WERROR=ON \
    -DCMAKE_C_FLAGS="-I$mbedtls/include" -DCMAKE_REQUIRED_INCLUDES="$mbedtls/include" \
    -DLWS_MBEDTLS_INCLUDE_DIRS="$mbedtls/include" -DMBEDTLS_LIBRARY="$mbedtls/lib/libmbedtls.so" \
    -DMBEDX509_LIBRARY="$mbedtls/lib/libmbedx509.so" -DMBEDCRYPTO_LIBRARY="$mbedtls/lib/libmbedcrypto.so" \
    -DLWS_MBEDTLS_LIBRARIES="$mbedtls/lib/libmbedtls.so;$mbedtls/lib/libmbedx509.so;$mbedtls/lib/libmbedcrypto.so" \
    -DCMAKE_INSTALL_RPATH="$mbedtls/lib" -DCMAKE_BUILD_RPATH="$mbedtls/lib"

step "4/4  compile (half a minute on two cores)"
quietly "the build of libwebsockets" cmake --build "$build" --target install -j "$(nproc)"
ln -sfn "$mbedtls" "$prefix/mbedtls"
mkdir -p "$prefix/bin"
quietly "the client of the demonstration" "${CC:-cc}" -O1 -o "$prefix/bin/client" tools/prove/client.c -I"$prefix/include" -I"$mbedtls/include" \
    -L"$prefix/lib" -L"$mbedtls/lib" -lwebsockets -lmbedtls -lmbedx509 -lmbedcrypto -Wl,-rpath,"$prefix/lib" -Wl,-rpath,"$mbedtls/lib"
rm -rf "$build"
touch "$prefix/.complete"
echo "$prefix"
