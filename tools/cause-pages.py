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
CATEGORIES = {
    "dns": "Names and addresses",
    "tcp": "The connection",
    "unix": "The Unix socket",
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
    "path": "the network path",
    "bug": "a bug: please report it",
    "unknown": "either end",
}
# Ids that are used like causes, but have no file.
OTHERS = ("unknown.tls", "usage.address")
INTRODUCTION = """# Causes

There are {count} causes of a failed connection. Each has an id that never changes. The id is at the beginning of the
exception's text, in `error.failure.cause`, and in `failure.cause` of `wssure check URL --json`. `wssure explain ID`
prints the same pages.

A cause is reported only if its evidence was observed: as `certain` if no other cause explains it, else as `likely` or
`possible`, with the other candidates and the experiment that decides. If no cause has its evidence, the answer is
[unknown](unknown.md). A wrong argument, found before anything is sent, is [usage](usage.md).
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
    categories = list(CATEGORIES)
    ordered = sorted(catalogue(), key=lambda cause: (categories.index(_category(cause)), cause.id))
    for category, causes in groupby(ordered, _category):
        yield f"## {CATEGORIES[category]}\n"
        yield "| id | cause | usual fault |"
        yield "|---|---|---|"
        for cause in causes:
            yield f"| [{cause.id}]({cause.id}.md) | {_page(cause.id).title} | {BLAME[cause.fault]} |"
        yield ""


def _category(cause: Cause) -> str:
    return cause.id.partition(".")[0]


def _cause_text(cause: Cause) -> str:
    rows = [
        ("stage", f"`{cause.stage}`"),
        ("usual fault", BLAME[cause.fault]),
        ("retry without a change", "can help" if cause.transient else "does not help"),
        ("deciding experiment", cause.probe or "none is needed"),
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
