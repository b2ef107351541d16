#!/bin/sh
# Unpacks Debian's Mbed TLS packages into a prefix of their own, because the headers of two versions cannot be installed
# together: `tools/mbedtls-prefix.sh 2.28` and `tools/mbedtls-prefix.sh 3.6` print the folder they filled.
#
# Nothing is installed and no system file changes. The mirror is whichever one this machine's apt already uses; only the
# suite differs (a private apt state folder keeps the machine's own lists alone). `tools/mbedtls-prefix.sh source DIR`
# installs from a source tree (one release's own folder) with its CMake build, for versions no Debian release carries.
set -eu

cd "$(dirname "$0")/.."
CACHE=${WSSURE_CACHE:-$PWD/.cache}

usage() {
    echo "usage: tools/mbedtls-prefix.sh 2.28 | 3.6 | source DIR" >&2
    exit 2
}

# Prints the address of the first repository of this machine that carries Debian's main component.
mirror() {
    apt-get indextargets --format '$(ORIGIN)|$(COMPONENT)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
        awk -F'|' '$1 == "Debian" && $2 == "main" && $3 == "Debian" {print $4; exit}'
}

unpack() { # unpack VERSION SUITE PACKAGE...
    prefix=$CACHE/mbedtls-$1
    suite=$2
    shift 2
    if [ -e "$prefix/.complete" ]; then
        echo "$prefix"
        return
    fi
    uri=$(mirror)
    if [ -z "$uri" ]; then
        echo "mbedtls-prefix: apt knows no Debian mirror here; run apt-get update, or build from source" >&2
        exit 3
    fi
    apt=$CACHE/apt-$suite
    mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/etc" "$prefix"
    : >"$apt/status"
    echo "deb $uri $suite main" >"$apt/sources.list"
    set -- -q -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$apt/lists" \
        -o Dir::State::status="$apt/status" -o Dir::Cache="$apt" -o Dir::Cache::archives="$apt/archives" \
        -o APT::Sandbox::User=root -- "$@"
    options=
    while [ "$1" != -- ]; do
        options="$options $1"
        shift
    done
    shift
    # The options hold no white space but the project's own path; a path with spaces is refused rather than guessed at.
    case $apt in *[[:space:]]*) echo "mbedtls-prefix: the project's path holds white space: $apt" >&2; exit 3 ;; esac
    # shellcheck disable=SC2086
    apt-get $options update >&2
    # shellcheck disable=SC2086
    (cd "$apt/archives" && rm -f ./*.deb && apt-get $options download "$@" >&2)
    for package in "$apt"/archives/*.deb; do
        dpkg -x "$package" "$prefix"
    done
    relink "$prefix"
    touch "$prefix/.complete"
    echo "$prefix"
}

# Gives every prefix the same shape, PREFIX/include and PREFIX/lib, whatever the packages' multi-arch folders are.
relink() {
    ln -sfn usr/include "$1/include"
    for folder in "$1"/usr/lib/*/; do
        ln -sfn "usr/lib/$(basename "$folder")" "$1/lib"
    done
}

from_source() { # from_source DIR
    source=$(cd "$1" && pwd)
    if [ ! -e "$source/CMakeLists.txt" ]; then
        echo "mbedtls-prefix: $source holds no CMakeLists.txt; name the folder of one Mbed TLS release" >&2
        exit 2
    fi
    prefix=$CACHE/mbedtls-source
    rm -rf "$prefix" "$CACHE/mbedtls-build"
    cmake -S "$source" -B "$CACHE/mbedtls-build" -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib \
        -DCMAKE_BUILD_TYPE=Release -DUSE_SHARED_MBEDTLS_LIBRARY=ON -DUSE_STATIC_MBEDTLS_LIBRARY=OFF \
        -DENABLE_TESTING=OFF -DENABLE_PROGRAMS=OFF >&2
    cmake --build "$CACHE/mbedtls-build" --target install -j 2 >&2
    echo "$prefix"
}

case ${1:-} in
2.28) unpack 2.28 bookworm libmbedtls-dev libmbedtls14 libmbedcrypto7 libmbedx509-1 ;;
3.6) unpack 3.6 trixie libmbedtls-dev libmbedtls21 libmbedcrypto16 libmbedx509-7 ;;
source) from_source "${2:?the folder of the source}" ;;
*) usage ;;
esac
