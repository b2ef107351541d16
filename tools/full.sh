#!/bin/sh
# The checks that take hours, too long for CI. `make full` runs it, before an issue is closed.
set -u
cd "$(dirname "$0")/.."
export CI=true
. ./tools/stages.sh

stage "system packages and node packages" sh -c 'sh tools/ci-packages.sh && sh tools/ci-packages.sh interop-all && sh tools/ci-node.sh'
stage "everything that CI runs" make test-all
stage "Debian's Python and 3.12: the subset marked matrix" sh tools/ci-matrix.sh debian py312
stage "the peers beyond those of CI" make interop-all
stage "soak" make soak
stage "mutants: a seeded sample of each package" make mutants
stage "Mbed TLS 3.6.7 of Debian testing" env WSSURE_MBEDTLS_VERSIONS=testing sh tools/mbedtls-test.sh
for release in 12 13 testing; do
    stage "both commands on a bare Debian $release" sh tools/bare-debian.sh "$release"
done
stage "wheels of both distributions, and the demo from them without a compiler" sh tools/wheels.sh
stage "dependencies: a release in the last two years, or a reason" .venv/bin/python tools/dependencies.py --newest
stage "workflows: zizmor" sh -c '.venv/bin/python -m pip install --disable-pip-version-check -q zizmor && .venv/bin/zizmor --offline --min-severity medium .github'
stage "the Autobahn Testsuite whole, every mode" sh tools/ci-autobahn.sh --full
summary
