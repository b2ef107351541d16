"""The pages about other programs say what facts.toml and the recorded flights say."""

from __future__ import annotations

import re

from tests.project.loading import load_tool
from tests.project.test_hygiene import ROOT
from tests.tools.stacks.atlas import rows
from tests.wire.recordings import flight

from wssure.wire.hello import find_client_hello

UPSTREAM = sorted((ROOT / "docs" / "upstream").glob("*.md"))
# | setting | `flight` | bytes | server_name | name checked |
ROW = re.compile(r"^\| [^|]+ \| `([\w./-]+)` \| (\d+) \| ([^|]+) \|(?: (\w+) \|)?$", re.MULTILINE)


def test_the_pages_of_the_settings_are_current_and_their_links_lead_somewhere() -> None:
    pages = load_tool("stack-page").pages()
    for name, text in pages.items():
        assert text == (ROOT / "docs" / name).read_text(encoding="utf-8"), "run python tools/stack-page.py"
    assert len({text.count("\n| ") for text in pages.values()}) == 1
    for page in [*UPSTREAM, *(ROOT / "docs" / name for name in pages)]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_flight_of_a_report_is_as_recorded() -> None:
    by_file = {row["file"]: row for row in rows()}
    wrong = []
    for page in UPSTREAM:
        found = ROW.findall(page.read_text(encoding="utf-8"))
        assert len(found) >= 5, page.name
        for file, size, name, checked in found:
            folder, _, short = file.rpartition("/")
            data = flight(folder, f"{short}.hex") if folder else bytes.fromhex(by_file[file]["bytes"])
            sent = {None: "(absent)", "": "(present, empty)"}.get(sent := find_client_hello(data).server_name, sent)
            if (len(data), sent, by_file.get(file, {}).get("name_checked", "")) != (int(size), name, checked):
                wrong.append((page.name, file, len(data), sent, by_file.get(file, {}).get("name_checked")))
    assert wrong == []
