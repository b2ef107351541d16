"""A source checkout: whether its compiled modules match their sources.

Python prefers a compiled module to the `.py` beside it, so an edit has no effect until the next build. Each build in place
records a digest of every file that it compiled, in one file per kind of interpreter below `build/`. The check compares
contents and not time stamps, because a clone, a copy and a switch of branches change those.

`setup.py` and `conftest.py` run this file by its path, so it imports nothing of the package. An installed package never
imports it.
"""

import hashlib
import os
import warnings
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Final

# The suffix of modules for exactly this kind of interpreter, such as ".cpython-311-x86_64-linux-gnu.so".
SUFFIX: Final = EXTENSION_SUFFIXES[0]
_INCLUDED: Final = {".pxd", ".pxi", ".h"}
_NAMED: Final = 3


def _files(root: Path) -> dict[str, list[Path]]:
    """Return the files below `src` by suffix; of compiled modules, only those of this interpreter."""
    by_suffix: dict[str, list[Path]] = {suffix: [] for suffix in (SUFFIX, ".pyx", *_INCLUDED)}
    # Not `Path.rglob`, which takes several times as long: every import in a checkout comes here.
    for folder, _, names in os.walk(root / "src"):
        for name in names:
            suffix = SUFFIX if name.endswith(SUFFIX) else os.path.splitext(name)[1]
            if suffix in by_suffix:
                by_suffix[suffix].append(Path(folder, name))
    return by_suffix


def _sources(files: dict[str, list[Path]]) -> list[Path]:
    beside = (path.with_suffix(".py") for path in files[".pxd"])
    return sorted({*files[".pyx"], *(path for path in beside if path.exists())})


def sources(root: Path) -> list[Path]:
    """Return the files that compile to one module each: every `.pyx`, and every `.py` that has a `.pxd` beside it."""
    return _sources(_files(root))


def inputs(root: Path) -> dict[str, str]:
    """Return a digest of each file that compiling reads, by its path below the checkout."""
    files = _files(root)
    included = [path for suffix in _INCLUDED for path in files[suffix]]
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted({*_sources(files), *included})
    }


def compiled_modules(root: Path) -> list[Path]:
    """Return the compiled modules in place that this interpreter loads."""
    return sorted(_files(root)[SUFFIX])


def _record_file(root: Path) -> Path:
    return root / "build" / f"compiled{SUFFIX}.sha256"


def record(root: Path, digests: dict[str, str]) -> None:
    """Record the inputs of a build that has succeeded, as `sha256sum` writes and checks them.

    Args:
        root: The checkout.
        digests: The result of `inputs` before the build began: a file may be edited meanwhile.
    """
    _record_file(root).write_text("".join(f"{digest}  {path}\n" for path, digest in digests.items()))


def stale(root: Path) -> list[str]:
    """Return the inputs that were changed, added or removed since the compiled modules were built.

    Args:
        root: The checkout.

    Returns:
        Paths below the checkout; all inputs if the build left no record; none if nothing is compiled.
    """
    if not compiled_modules(root):
        return []
    now = inputs(root)
    try:
        rows = (line.split("  ", 1) for line in _record_file(root).read_text().splitlines())
        built = {path: digest for digest, path in rows}
    except FileNotFoundError:
        built = {}
    return sorted(path for path in now.keys() | built.keys() if now.get(path) != built.get(path))


def problem(root: Path) -> str | None:
    """Return a message if the compiled modules do not match their sources, else None.

    Args:
        root: The checkout; a folder without a `setup.py` is none.
    """
    changed = stale(root) if (root / "setup.py").exists() else []
    if not changed:
        return None
    if not _record_file(root).exists():
        return "there is no record of the sources from which the compiled modules were built\n  fix   make build-ext"
    more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
    return (
        f"compiled modules are out of date: {', '.join(changed[:_NAMED])}{more} changed since they were built, "
        "and Python loads the compiled form\n  fix   make build-ext"
    )


def warn_if_stale(package: str) -> None:
    """Warn if the compiled modules of the checkout that holds the package do not match their sources.

    Args:
        package: The path of the package's `__init__.py`.
    """
    text = problem(Path(package).parents[2])
    if text is not None:
        warnings.warn(text, RuntimeWarning, stacklevel=3)
