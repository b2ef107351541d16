#!/bin/sh
# Unpacks Debian's Mbed TLS packages into a separate prefix, because the headers of two versions cannot be installed
# together: `tools/mbedtls-prefix.sh 2.28`, `3.6` and `testing` print that folder.
#
# Nothing is installed and no system file changes. The mirror is the one of this machine's apt; only the suite differs
# (a private apt state folder leaves the machine's own lists unchanged). `tools/mbedtls-prefix.sh source DIR` installs
# from a source tree (one release's own folder) with its CMake build, for versions that are in no Debian release; it
# needs cmake and a C compiler.
#
# The name of a prefix has the library's full version and a digest of its input: a different version or configuration
# has a different folder, so a library never changes after programs were linked against it.
set -eu

cd "$(dirname "$0")/.."
CACHE=${WSSURE_CACHE:-$PWD/.cache}

usage() {
    echo "usage: tools/mbedtls-prefix.sh 2.28 | 3.6 | testing | source DIR" >&2
    exit 2
}

fail() {
    echo "mbedtls-prefix: $1" >&2
    exit 3
}

# Prints a digest of the C files, headers and build files in folders, independent of the folders' paths.
digest() { # digest FOLDER...
    for folder in "$@"; do
        (cd "$folder" && find -L . -type f \( -name '*.[ch]' -o -name CMakeLists.txt \) -exec sha256sum {} + | LC_ALL=C sort -k 2)
    done | sha256sum | cut -c 1-12
}

# Prints the full version that headers declare.
version() { # version INCLUDE-FOLDER
    sed -n 's/^#define MBEDTLS_VERSION_STRING  *"\(.*\)"/\1/p' "$1/mbedtls/build_info.h" "$1/mbedtls/version.h" 2>/dev/null | head -n 1
}

unpack() { # unpack NAME SUITE PACKAGE...
    # Which prefix a name stands for is remembered: without the network it is found again.
    known=$CACHE/mbedtls-$1.prefix
    suite=$2
    shift 2
    if [ -e "$known" ] && [ -e "$(cat "$known")/.complete" ]; then
        cat "$known"
        return
    fi
    uri=$(sh tools/debian-mirror.sh)
    [ -n "$uri" ] || fail "apt knows no Debian mirror here; run apt-get update, or build from source"
    apt=$CACHE/apt-$suite
    fresh=$CACHE/unpacking-$suite.$$
    mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/etc" "$fresh"
    : >"$apt/status"
    echo "deb $uri $suite main" >"$apt/sources.list"
    # The options hold no white space but the project's own path; a path with spaces is refused rather than guessed at.
    case $apt in *[[:space:]]*) fail "the project's path holds white space: $apt" ;; esac
    options="-q -o Dir::Etc::sourcelist=$apt/sources.list -o Dir::Etc::sourceparts=- -o Dir::State::lists=$apt/lists \
        -o Dir::State::status=$apt/status -o Dir::Cache=$apt -o Dir::Cache::archives=$apt/archives -o APT::Sandbox::User=root"
    # shellcheck disable=SC2086
    apt-get $options update >&2
    # shellcheck disable=SC2086
    (cd "$apt/archives" && rm -f ./*.deb && apt-get $options download "$@" >&2)
    for package in "$apt"/archives/*.deb; do
        dpkg -x "$package" "$fresh"
    done
    relink "$fresh"
    prefix=$CACHE/mbedtls-$(version "$fresh/include")-$(digest "$fresh/usr/include")
    rm -rf "$prefix"
    mv "$fresh" "$prefix"
    touch "$prefix/.complete"
    echo "$prefix" | tee "$known"
}

# Gives every prefix the same layout, PREFIX/include and PREFIX/lib, for any multi-arch folders of the packages.
relink() {
    ln -sfn usr/include "$1/include"
    for folder in "$1"/usr/lib/*/; do
        ln -sfn "usr/lib/$(basename "$folder")" "$1/lib"
    done
}

from_source() { # from_source DIR
    source=$(cd "$1" && pwd)
    [ -e "$source/CMakeLists.txt" ] || { echo "mbedtls-prefix: $source holds no CMakeLists.txt; name the folder of one Mbed TLS release" >&2; exit 2; }
    command -v cmake >/dev/null || fail "cmake is missing, which builds Mbed TLS from its source; apt-get install cmake"
    prefix=$CACHE/mbedtls-$(version "$source/include")-$(digest "$source")
    if [ ! -e "$prefix/.complete" ]; then
        build=$CACHE/objects-$(basename "$prefix")
        cmake -S "$source" -B "$build" -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_BUILD_TYPE=Release \
            -DUSE_SHARED_MBEDTLS_LIBRARY=ON -DUSE_STATIC_MBEDTLS_LIBRARY=OFF -DENABLE_TESTING=OFF -DENABLE_PROGRAMS=OFF >&2
        cmake --build "$build" --target install -j 2 >&2
        rm -rf "$build"
        touch "$prefix/.complete"
    fi
    echo "$prefix"
}

case ${1:-} in
2.28) unpack 2.28 bookworm libmbedtls-dev libmbedtls14 libmbedcrypto7 libmbedx509-1 ;;
3.6) unpack 3.6 trixie libmbedtls-dev libmbedtls21 libmbedcrypto16 libmbedx509-7 ;;
testing) unpack testing forky libmbedtls-dev libmbedtls21 libmbedcrypto16 libmbedx509-7 ;;
source) from_source "${2:?the folder of the source}" ;;
*) usage ;;
esac
