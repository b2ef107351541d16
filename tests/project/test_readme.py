"""README.md and README.zh.md say the same, their C compiles, their programs fit together, and their bold text closes."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import trustme
from tests.docs.scratch import furnish
from tests.interop.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh.md"
PAGES = [ENGLISH, CHINESE, ROOT / "docs" / "incident.md", ROOT / "docs" / "incident.zh.md"]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose_of(page: Path) -> str:
    return FENCE.sub("", text_of(page))


def fences(page: Path, language: str) -> list[str]:
    return [block for name, block in FENCE.findall(text_of(page)) if name == language]


def without_comments(block: str) -> str:
    return re.sub(r"/\*.*?\*/", "/* */", block, flags=re.DOTALL)


@pytest.mark.parametrize("pair", [PAGES[:2], PAGES[2:]], ids=["readme", "incident"])
def test_both_languages_have_the_same_headings_and_code(pair: list[Path]):
    english, chinese = pair
    headings = [re.findall(r"^(#+) ", prose_of(page), re.MULTILINE) for page in pair]
    assert headings[0] == headings[1]
    code = [[(name, without_comments(block)) for name, block in FENCE.findall(text_of(page))] for page in pair]
    assert code[0] == code[1]
    indented = [re.findall(r"(?:^    \S.*\n)+", prose_of(page), re.MULTILINE) for page in pair]
    assert indented[0] == indented[1], (english, chinese)


@pytest.mark.parametrize("pair", [PAGES[:2], PAGES[2:]], ids=["readme", "incident"])
def test_both_languages_name_the_same_commands_and_pages(pair: list[Path]):
    """Each row of a table and each point of a list has the same code, and each page has the same links."""
    english, chinese = ([code_of(part) for part in re.findall(PART, prose_of(page), re.MULTILINE)] for page in pair)
    assert english == chinese
    linked = [{link.replace(".zh.md", ".md") for link in links(page)} for page in pair]
    assert linked[0] == linked[1]


# A row of a table, or a point of a list with its further lines.
PART = r"^\|.*|^\* .*(?:\n  .*)*"


def code_of(text: str) -> list[str]:
    return sorted(re.findall(r"`([^`]+)`", text))


def links(page: Path) -> list[str]:
    return re.findall(r"\]\(([^)#\s]+)", prose_of(page))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_linked_file_exists(page: Path):
    missing = [
        tls_connection
        for tls_connection in links(page)
        if "://" not in tls_connection and not (page.parent / tls_connection).exists()
    ]
    assert missing == []


def open_bold(text: str) -> list[str]:
    """Return the bold marks of a text that CommonMark leaves as stars (section 6.2).

    A mark that closes must not follow a blank; if it follows punctuation, a blank or punctuation must follow the mark.
    """
    wrong = []
    for paragraph in re.split(r"\n\s*\n|\n(?=\* )|\n(?=\|)", re.sub(r"`[^`\n]*`", "x", text)):
        for index, mark in enumerate(re.finditer(r"\*\*", paragraph)):
            before, after = paragraph[: mark.start()][-1:] or " ", paragraph[mark.end() :][:1] or " "
            inner, outer = (before, after) if index % 2 else (after, before)
            closes = not inner.isspace() and (inner.isalnum() or not outer.isalnum())
            if not closes:
                wrong.append(paragraph[max(0, mark.start() - 20) : mark.end() + 20])
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_bold_text_is_bold_for_a_commonmark_reader(page: Path):
    assert open_bold(prose_of(page)) == []


def test_a_full_width_stop_before_a_closing_mark_needs_a_blank_behind_it():
    assert open_bold("**完整的 URL。**它") == ["**完整的 URL。**它"]
    assert open_bold("**完整的 URL。** 它") == []


FRAME = """#include <libwebsockets.h>
int main(void)
{{
{body}
	return (int)(i.port + info.options);
}}
"""


@pytest.mark.peers
def test_the_two_lines_of_the_fix_compile_as_they_stand(tmp_path: Path):
    flagged, fixed = fences(ENGLISH, "c")
    for number, lines in enumerate((flagged, flagged + fixed)):
        file = tmp_path / f"client{number}.c"
        file.write_text(FRAME.format(body=lines))
        command = [shutil.which("cc") or "gcc", "-Wall", "-Werror", "-Wno-maybe-uninitialized", "-fsyntax-only", file]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_the_server_answers_the_client_and_stops_without_a_traceback(end: signal.Signals, tmp_path: Path):
    """As printed, but for the port, which needs root, and the name, which no resolver knows."""
    port = free_port()
    ca = trustme.CA()
    furnish(tmp_path, ca, port, port, port)
    _, client, server = fences(ENGLISH, "python")
    (tmp_path / "server.py").write_text(server.replace('"0.0.0.0", 443', f'"127.0.0.1", {port}'))
    (tmp_path / "client.py").write_text(
        client.replace('b.example.net/chat"', f'b.example.net:{port}/chat", address="127.0.0.1"')
    )
    command = [sys.executable, "-W", "error"]
    with subprocess.Popen(
        [*command, "server.py"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as serving:
        try:
            assert serving.stdout is not None
            assert serving.stdout.readline() == f"listening on port {port}\n"
            environment = {"SSL_CERT_FILE": "ca.pem", "PATH": ""}
            done = subprocess.run(
                [*command, "client.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert done.stdout == "hello b.example.net\n", done.stderr
            serving.send_signal(end)
            _, errors = serving.communicate()
            assert (serving.returncode, errors) == (0, "")
        finally:
            serving.kill()


@pytest.mark.parametrize("page", PAGES[2:], ids=lambda page: page.name)
def test_each_point_of_the_article_names_a_test_that_exists(page: Path):
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text_of(page))
    assert len(named) >= 7
    missing = [name for file, name in named if f"def {name}(" not in (ROOT / file).read_text(encoding="utf-8")]
    assert missing == []
