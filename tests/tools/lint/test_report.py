"""Each output has the shape its reader expects: people, programs, code scanning, a pull request."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from wssure.tools.lint import RULES, Finding, Report, lint_paths
from wssure.tools.lint.report import github_lines, json_lines, sarif_log, text_lines

SAMPLES = Path(__file__).parent / "rules"
SCHEMA = json.loads((Path(__file__).parent / "sarif-2.1.0-part.json").read_text())


@pytest.fixture(scope="module")
def report() -> Report:
    return lint_paths([SAMPLES])


def test_compiler_style_puts_the_caret_under_the_place(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text(
        'void f(struct lws_client_connect_info *i)\n{\n\ti->host\t= "wss://ä"; \n\tlws_client_connect_via_info(i);\n}\n'
    )
    lines = list(text_lines(lint_paths([tmp_path]).findings))
    assert re.match(r".*a\.c:3:12: error: .* \[lws\.host-not-a-name\]$", lines[0])
    assert lines[2].index("^") == lines[1].index('"wss')
    assert lines[2].count("^") + lines[2].count("~") == len('"wss://ä"')
    assert lines[3].strip().startswith("fix: ")


def test_peer_text_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_bytes(
        b'void f(struct lws_client_connect_info *i)\n{\n\ti->host = "a \x1b[31m\\033[31m";\n\tlws_client_connect_via_info(i);\n}\n'
    )
    text = "\n".join(text_lines(lint_paths([tmp_path]).findings))
    assert "\x1b" not in text


def test_colour_changes_nothing_but_colour(report: Report) -> None:
    plain = "\n".join(text_lines(report.findings))
    colored = "\n".join(text_lines(report.findings, color=True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain
    assert colored != plain


def test_json_lines_have_the_documented_fields(report: Report) -> None:
    lines = list(json_lines(report.findings))
    assert len(lines) == len(report.findings) > 50
    for line in lines:
        shown = json.loads(line)
        assert list(shown) == ["schema", "rule", "severity", "confidence", "file", "line", "column", "summary", "fix"]
        assert shown["severity"] in ("error", "warning", "info")
        assert shown["confidence"] in ("certain", "likely", "possible")


def test_sentences_follow_the_style(report: Report) -> None:
    for found in report.findings:
        assert not found.summary.endswith(".")
        assert not found.fix.endswith(".")
        assert "invalid" not in found.summary
        assert "\n" not in found.summary + found.fix


def log_of(report: Report) -> dict[str, Any]:
    return json.loads(json.dumps(sarif_log(report.findings, report.sources, "0.1.0")))


def test_sarif_keeps_its_schema(report: Report) -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    jsonschema.validate(log_of(report), SCHEMA, cls=jsonschema.Draft7Validator)


def test_the_schema_part_refuses_what_the_standard_refuses() -> None:
    validator = jsonschema.Draft7Validator(SCHEMA)
    assert not validator.is_valid({"version": "2.0.0", "runs": []})
    assert not validator.is_valid({"version": "2.1.0", "runs": [{"results": []}]})
    assert not validator.is_valid(
        {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"message": {}}]}]}
    )
    region = {"physicalLocation": {"region": {"startLine": 0}}}
    bad = {"message": {"text": "x"}, "locations": [region]}
    assert not validator.is_valid({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [bad]}]})


def test_sarif_results_point_at_their_rules(report: Report) -> None:
    run = log_of(report)["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.id for rule in RULES]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert any("fixes" in result for result in run["results"])


def test_an_empty_run_is_a_whole_log() -> None:
    log = sarif_log([], {}, "0.1.0")
    jsonschema.validate(log, SCHEMA, cls=jsonschema.Draft7Validator)
    assert log["runs"][0]["results"] == []


def test_annotations_escape_what_ends_them(report: Report) -> None:
    found = report.findings[0]
    odd = Finding(found.rule, found.severity, found.confidence, "a,b:c%.c", 1, 2, 3, "50% of\nit", "do: x")
    (line,) = github_lines([odd])
    assert line.startswith("::")
    assert "file=a%2Cb%3Ac%25.c,line=1,col=2,endColumn=3,title=lws." in line
    assert line.endswith("::50%25 of%0Ait%0Afix: do: x")
    for text in github_lines(report.findings):
        assert re.match(r"::(error|warning|notice) file=", text)
        assert "\n" not in text
