"""Run the rules on files and sort the findings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wssure.tools.lint.build import BuildFacts, read_build
from wssure.tools.lint.files import Unreadable, list_files
from wssure.tools.lint.finding import Finding
from wssure.tools.lint.grammar import parse
from wssure.tools.lint.include import outside_macros
from wssure.tools.lint.rule import Code
from wssure.tools.lint.rules import RULES
from wssure.tools.lint.source import NotText, Source
from wssure.tools.lint.suppress import suppressions, without_suppressed
from wssure.tools.lint.target import Target
from wssure.tools.lint.unit import Macro, Unit, stacks_in

if TYPE_CHECKING:
    from wssure.tools.lint.include import MacroCache


_LARGEST_BYTES: Final = 20_000_000
_INCLUDES: Final = (
    ("mbedtls", re.compile(rb'(?m)^[ \t]*#[ \t]*include[ \t]*[<"](?:mbedtls/|esp_|freertos/)')),
    ("openssl", re.compile(rb'(?m)^[ \t]*#[ \t]*include[ \t]*[<"]openssl/')),
    ("wolfssl", re.compile(rb'(?m)^[ \t]*#[ \t]*include[ \t]*[<"]wolfssl/')),
    ("gnutls", re.compile(rb'(?m)^[ \t]*#[ \t]*include[ \t]*[<"]gnutls/')),
)


@dataclass(slots=True)
class Report:
    """The result of a run.

    Args:
        findings: The findings in the order of files and lines.
        unreadable: The paths that could not be read.
        files: Number of files read.
        clients: Number of files with client code that rules know.
        sources: The text of each file with findings, by path, for automatic fixes.
    """

    findings: list[Finding] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    files: int = 0
    clients: int = 0
    sources: dict[str, Source] = field(default_factory=dict)


def lint_text(text: str | bytes, path: str = "client.c", target: Target | None = None) -> list[Finding]:
    """Run the rules on one piece of code.

    Args:
        text: The code.
        path: The name of the file; the suffix selects C or C++.
        target: The build of the code; None for unknown.

    Raises:
        GrammarMissing: The extra `lint` is not installed.
        NotText: The bytes are not text.
    """
    source = Source(path, text.encode() if isinstance(text, str) else text)
    return _lint_source(source, target or Target(), BuildFacts(), {})


def lint_paths(paths: Sequence[Path], target: Target | None = None, rules: Iterable[str] = ()) -> Report:
    """Run the rules on files and directories.

    Args:
        paths: Files and directories to read.
        target: The build as the caller knows it; build files beside the code supply the rest.
        rules: Ids of the rules to run; empty for all.

    Raises:
        GrammarMissing: The extra `lint` is not installed.
    """
    parse(b"", "probe.c")  # raises GrammarMissing at once, not only at the first file with client code
    report, wanted = Report(), frozenset(rules)
    builds: dict[Path, BuildFacts] = {}
    macros: dict[Path, MacroCache] = {}
    for entry in list_files(paths):
        if isinstance(entry, Unreadable):
            report.unreadable.append(entry)
            continue
        path, root = entry
        report.files += 1
        source = _read(path, report)
        if source is not None and stacks_in(source.data):
            report.clients += 1
            build = read_build(path.resolve().parent, root.resolve(), builds)
            outside = outside_macros(source, path.parent, macros)
            findings = _lint_source(source, target or Target(), _format_source(build, root), outside)
            report.findings += [finding for finding in findings if not wanted or finding.rule in wanted]
            report.sources[source.path] = source
    report.findings = unique(report.findings)
    return report


def _format_source(build: BuildFacts, root: Path) -> BuildFacts:
    """Return build facts with paths in the form that the caller used for the directory."""
    real = root.resolve()
    for line in (*build.small_buffers, *build.no_sni, *build.options.values()):
        path = Path(line.source.path)
        if path.is_absolute() and path.is_relative_to(real):
            line.source.path = str(root / path.relative_to(real))
    return build


def _read(path: Path, report: Report) -> Source | None:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            report.unreadable.append(Unreadable(str(path), "larger than 20 MB"))
            return None
        if not path.is_file():
            report.unreadable.append(Unreadable(str(path), "not a regular file"))
            return None
        return Source(str(path), path.read_bytes())
    except NotText:
        return None
    except OSError as error:
        report.unreadable.append(Unreadable(str(path), error.strerror or str(error)))
        return None


def _lint_source(source: Source, target: Target, build: BuildFacts, outside: MacroCache) -> list[Finding]:
    stacks = stacks_in(source.data)
    if not stacks:
        return []
    outside = {name: [Macro(line.value.encode(), -1, ())] for name, line in build.options.items()} | outside
    versions = target.complete_with(build.target)
    if versions.tls is None:
        versions = versions.complete_with(_by_includes(source))
    code = Code(Unit(source, versions, outside), versions, build)
    findings = [finding for rule in RULES if rule.stack in stacks for finding in rule.findings(code)]
    comments = suppressions(source)
    here = without_suppressed((finding for finding in findings if finding.file == source.path), comments)
    return unique([*here, *(finding for finding in findings if finding.file != source.path)])


def _by_includes(source: Source) -> Target:
    named = [tls for tls, pattern in _INCLUDES if pattern.search(source.data)]
    return Target(tls=named[0], why="its #include lines") if len(named) == 1 else Target()


def unique(findings: Iterable[Finding]) -> list[Finding]:
    """Sort the findings; of several by one rule at one position, keep the most severe and most certain."""
    best: dict[tuple[str, int, int, str], Finding] = {}
    for finding in findings:
        earlier = best.get(finding.order)
        if earlier is None or _weight(finding) < _weight(earlier):
            best[finding.order] = finding
    return [replace(best[order]) for order in sorted(best)]


def _weight(finding: Finding) -> tuple[int, int]:
    return finding.severity.rank, ("certain", "likely", "possible").index(finding.confidence.value)
