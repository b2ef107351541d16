"""`wssure lint`: find mistakes in C and C++ code that sets up a libwebsockets client."""

from __future__ import annotations

import argparse
import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wssure.errors import usage_error
from wssure.extras import install_command
from wssure.name import mask_secrets
from wssure.text import printable
from wssure.tools.cli import output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wssure.tools.lint import Finding, Report, Target


EXAMPLES: Final = """examples:
  wssure lint src/                                     check every C and C++ file below
  wssure lint --tls mbedtls --lws 4.3.3 client.c       name the build for more precise findings
  wssure lint --fix src/                               apply the safe fixes
  wssure lint --sarif src/ > lint.sarif                write a log for code scanning
  wssure lint --write-baseline lint.json src/          accept present findings; later: --baseline lint.json
  wssure explain lws.skip-hostname-check               show the page of a rule

CMakeLists.txt, sdkconfig and Mbed TLS configuration headers beside the code are read to find the TLS library and versions.
To accept one finding: /* wssure: ignore[lws.allow-selfsigned] the reason */ on its line or the line above.

exit codes: 0 no findings, 1 findings, 2 wrong usage or a file that could not be read, 3 tree-sitter is missing
"""
_GRADES: Final = ("error", "warning", "info")


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the verb."""
    parser.add_argument(
        "paths", metavar="PATH", nargs="*", help="check these files, and the C and C++ files below these directories"
    )
    parser.add_argument(
        "--tls", choices=("mbedtls", "openssl", "gnutls", "wolfssl"), help="the TLS library of the build"
    )
    parser.add_argument("--lws", metavar="VERSION", help="the version of libwebsockets, such as 4.3.3")
    parser.add_argument("--mbedtls", metavar="VERSION", help="the version of Mbed TLS (implies --tls mbedtls)")
    parser.add_argument("--openssl", metavar="VERSION", help="the version of OpenSSL (implies --tls openssl)")
    parser.add_argument("--rule", metavar="ID", action="append", default=[], help="run only this rule; repeat for more")
    parser.add_argument("--list", action="store_true", help="list the rules and exit")
    parser.add_argument("--fix", action="store_true", help="apply the safe fixes, and report the other findings")
    parser.add_argument("--baseline", metavar="FILE", help="report only findings that are not in this file")
    parser.add_argument("--write-baseline", metavar="FILE", help="write the findings to this file and exit with 0")
    parser.add_argument(
        "--fail-on", choices=_GRADES, default="info", help="exit with 1 from this severity on (default: info)"
    )
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--sarif", action="store_true", help="print a SARIF 2.1.0 log")
    shape.add_argument("--github", action="store_true", help="print annotations for GitHub Actions")
    shape.add_argument("--json", action="store_true", help="print one JSON object per finding and line")
    output.add_color_flag(parser)


def run(args: argparse.Namespace) -> int:
    """Lint and print."""
    from wssure.tools.lint import GrammarMissing, lint_paths

    _check_flags(args)
    if args.list:
        return _list(args)
    paths = _paths(args.paths)
    target = _target(args)
    _check_rules(args.rule)
    try:
        with output.progress("reading the code"):
            report = lint_paths(paths, target, args.rule)
            if args.fix:
                _fix(report)
                report = lint_paths(paths, target, args.rule)
    except GrammarMissing as error:
        output.words(f"error[lint.grammar]: {error}")
        output.words(f"  fix   {install_command('lint')}")
        return output.BROKEN
    return _answer(args, report)


def _check_flags(args: argparse.Namespace) -> None:
    """Refuse flags without an effect because of another flag."""
    flags = [flag for flag in ("--baseline", "--sarif", "--github", "--json") if getattr(args, flag.strip("-"))]
    if args.write_baseline and flags:
        raise usage_error(
            "lint", f"{flags[0]} came with --write-baseline, which writes all findings", "give one of them"
        )
    if args.list and (args.paths or args.fix or args.write_baseline or args.sarif or args.github):
        raise usage_error("lint", "--list came with something to lint, and only lists the rules", "give one of them")


def _answer(args: argparse.Namespace, report: Report) -> int:
    if args.write_baseline:
        _write_baseline(report.findings, Path(args.write_baseline))
        findings: list[Finding] = []
    else:
        findings = _without_baseline(report.findings, args.baseline)
        _print(args, findings, report)
    for item in report.unreadable:
        output.words(f"error[lint.unreadable]: {printable(str(item.path))}: {item.why}")
    if report.unreadable:
        return output.USAGE
    worst = _GRADES.index(args.fail_on)
    return output.FINDING if any(finding.severity.rank <= worst for finding in findings) else output.GOOD


def _list(args: argparse.Namespace) -> int:
    from wssure.tools.lint import RULES, page

    for rule in RULES:
        title = page(rule.id).title
        if args.json:
            output.emit_json({"rule": rule.id, "severity": rule.severity.value, "summary": title}, line=True)
        else:
            output.data(f"{rule.id:30} {rule.severity.value:8} {title}")
    return output.GOOD


def _paths(arguments: Sequence[str]) -> list[Path]:
    if not arguments:
        raise usage_error(
            "lint", "got no path, expected files or directories", "name a file or a directory, such as src/"
        )
    paths = [Path(name) for name in arguments]
    for path in paths:
        if not path.exists() and not path.is_symlink():
            raise usage_error(
                "lint", f"{mask_secrets(str(path))} does not exist", "name a file or directory that exists"
            )
    return paths


def _target(args: argparse.Namespace) -> Target:
    from wssure.tools.lint import Target
    from wssure.tools.lint.target import parse_version

    versions = {}
    for name in ("lws", "mbedtls", "openssl"):
        words = getattr(args, name)
        try:
            versions[name] = parse_version(words) if words else None
        except ValueError as error:
            raise usage_error("lint", f"--{name} {error}", f"write --{name} with numbers and dots") from error
    tls = args.tls or ("mbedtls" if args.mbedtls else "openssl" if args.openssl else None)
    return Target(tls=tls, why="--tls" if tls else "", **versions)


def _check_rules(rules: Sequence[str]) -> None:
    from wssure.tools.lint.rules import ids

    for rule in rules:
        if rule not in ids():
            raise usage_error("lint", f"there is no rule {printable(rule)}", "`wssure lint --list` shows the rules")


def _fix(report: Report) -> None:
    from wssure.tools.lint.edit import apply_edits

    for path, source in report.sources.items():
        edits = [finding.edit for finding in report.findings if finding.file == path and finding.edit is not None]
        if edits and source.editable:
            _write(Path(path), apply_edits(source.data, edits), "--fix")
            output.words(f"fixed {len(edits)} in {printable(path)}")


def _write_baseline(findings: Sequence[Finding], path: Path) -> None:
    from wssure.tools.lint.baseline import written_baseline

    _write(path, written_baseline(findings, path.parent).encode(), "--write-baseline")
    output.words(f"{len(findings)} findings written to {printable(str(path))}")


def _write(path: Path, data: bytes, flag: str) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise usage_error(
            "lint", f"{flag}: {printable(str(path))} cannot be written: {error.strerror}", "make it writable"
        ) from error


def _without_baseline(findings: list[Finding], name: str | None) -> list[Finding]:
    from wssure.tools.lint.baseline import BaselineError, new_findings

    if not name:
        return findings
    path = Path(name)
    try:
        return new_findings(findings, path.read_text(encoding="utf-8"), path.parent)
    except OSError as error:
        raise usage_error(
            "lint", f"--baseline {printable(name)}: {error.strerror}", "make one with --write-baseline"
        ) from error
    except (BaselineError, UnicodeDecodeError) as error:
        raise usage_error("lint", f"--baseline {printable(name)}: {error}", "make one with --write-baseline") from error


def _print(args: argparse.Namespace, findings: Sequence[Finding], report: Report) -> None:
    from wssure.tools.lint.report import github_lines, json_lines, sarif_log, text_lines

    if args.sarif:
        output.data(json.dumps(sarif_log(findings, report.sources, version("wssure")), indent=1))
        return
    color = output.use_color(args.color) and not (args.json or args.github)
    if args.json:
        lines = json_lines(findings)
    elif args.github:
        lines = github_lines(findings)
    else:
        lines = text_lines(findings, color=color)
    for line in lines:
        output.data(line, color=color)
    if not (args.json or args.github):
        output.words(_summary(findings, report))


def _summary(findings: Sequence[Finding], report: Report) -> str:
    files = f"{report.files} file" + ("" if report.files == 1 else "s")
    if not report.clients:
        return f"{files}, none with client code that a rule knows"
    words = f"{files}, {report.clients} with client code: "
    if not findings:
        return words + "nothing found"
    counts = [(grade, sum(finding.severity.value == grade for finding in findings)) for grade in _GRADES]
    first = min(findings, key=lambda finding: finding.severity.rank)
    return (
        words
        + ", ".join(f"{count} {grade}" for grade, count in counts if count)
        + f"; more: wssure explain {first.rule}"
    )
