#!/bin/sh
# Builds sdist and wheel, installs the wheel in an empty environment, and runs the demo from there.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
VENV=${VENV:-.venv}
BUILD_EXTENSION=yes "$VENV/bin/python" -m build -q --outdir "$work/dist" .
"$VENV/bin/python" - "$work/dist" <<'PY'
import pathlib, sys, tarfile, zipfile
folder = pathlib.Path(sys.argv[1])
names = zipfile.ZipFile(next(folder.glob("*.whl"))).namelist()
names += tarfile.open(next(folder.glob("*.tar.gz"))).getnames()
stray = [name for name in names if name.endswith((".c", ".o")) or "/tests/" in name and "site-packages" in name]
assert not stray, f"generated or stray files in the distributions: {stray}"
assert any(name.endswith("wssure/py.typed") for name in names), "py.typed is missing"
sources = {path.with_suffix("") for end in ("pyx", "pxd") for path in pathlib.Path("src").rglob("*." + end)}
parts = {path.relative_to("src").as_posix() for path in sources if path.with_suffix(".py").exists() or path.with_suffix(".pyx").exists()}
compiled = {name.partition(".")[0] for name in names if name.endswith(".so")}
assert parts and parts == compiled, f"compiled parts missing: {parts - compiled}, unknown: {compiled - parts}"
PY
"${PYTHON:-python3}" -m venv "$work/venv"
wheel=$(ls "$work"/dist/*.whl)
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check "$wheel[demo]"
cd "$work"
"$work/venv/bin/wssure" --version
"$work/venv/bin/wssure" versions >/dev/null
"$work/venv/bin/wssure" demo --color never
