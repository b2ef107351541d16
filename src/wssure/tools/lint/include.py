"""Read macros from headers beside the code, a common place for `#define WS_FLAGS ...`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wssure.tools.lint.comment import without_comments
from wssure.tools.lint.source import NotText, Source
from wssure.tools.lint.unit import Macro

if TYPE_CHECKING:
    MacroCache = dict[str, list[Macro]]


_INCLUDE: Final = re.compile(rb'(?m)^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"')
_DEFINE: Final = re.compile(rb"(?m)^[ \t]*#[ \t]*define[ \t]+([A-Za-z_]\w*)[ \t]+((?:\\\r?\n|[^\n])+)")
_LARGEST_BYTES: Final = 500_000
_INTERESTING: Final = re.compile(rb'LCCSCF_|"|LWS_SERVER_OPTION_')


def outside_macros(source: Source, directory: Path, cache: dict[Path, MacroCache]) -> MacroCache:
    """Read the flag and text macros from the headers that a file includes from its own directory.

    Args:
        source: The file.
        directory: The directory of the file.
        cache: Macros by file, filled by this function.
    """
    found: MacroCache = {}
    for name in _INCLUDE.findall(source.data):
        path = directory / name.decode("utf-8", "replace")
        if path not in cache:
            cache[path] = _macros_of(path)
        for word, macros in cache[path].items():
            found.setdefault(word, []).extend(macros)
    return found


def _macros_of(path: Path) -> MacroCache:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST_BYTES:
            return {}
        data = Source(str(path), path.read_bytes()).data
    except (OSError, NotText):
        return {}
    found: MacroCache = {}
    for name, body in _DEFINE.findall(without_comments(data)):
        if _INTERESTING.search(body):
            found.setdefault(name.decode(), []).append(Macro(body.replace(b"\\\n", b"  "), -1, ()))
    return found
