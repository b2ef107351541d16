"""A printed fix, carried out word by word: what stands there as code is read and used, and nothing else is changed.

Only the words that a reader has to know are filled in, such as FILE or NAME; which ones is said by the test.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from wssure import TLSSettings

# One level of brackets inside is all that fixes need: pins=("...",) and alpn=(...).
_CALL = re.compile(r"\b(connect|TLSSettings)(\((?:[^()]|\([^()]*\))*\))")
_URL = re.compile(r"\bconnect to (wss?://[^\s;,]+)")
_KEYWORD = re.compile(r"\b(address|backend|compression|proxy)=(\"[^\"]*\"|None)")
# The same for a fix of `wssure check`: a URL that is meant to be used, and flags.
_OTHER_URL = re.compile(r"(?:\bconnect to |\bURL: )(wss?://[^\s;,]+)")
_FLAG = re.compile(r"(?<![\w-])(?:--[a-z][\w-]*|-H) (?:\"[^\"]*\"|'[^']*'|[^\s;,)]+)")
_LEFT_OUT = re.compile(r"\bleave (--[a-z][\w-]*) out")
_HEADERS = re.compile(r"\badditional_headers=(\{[^}]*\})")


def applied(
    fix: str, url: str, arguments: Mapping[str, Any], known: Mapping[str, str] | None = None
) -> tuple[str, dict[str, Any]]:
    """Return URL and arguments of `connect` as the fix says they should be.

    Args:
        fix: As printed.
        url: What failed.
        arguments: The same.
        known: What the reader knows: words of the fix, and what they stand for.

    Raises:
        AssertionError: The fix says nothing that could be done in code.
    """
    for word, value in (known or {}).items():
        assert word in fix, f"the fix does not say {word}: {fix}"
        fix = fix.replace(word, value)
    changed = dict(arguments)
    done = 0
    for name, values in _calls(fix):
        done += 1
        if name == "TLSSettings":
            changed["tls"] = replace(changed.get("tls") or TLSSettings(), **values)
        else:
            url = values.pop("url", url)
            changed.update(values)
    rest = _CALL.sub("", fix)
    if found := _URL.search(rest):
        done, url = done + 1, found.group(1)
    for keyword in (*_KEYWORD.finditer(rest), *_HEADERS.finditer(rest)):
        done += 1
        changed[keyword.group(1) if keyword.re is _KEYWORD else "additional_headers"] = ast.literal_eval(
            keyword.group(keyword.re.groups)
        )
    assert done, f"the fix says nothing that can be done in code: {fix}"
    return url, changed


def flagged(fix: str, url: str, words: list[str], known: Mapping[str, str] | None = None) -> list[str]:
    """Return the words after `wssure check` as the fix says they should be: its URL, and its flags behind all others.

    Args:
        fix: As printed by `wssure check`.
        url: What failed.
        words: The flags that it failed with.
        known: What the reader knows: words of the fix, and what they stand for.

    Raises:
        AssertionError: The fix has neither URL nor flag.
    """
    for word, value in (known or {}).items():
        fix = fix.replace(word, value)
    flags = [word for found in _FLAG.findall(_LEFT_OUT.sub("", fix)) for word in shlex.split(found)]
    found, left_out = _OTHER_URL.search(fix), _LEFT_OUT.search(fix)
    assert flags or found or left_out, f"the fix has nothing for a command line: {fix}"
    url = found.group(1) if found else url
    if left_out:
        words = [word for at, word in enumerate(words) if left_out.group(1) not in (word, words[at - 1])]
    if url.startswith("ws:"):
        # Left in, it is a usage error that says to leave it out.
        words = [word for at, word in enumerate(words) if not {"--cacert", "--backend"} & {word, words[at - 1]}]
    return [url, *words, *flags]


def _calls(fix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each call that stands in the text, and its arguments; a first argument is the URL, the word url the same one."""
    for found in _CALL.finditer(fix):
        call = ast.parse(found.group(), mode="eval").body
        assert isinstance(call, ast.Call)
        values = {one.arg or "": ast.literal_eval(one.value) for one in call.keywords}
        if call.args and isinstance(call.args[0], ast.Constant):
            values["url"] = call.args[0].value
        yield found.group(1), values
