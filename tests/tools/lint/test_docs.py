"""The incident pages stay true: their C, their bytes and their commands are checked against the project."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wssure.tools.lint import RULES, Target, lint_text
from wssure.wire.hello import find_client_hello

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "docs" / "incident.md", ROOT / "docs" / "incident.zh.md"]
VECTORS = ROOT / "tests" / "vectors" / "libwebsockets"
ON_A_BOARD = Target(tls="mbedtls", lws=(4, 3, 3), mbedtls=(3, 4, 0))
FRAME = """#include <libwebsockets.h>
int main(void)
{{
	struct lws_context_creation_info info = {{0}};
	struct lws_client_connect_info i = {{0}};
	struct lws_context *context;
{body}
	i.context = context;
	return !lws_client_connect_via_info(&i);
}}
"""


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def rules_of(code: str) -> list[str]:
    return [found.rule for found in lint_text(FRAME.format(body=code), target=ON_A_BOARD)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_before_has_the_mistake_and_the_code_after_none(page: Path) -> None:
    before, after = blocks(page, "c")[:2]
    assert rules_of(before) == ["lws.no-ca-mbedtls", "lws.skip-hostname-check"]
    assert rules_of(after) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_annotated_bytes_are_those_of_the_recordings(page: Path) -> None:
    dumps = re.findall(r"^```\n(offset .*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    names = ["lws433-mbed340full-ok-addr-eq-host.hex", "lws433-mbed340full-skiphost.hex"]
    for dump, name in zip(dumps, names, strict=True):
        data = recorded(name)
        for offset, digits in re.findall(r"^([0-9a-f]{4})    ((?:[0-9a-f]{2} )+)", dump, re.MULTILINE):
            expected = bytes.fromhex(digits)
            assert data[int(offset, 16) :][: len(expected)] == expected
    assert find_client_hello(recorded(names[0])).server_name == "localhost"
    assert find_client_hello(recorded(names[1])).server_name is None


def recorded(name: str) -> bytes:
    text = "\n".join(line for line in (VECTORS / name).read_text().splitlines() if not line.startswith("#"))
    return bytes.fromhex("".join(text.split()))


@pytest.mark.parametrize("page", [*PAGES, ROOT / "docs" / "from-libwebsockets.md"], ids=lambda page: page.name)
def test_every_rule_and_file_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"\blws\.[a-z][\w-]+", text)) <= {rule.id for rule in RULES}
    for name in re.findall(r"\]\(([\w.-]+\.md)\)", text):
        assert (page.parent / name).exists()
    for name in re.findall(r"tests/[\w/.-]+\.hex", text):
        assert (ROOT / name).exists()


def test_both_languages_have_the_same_sections_and_code() -> None:
    english, chinese = (page.read_text(encoding="utf-8") for page in PAGES)
    assert len(re.findall(r"^## ", english, re.MULTILINE)) == len(re.findall(r"^## ", chinese, re.MULTILINE))
    commands = [re.findall(r"^\$ (.*)$", text, re.MULTILINE) for text in (english, chinese)]
    assert commands[0] == commands[1]


def test_the_wording_of_how_sure_is_kept() -> None:
    quoted = " ".join(line.removeprefix("> ") for line in PAGES[0].read_text().splitlines() if line.startswith("> "))
    assert quoted == (
        "In 600 runs of real builds, the flag that skips the name check takes SNI with it on Mbed TLS only and reproduces the report exactly; "
        "a URL in `address` never sends a ClientHello at all; a vendor's public code with the report's identifiers sets that flag; the "
        "reporter's own code was not seen."
    )
