#!/bin/sh
# Installs npm's WebSocket packages, peers of tests/interop, in .cache/node.
set -eu
cd "$(dirname "$0")/.."
target=.cache/node
[ -d "$target/node_modules/ws" ] && [ -d "$target/node_modules/undici" ] && { echo "all present"; exit 0; }
if ! command -v npm >/dev/null 2>&1; then
    echo "error: no npm found" >&2
    echo "  fix   apt-get install -y nodejs npm" >&2
    exit 2
fi
mkdir -p "$target"
npm install --prefix "$target" --no-audit --no-fund --loglevel=error ws undici@7
echo "installed: ws undici"
