#!/bin/sh
# Prints the address of the first apt repository with Debian's main component or, with `security`, with Debian's
# security updates; prints nothing if apt has none.
set -eu

apt-get indextargets --format '$(ORIGIN)|$(COMPONENT)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
    awk -F'|' -v label="Debian${1:+-Security}" '$1 == "Debian" && $2 == "main" && $3 == label {print $4; exit}'
