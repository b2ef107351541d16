#!/bin/sh
# Makes the environment of the Autobahn Testsuite (CPython 2.7) in .cache/autobahn. Exit code 4: no CPython 2.7.
set -eu
target=.cache/autobahn
[ -x "$target/bin/wstest" ] && exit 0
python27=
for candidate in "${PYTHON27:-}" python2.7 "$HOME"/.pyenv/versions/2.7.*/bin/python2.7; do
    [ -n "$candidate" ] && "$candidate" -c "" >/dev/null 2>&1 && { python27=$(command -v "$candidate"); break; }
done
if [ -z "$python27" ]; then
    echo "autobahn: not run: the suite needs CPython 2.7 and there is none here" >&2
    echo "  fix   install one (pyenv install 2.7.18) or set PYTHON27=/path/to/python2.7" >&2
    exit 4
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM
"${PYTHON:-python3}" -m venv "$scratch/v"
# The last virtualenv version that supports 2.7.
"$scratch/v/bin/python" -m pip install -q --disable-pip-version-check 'virtualenv==20.21.1'
rm -rf "$target"
mkdir -p .cache
"$scratch/v/bin/virtualenv" -q -p "$python27" "$target"
# The suite's source package has no requirements file; these versions work.
"$target/bin/pip" install -q --disable-pip-version-check --no-python-version-warning --only-binary cryptography \
    autobahn==0.10.9 twisted==20.3.0 cffi==1.15.1 cryptography==3.3.2 pyOpenSSL==20.0.1 Jinja2==2.11.3 MarkupSafe==1.1.1 \
    Werkzeug==0.16.1 klein==20.6.0 unittest2==1.1.0 service_identity==21.1.0 zope.interface==5.5.2 txaio==2.1.0
"$target/bin/pip" install -q --disable-pip-version-check --no-python-version-warning --no-deps autobahntestsuite==25.10.1
