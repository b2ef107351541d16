"""A baseline takes away what was there, as often as it was there, and nothing new."""

from __future__ import annotations

from pathlib import Path

import pytest

from wssure.tools.lint import lint_paths
from wssure.tools.lint.baseline import BaselineError, new_findings, written_baseline

SAMPLES = Path(__file__).parent / "rules"
BAD = (SAMPLES / "magic-ssl-connection" / "bad.c").read_text()


def test_lines_added_above_do_not_bring_findings_back(tmp_path: Path) -> None:
    file = tmp_path / "a.c"
    file.write_text(BAD)
    text = written_baseline(lint_paths([tmp_path]).findings, tmp_path)
    assert new_findings(lint_paths([tmp_path]).findings, text, tmp_path) == []
    file.write_text(
        "/* more */\n\n"
        + BAD.replace("\tgo(context, 2);", "\t  go(context,  2);").replace("go(context,  2)", "go(context, 2)")
    )
    assert new_findings(lint_paths([tmp_path]).findings, text, tmp_path) == []


def test_one_more_of_the_same_is_new(tmp_path: Path) -> None:
    file = tmp_path / "a.c"
    file.write_text(BAD)
    text = written_baseline(lint_paths([tmp_path]).findings, tmp_path)
    line = next(line for line in BAD.splitlines() if "go(context, 1)" in line)
    file.write_text(BAD.replace(line, f"{line}\n{line}"))
    assert [found.rule for found in new_findings(lint_paths([tmp_path]).findings, text, tmp_path)] == [
        "lws.magic-ssl-connection"
    ]


def test_a_baseline_goes_with_its_directory(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a.c").write_text(BAD)
    text = written_baseline(lint_paths([tmp_path / "one"]).findings, tmp_path / "one")
    (tmp_path / "one").rename(tmp_path / "two")
    assert new_findings(lint_paths([tmp_path / "two"]).findings, text, tmp_path / "two") == []


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"kind": "other"}', '{"kind": "wssure lint baseline", "findings": {"a": "b"}}']
)
def test_another_file_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(BaselineError):
        new_findings([], text, tmp_path)
