#!/bin/sh
# Downloads the upstream archive of a Debian source package, without the package's own tools, and prints its path:
# `tools/debian-source.sh SUITE PACKAGE`. Nothing is installed, no root is needed, and apt's own lists stay unchanged.
set -eu
suite=$1 package=$2
cd "$(dirname "$0")/.."
apt=${WSSURE_CACHE:-$PWD/.cache}/apt-source-$suite
case $apt in *[[:space:]]*) echo "error: the project's path holds white space: $apt" >&2; exit 3 ;; esac
uri=$(sh tools/debian-mirror.sh)
[ -n "$uri" ] || { echo "error: apt knows no Debian mirror here" >&2; echo "  fix   apt-get update" >&2; exit 3; }
mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/$package"
: >"$apt/status"
echo "deb-src $uri $suite main" >"$apt/sources.list"
options="-q -o Dir::Etc::sourcelist=$apt/sources.list -o Dir::Etc::sourceparts=- -o Dir::State::lists=$apt/lists \
    -o Dir::State::status=$apt/status -o Dir::Cache=$apt -o Dir::Cache::archives=$apt/archives -o APT::Sandbox::User=root"
# shellcheck disable=SC2086
apt-get $options update >&2
# shellcheck disable=SC2086
(cd "$apt/$package" && apt-get $options source --download-only --tar-only "$package" >&2)
ls "$apt/$package/${package}"_*.orig.tar.* | sort -V | tail -n 1
