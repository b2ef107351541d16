"""What every run of pytest here has in common: its tier, what it may leave out, and how many tests of each kind it passed.

--tier quick    what `make test` runs: no foreign program, no namespace, nothing slow; it says at its end what it left out
--tier rest     what `make test` leaves to `make test-all`
--backend NAME  of tests/, only the cases that name this backend, and tests marked `every_backend`; the rest would only repeat
                what a run without that backend has shown
CI=true         a test that is skipped fails, unless tests/not-run.tsv lists it with a reason
WSSURE_TALLY    a file to write, for tools/counts.py: package, backend, how many tests passed
"""

from __future__ import annotations

import gc
import os
import re
import signal
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from tests.backends import EXPECTED

# Hypothesis would fail an example that takes 200 ms, and examples that take a minute to make: limits in seconds, which a loaded
# machine exceeds.
settings.register_profile("unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

NOT_RUN = Path(__file__).with_name("not-run.tsv")
IN_CI = os.environ.get("CI", "").lower() in ("true", "1")
# Why a test is not in the quick tier, by its marker. Each line is printed with the number of tests in front.
LEFT_OUT = {
    "peers": "need foreign programs (nginx, haproxy, squid, chromium, node, libwebsockets, openssl)",
    "namespace": "need network namespaces",
    "slow": "take long",
}
# Folders whose tests all need foreign programs or packages.
PEERS = ("interop", "lws")
HOW = "`make test-all` runs them; `make full` runs what takes hours as well"

# A test counts for each backend that its id names, and for "-" if it names none.
_BACKENDS = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(map(re.escape, EXPECTED))})(?![A-Za-z])")
_passed: Counter[tuple[str, str]] = Counter()
_left_out: Counter[str] = Counter()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--tier", choices=("quick", "rest"), help="only the tests of `make test`, or only those it leaves out"
    )
    parser.addoption("--backend", choices=EXPECTED, help="of tests/, only what this backend takes part in")


def pytest_configure() -> None:
    # A shell starts a command in the background with SIGINT ignored; so would start every program that a test interrupts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if package_of(item.nodeid) in PEERS:
            item.add_marker("peers")
        if "namespace" in getattr(item, "fixturenames", ()):
            item.add_marker("namespace")
    if backend := config.getoption("--backend"):
        chosen = [item for item in items if package_of(item.nodeid) == "mbedtls" or concerns(item, backend)]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = chosen
    tier = config.getoption("--tier")
    if tier is None:
        return
    chosen, others = [], []
    for item in items:
        if item.get_closest_marker("soak") or item.get_closest_marker("interop_all"):
            others.append(item)
            continue
        why = next((mark for mark in LEFT_OUT if item.get_closest_marker(mark)), None)
        if tier == "quick" and why:
            _left_out[why] += 1
        (chosen if (why is None) == (tier == "quick") else others).append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = chosen


def pytest_collection_finish() -> None:
    # Each coroutine test collects garbage at its end. Without this, the collector visits all modules and tests every time,
    # which was three quarters of the CPU of tests/aio.
    gc.collect()
    gc.freeze()


def concerns(item: pytest.Item, backend: str) -> bool:
    """Return whether a backend takes part in a test: its id names it, or names none and it is marked `every_backend`."""
    named = backends_of(item.nodeid)
    return backend in named or (not named and item.get_closest_marker("every_backend") is not None)


def backends_of(nodeid: str) -> set[str]:
    """Return the backends that the parameters of a test name."""
    return set(_BACKENDS.findall(nodeid.partition("[")[2]))


def package_of(nodeid: str) -> str:
    """Return the folder below tests/ or tests/tools/ that a test stands in, or what its module is about.

    It is "mbedtls" for that package's own.
    """
    folder, *below = Path(nodeid.partition("::")[0]).parts
    if folder != "tests" or not below:
        return folder
    if below[0] == "tools":
        del below[0]
    return below[0] if below[1:] else below[0].removeprefix("test_").removesuffix(".py")


# Skipped is red in CI.


def allowed(nodeid: str, text: str) -> bool:
    """Return whether the list allows a test to be skipped with this text."""
    rows = [line.split("\t") for line in NOT_RUN.read_text().splitlines() if line and not line.startswith("#")]
    return any(fnmatchcase(nodeid, row[0]) and fnmatchcase(text, row[1]) for row in rows)


def judged(report: Any) -> None:
    """Make a skip that is not listed a failure."""
    if report.skipped and not hasattr(report, "wasxfail"):
        text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        text = text.removeprefix("Skipped: ")
        # Square brackets mean something to fnmatch only in the pattern.
        if not allowed(report.nodeid, text):
            report.outcome = "failed"
            report.longrepr = (
                f"skipped in CI: {text}\n  fix   install what it needs, or list it in tests/not-run.tsv with a reason"
            )


if IN_CI:

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport() -> Iterator[Any]:
        report = yield
        judged(report)
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report() -> Iterator[Any]:
        report = yield
        judged(report)
        return report


# What was counted. With xdist the workers collect and their controller sees the reports.


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        for backend in backends_of(report.nodeid) or {"-"}:
            _passed[package_of(report.nodeid), backend] += 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    worker = getattr(session.config, "workeroutput", None)
    if worker is not None:
        worker["left_out"] = dict(_left_out)
    elif os.environ.get("WSSURE_TALLY"):
        target = Path(os.environ["WSSURE_TALLY"])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(
            "".join(f"{package}\t{name}\t{count}\n" for (package, name), count in sorted(_passed.items()))
        )


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    # Each worker has collected everything.
    _left_out.update(Counter(getattr(node, "workeroutput", {}).get("left_out", {})) - _left_out)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _left_out:
        terminalreporter.section("left out")
        for why, count in sorted(_left_out.items()):
            terminalreporter.write_line(f"{count:>6} {LEFT_OUT[why]}")
        terminalreporter.write_line(HOW)
