#!/bin/sh
# Builds sdist, compiled wheel, pure wheel and zipapp, installs the compiled wheel in an empty environment, and runs the demo from
# there. With a folder as its argument it keeps sdist and wheels there.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
VENV=${VENV:-.venv}
BUILD_EXTENSION=yes "$VENV/bin/python" -m build -q --outdir "$work/dist" .
# Without a working compiler the same sources give a wheel that says so in its name. The generated C is that of this folder.
mkdir "$work/source"
tar -xzf "$work"/dist/*.tar.gz -C "$work/source" --strip-components=1
[ ! -d build/cython ] || { mkdir "$work/source/build" && cp -a build/cython "$work/source/build"; }
CC=false "$VENV/bin/python" -m build -q --no-isolation --wheel --outdir "$work/dist" "$work/source"
"$VENV/bin/python" - "$work/dist" <<'PY'
import pathlib, subprocess, sys, tarfile, zipfile
folder = pathlib.Path(sys.argv[1])
pure, compiled = (zipfile.ZipFile(next(folder.glob(pattern))) for pattern in ("*-py3-none-any.whl", "*-cp3*.whl"))
source = {name.partition("/")[2] for name in tarfile.open(next(folder.glob("*.tar.gz"))).getnames()}
modules = {name for name in compiled.namelist() if name.endswith(".so")}
stray = [name for name in [*compiled.namelist(), *source] if name.endswith((".c", ".o")) or name.startswith("tests/")]
assert not stray, f"generated or stray files in the distributions: {stray}"
tracked = set(subprocess.check_output(["git", "ls-files", "src", "*.md", "LICENSE", "setup.py"], text=True).split())
tracked = {name for name in tracked if "/" not in name or name.startswith("src/")} - {"CONTRIBUTING.md", "RELEASING.md"}
assert tracked <= source, f"missing in the sdist: {tracked - source}"
package = {name.removeprefix("src/") for name in tracked if name.startswith("src/")}
for wheel in (pure, compiled):
    assert package <= {*wheel.namelist()}, f"missing in {wheel.filename}: {package - {*wheel.namelist()}}"
assert not any(name.endswith(".so") for name in pure.namelist()), "a wheel without a compiler has compiled parts"
sources = {path.with_suffix("") for end in ("pyx", "pxd") for path in pathlib.Path("src").rglob("*." + end)}
parts = {path.relative_to("src").as_posix() for path in sources if path.with_suffix(".py").exists() or path.with_suffix(".pyx").exists()}
built = {name.partition(".")[0] for name in modules}
assert parts and parts == built, f"compiled parts missing: {parts - built}, unknown: {built - parts}"
unstripped = [name for name in modules if b"\0.symtab\0" in compiled.read(name)]
assert not unstripped, f"modules with symbols and debug information: {unstripped}"
print(f"{len(modules)} compiled modules, {sum(compiled.getinfo(name).file_size for name in modules) / 1e6:.2f} MB")
PY
"$VENV/bin/python" tools/make-zipapp.py "$work"/dist/*-none-any.whl "$work/wssure.pyz"
for words in versions "explain alert 40" "hello $PWD/src/wssure/tools/demo/recordings/with-sni.hex"; do
    # shellcheck disable=SC2086
    (cd "$work" && "${PYTHON:-python3}" -I wssure.pyz $words >zipapp.txt) || { cat "$work/zipapp.txt"; exit 1; }
done
"${PYTHON:-python3}" -m venv "$work/venv"
wheel=$(ls "$work"/dist/*-cp3*.whl)
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check "$wheel[demo]"
[ -z "${1:-}" ] || { mkdir -p "$1" && cp "$work"/dist/* "$1"; }
cd "$work"
"$work/venv/bin/wssure" --version
"$work/venv/bin/wssure" versions >/dev/null
"$work/venv/bin/wssure" demo --color never
