"""Write docs/facts.md from the docstrings and fields of src/wssure/facts.py.

`python tools/fact-page.py` writes the page if it is old; with --check it only says so, and ends with 1.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from wssure.facts import KINDS, Fact

PAGE = Path(__file__).parents[1] / "docs" / "facts.md"
MARK = "<!-- written by tools/fact-page.py from src/wssure/facts.py: change it there -->"
SECTIONS = {
    "endpoint": "The endpoint",
    "settings": "The settings",
    "os": "The operating system",
    "resolve": "Names",
    "timeout": "Clocks",
    "tls": "TLS",
    "proxy": "The proxy",
    "http": "The upgrade",
    "ws": "The open WebSocket",
    "probe": "Experiments",
    "fetch": "Fetches",
}
INTRODUCTION = """# The vocabulary of facts

A fact is one observation. `failure.facts` of an exception has them in the order in which they were made, `websocket.facts()` those of
a connection that works, `wssure check URL --jsonl` prints them. A connection, an experiment and pasted bytes give the same ones.

```python
from wssure import TLSFailed
from wssure.facts import AlertSeen


def server_refused_the_name(error: TLSFailed) -> bool:
    alert = error.failure.fact(AlertSeen)  # the last one; None if there was none
    return alert is not None and alert.number == 112
```

In JSON a fact is `{"kind": "tls.alert", "value": {...}, "t_ms": 12.5, "span": null}`. `value` is an object with the fields below as keys,
or the text, number or list itself if the kind has one field in *italics*. `t_ms` counts from the beginning of the attempt and is null
if no clock applies. `span` is a half-open byte range and is null if no bytes apply. Kinds and keys are stable. New ones may be added: a
reader keeps a kind that it does not know, and leaves out a key that it does not know.

Values never hold a secret: no key, cookie, Authorization, query value, body of a message. *Peer text* was chosen by the other side. It is
escaped, cut at 300 characters (lists at 100 entries), and a secret of ours that it repeats is masked.
"""
_TYPES = {
    "PeerText": "peer text",
    "PeerTexts": "list of peer texts",
    "PeerHeaders": "peer text by name",
    "str": "text",
    "int": "integer",
    "float": "number",
    "bool": "true or false",
    "None": "null",
    "tuple[str, ...]": "list of texts",
    "Direction": "text",
    "Level": "text",
}


def page() -> str:
    """Return the text of the page."""
    rooms = {room: list(kinds) for room, kinds in groupby(KINDS.values(), lambda kind: kind.kind.partition(".")[0])}
    lines = [MARK, "", INTRODUCTION]
    for room, title in SECTIONS.items():
        lines += [f"## {title}", "", *(line for kind in rooms.pop(room) for line in _kind(kind))]
    assert not rooms, f"no section for {list(rooms)}"
    return "\n".join(lines).rstrip() + "\n"


def _kind(kind: type[Fact]) -> Iterator[str]:
    doc = textwrap.dedent("    " + (kind.__doc__ or ""))
    text, _, args = doc.partition("Args:")
    yield f"### `{kind.kind}`: `{kind.__name__}`"
    yield ""
    yield " ".join(text.split())
    yield ""
    yield "| field | type | |"
    yield "|---|---|---|"
    described = dict(re.findall(r"^    (\w+): (.*(?:\n        +.*)*)", args, re.MULTILINE))
    for name, annotation in kind._annotations.items():
        shown = f"*{name}*" if kind._bare else f"`{kind._keys.get(name, name)}`"
        field = "" if kind._keys.get(name, name) == name else f" In Python it is `{name}`."
        types = " or ".join(_TYPES[part] for part in annotation.split(" | "))
        yield f"| {shown} | {types} | {' '.join(described[name].split())}{field} |"
    yield ""


def main() -> int:
    """Write the page, or check it."""
    text = page()
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    if "--check" in sys.argv:
        print(f"{PAGE} is old: run python tools/fact-page.py", file=sys.stderr)
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
