"""Expand paths to files: a file itself, or each C and C++ file below a directory once."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from wssure.frozen import frozen

_SUFFIXES: Final = frozenset(
    (".c", ".h", ".cc", ".cpp", ".cxx", ".c++", ".hh", ".hpp", ".hxx", ".h++", ".ino", ".inl", ".tpp", ".ipp", ".inc")
)
_SKIPPED: Final = frozenset((".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", "venv", "CMakeFiles"))


@frozen
class Unreadable:
    """A path that could not be read, with the reason."""

    path: str
    why: str


def list_files(paths: Sequence[Path]) -> Iterator[tuple[Path, Path] | Unreadable]:
    """Yield each file with the given path that led to it, or the reason why it cannot be read.

    Args:
        paths: Files with any suffix, and directories, which are searched for C and C++ files.
    """
    seen: set[tuple[int, int]] = set()
    for path in paths:
        try:
            is_directory = path.is_dir()
            path.stat()
        except OSError as error:
            yield Unreadable(str(path), error.strerror or str(error))
            continue
        for entry in _below(path, seen) if is_directory else [path]:
            if isinstance(entry, Unreadable):
                yield entry
            elif _is_new(entry, seen):
                yield entry, path if is_directory else path.parent


def _is_new(path: Path, seen: set[tuple[int, int]]) -> bool:
    try:
        status = path.stat()
    except OSError:
        return True  # reading it will give the reason
    key = (status.st_dev, status.st_ino)
    if key in seen:
        return False
    seen.add(key)
    return True


def _below(directory: Path, seen: set[tuple[int, int]]) -> Iterator[Path | Unreadable]:
    if not _is_new(directory, seen):
        return
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
    except OSError as error:
        yield Unreadable(str(directory), error.strerror or str(error))
        return
    for entry in entries:
        path = directory / entry.name
        if _is_directory(entry):
            if entry.name not in _SKIPPED:
                yield from _below(path, seen)
        elif path.suffix.lower() in _SUFFIXES:
            yield path


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link that points to itself
