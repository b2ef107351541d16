"""Read macros from headers beside the code, a common place for `#define WS_FLAGS ...`."""

from __future__ import annotations

import bisect
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
_SWITCH: Final = re.compile(rb"[ \t(]*(?:\d|true\b|false\b)", re.IGNORECASE)
_WHOLE: Final = re.compile(rb"\s*#[ \t]*ifndef")
_NESTING: Final = re.compile(rb"(?m)^[ \t]*#[ \t]*(if|endif)")


def outside_macros(source: Source, directory: Path, cache: dict[Path, MacroCache]) -> MacroCache:
    """Read the flag and text macros from the headers that a file includes from its own directory.

    Args:
        source: The file.
        directory: The directory of the file.
        cache: Macros by file, filled by this function.
    """
    macros_by_name: MacroCache = {}
    for name in _INCLUDE.findall(source.data):
        path = directory / name.decode("utf-8", "replace")
        if path not in cache:
            cache[path] = _macros_of(path)
        for word, macros in cache[path].items():
            macros_by_name.setdefault(word, []).extend(macros)
    return macros_by_name


def _macros_of(path: Path) -> MacroCache:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST_BYTES:
            return {}
        data = Source(str(path), path.read_bytes()).data
    except (OSError, NotText):
        return {}
    macros: MacroCache = {}
    data = without_comments(data)
    depths = _depths(data)
    for match in _DEFINE.finditer(data):
        name, body = match.groups()
        # A number is a setting of the program only outside of `#if`: `#ifndef X`, `#define X 1` is a default of the build.
        if _INTERESTING.search(body) or (
            _SWITCH.match(body) and depths[bisect.bisect(depths, (match.start(),)) - 1][1] <= 0
        ):
            macros.setdefault(name.decode(), []).append(Macro(body.replace(b"\\\n", b"  "), -1, ()))
    return macros


def _depths(data: bytes) -> list[tuple[int, int]]:
    """Return the depth of `#if` from each offset on; the include guard of the file does not count."""
    depth, depths = 0, [(-1, 0)]
    for match in _NESTING.finditer(data):
        depth += 1 if match[1] == b"if" else -1
        depths.append((match.start(), depth))
    whole = _WHOLE.match(data) is not None and data.rstrip().endswith(b"endif")
    guarded = whole and all(level > 0 for _, level in depths[1:-1])
    return [(offset, level - guarded) for offset, level in depths]
