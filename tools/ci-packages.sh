#!/bin/sh
# Installs the Debian packages that the tests use as peers and libraries; lists those it cannot install.
set -eu
wanted="python3-venv python3-dev gcc libc6-dev make openssl libmbedtls-dev libwebsockets-dev libssl-dev cmake pkg-config iproute2 procps util-linux"
# Peers of tests/interop; with the argument `interop-all` those of `make interop-all`, too.
wanted="$wanted nginx libnginx-mod-stream haproxy squid chromium curl libwebsockets-test-server bsdextrautils"
[ "${1:-}" != interop-all ] || wanted="$wanted nats-server caddy gnutls-bin"
# libFuzzer and its sanitizers, for the C code.
[ "${1:-}" = interop-all ] || wanted="$wanted clang libclang-rt-dev valgrind debootstrap"
# Several publishers have packages of Node: any installed one is accepted.
{ command -v node && command -v npm; } >/dev/null 2>&1 || wanted="$wanted nodejs npm"
missing=
for package in $wanted; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || { echo "all present"; exit 0; }
if [ "$(id -u)" != 0 ]; then
    echo "missing:$missing" >&2
    echo "  fix   apt-get install -y$missing" >&2
    exit 2
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
echo "installed:$missing"
