"""Write docs/causes from the docstrings of src/wssure/diagnose/causes: one page for each cause, and an index.

`python tools/cause-pages.py` writes missing and outdated pages; with --check it only lists them, and exits with 1.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from wssure.diagnose import Cause, Page, catalogue, page

FOLDER = Path(__file__).parents[1] / "docs" / "causes"
MARK = "<!-- written by tools/cause-pages.py from the cause's docstring: change it there -->"
ROOMS = {
    "dns": "Names and addresses",
    "tcp": "The connection",
    "proxy": "Proxies",
    "stack": "The TLS stack itself",
    "tls": "The TLS handshake",
    "cert": "Certificates",
    "http": "The upgrade request",
    "ws": "WebSocket",
}
BLAME = {
    "caller": "the program that connects",
    "peer": "the other end",
    "path": "what lies between",
    "bug": "a bug: please report it",
    "unknown": "either end",
}
# Ids that are used like causes, but have no file.
OTHERS = ("unknown.tls", "usage.address")
INTRODUCTION = """# Causes

What a failed connection can be told to have failed of: {count} causes. Each has an id that never changes, which stands at the
beginning of the exception's text, in `error.failure.cause`, and in `failure.cause` of `wssure check URL --json`. The same
pages come from `wssure explain ID`.

A cause is said only where its evidence was seen: `certain` where nothing else explains it, else `likely` or `possible`, with
the other candidates and the experiment that decides. Where no cause has its evidence, the answer is
[unknown](unknown.md); a wrong argument, found before anything is sent, is [usage](usage.md).
"""


def files() -> dict[str, str]:
    """Return the texts of all files of the folder, by name."""
    texts = {f"{cause.id}.md": _cause_text(cause) for cause in catalogue()}
    for name in OTHERS:
        texts[f"{name.partition('.')[0]}.md"] = _page_text(_page(name), name.partition(".")[0])
    return {"README.md": "\n".join(_index()) + "\n", **texts}


def _page(name: str) -> Page:
    found = page(name)
    assert found is not None, f"{name} has no page"
    return found


def _index() -> Iterator[str]:
    yield MARK
    yield ""
    yield INTRODUCTION.format(count=len(catalogue()))
    rooms = list(ROOMS)
    ordered = sorted(catalogue(), key=lambda cause: (rooms.index(_room(cause)), cause.id))
    for room, causes in groupby(ordered, _room):
        yield f"## {ROOMS[room]}\n"
        yield "| id | what it is | whose it mostly is |"
        yield "|---|---|---|"
        for cause in causes:
            yield f"| [{cause.id}]({cause.id}.md) | {_page(cause.id).title} | {BLAME[cause.fault]} |"
        yield ""


def _room(cause: Cause) -> str:
    return cause.id.partition(".")[0]


def _cause_text(cause: Cause) -> str:
    rows = [
        ("fails in", f"`{cause.stage}`"),
        ("mostly the fault of", BLAME[cause.fault]),
        ("trying again unchanged", "can help" if cause.transient else "does not help"),
        ("the experiment that decides", cause.probe or "none is needed"),
    ]
    facts = ", ".join(f"[`{kind}`](../facts.md)" for kind in cause.shows)
    if facts:
        rows.append(("evidence shown", facts))
    table = "\n".join(["| | |", "|---|---|", *(f"| {name} | {text} |" for name, text in rows)])
    return _page_text(_page(cause.id), cause.id, table)


def _page_text(page_: Page, name: str, table: str = "") -> str:
    parts = [MARK, f"# {name}", f"{page_.title}.", table]
    parts += [f"## {section}\n\n{body}" for section, body in page_.sections.items()]
    parts.append("[All causes](README.md)")
    return "\n\n".join(part for part in parts if part) + "\n"


def outdated() -> dict[str, str | None]:
    """Return the files to write, by name; None for a file to delete."""
    wanted: dict[str, str | None] = dict(files())
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    gone = dict.fromkeys(there.keys() - wanted.keys())
    return {name: text for name, text in {**wanted, **gone}.items() if there.get(name) != text}


def main(arguments: list[str]) -> int:
    """Write or list the outdated pages."""
    changes = outdated()
    if arguments == ["--check"]:
        for name in sorted(changes):
            sys.stdout.write(f"docs/causes/{name} is not current: run python tools/cause-pages.py\n")
        return 1 if changes else 0
    FOLDER.mkdir(exist_ok=True)
    for name, text in changes.items():
        path = FOLDER / name
        path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(changes)} files written or removed in docs/causes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
