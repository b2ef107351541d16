#!/bin/sh
# README's two commands on a bare Debian 12, if this machine can make one; tests/not-run.tsv lists reasons why it may
# not.
set -u
cd "$(dirname "$0")/.."
status=0
sh tools/bare-debian.sh --without-mbedtls 12 || status=$?
[ "$status" != 3 ] || exec sh tools/not-run.sh bare-debian "debootstrap does not work here"
exit "$status"
