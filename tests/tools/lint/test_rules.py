"""Each rule finds what its bad samples mark, and nothing else in any sample: the marks are all there is to find."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wssure.tools.lint import RULES, Target, lint_paths, lint_text, page
from wssure.tools.lint.rule import SECTIONS
from wssure.tools.lint.target import parse_version

SAMPLES = Path(__file__).parent / "rules"
_MARK = re.compile(r"expect(-next)?: ((?:(?:lws|esp|ix|tls)\.[\w-]+(?:, )?)+)")
_TARGET = re.compile(r"target: (.+?) \*/")
FILES = sorted(path for path in SAMPLES.rglob("*") if path.suffix in (".c", ".cpp"))


def module_of(rule_id: str) -> str:
    return re.sub("[.-]", "_", rule_id.removeprefix("lws."))


def marked(path: Path) -> set[tuple[str, int, str]]:
    found = set()
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for mark in _MARK.finditer(line):
            for rule in mark.group(2).split(","):
                found.add((path.name, number + bool(mark.group(1)), rule.strip()))
    return found


def target_of(path: Path) -> Target:
    found = _TARGET.search(path.read_text())
    given = dict(word.split("=") for word in found.group(1).split()) if found else {}
    versions = {name: parse_version(value) for name, value in given.items() if name != "tls"}
    return Target(tls=given.get("tls"), **versions)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SAMPLES).as_posix())
def test_a_sample_yields_exactly_its_marks(path: Path) -> None:
    beside = [other for other in path.parent.iterdir() if other.suffix == ".h" or other.name.startswith("sdkconfig")]
    expected = set().union(*(marked(file) for file in (path, *beside)))
    report = lint_paths([path], target_of(path))
    assert {(Path(finding.file).name, finding.line, finding.rule) for finding in report.findings} == expected


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_has_its_page_and_samples_of_both_kinds(rule) -> None:
    shown = page(rule.id)
    assert tuple(shown.sections) == SECTIONS
    assert all(shown.sections.values())
    assert shown.title
    assert not shown.title.startswith(" ")
    folder = SAMPLES / rule.id.removeprefix("lws.")
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(rule.id in mark for path in files for mark in marked(path))
    assert any("good" in path.relative_to(folder).as_posix() for path in files)


def test_ids_are_unique_and_name_the_file() -> None:
    for rule in RULES:
        assert rule.check.__module__ == "wssure.tools.lint.rules." + module_of(rule.id)
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_a_file_for_each_rule_is_in_the_list() -> None:
    import wssure.tools.lint.rules as package

    files = {path.stem for path in Path(package.__file__).parent.glob("*.py")} - {"__init__"}
    assert files == {module_of(rule.id) for rule in RULES}


def test_the_page_of_an_unknown_rule_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        page("lws.no-such-rule")


@pytest.mark.parametrize(
    ("host", "severity"),
    [
        ('c.host = "192.0.2.1";', "warning"),
        ('c.url = "https://10.0.0.1.example.net/";', "error"),
        ('c.host = "192.0.2.1"; c.host = name;', "error"),
        ('d.host = "192.0.2.1";', "error"),
    ],
)
def test_where_an_address_is_dialled_the_option_of_esp_idf_removes_no_name(host, severity):
    code = f"void f(void) {{ esp_http_client_config_t c; {host} c.skip_cert_common_name_check = true; }}"
    assert [found.severity.value for found in lint_text(code)] == [severity]
