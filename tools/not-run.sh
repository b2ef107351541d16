#!/bin/sh
# Reports that a suite was not run: `tools/not-run.sh NAME TEXT`. With CI=true that is a failure, unless
# tests/not-run.tsv lists it.
set -eu
echo "$1: not run: $2" >&2
[ "${CI:-}" = true ] || exit 0
reason=$(awk -F '\t' -v name="$1" '$1 == name { print $3 }' "$(dirname "$0")/../tests/not-run.tsv")
if [ -z "$reason" ]; then
    echo "  fix   install what it needs, or list it in tests/not-run.tsv with a reason" >&2
    exit 1
fi
echo "  may be left out: $reason" >&2
