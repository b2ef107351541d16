"""Each module of aio has its test file, named after it."""

from __future__ import annotations

from tests.project.test_hygiene import ROOT

# A module without a test file of its own -> the files that hold it. The list only shrinks.
HELD_ELSEWHERE = {
    "driver": ("aio/test_violation.py", "hostile/test_floods.py"),
    "incoming": ("aio/test_serve.py", "hostile/test_openings.py"),
    "keepalive": ("causes/test_live_keepalive.py", "hostile/test_openings.py"),
    "stream": (
        "aio/test_close_notify.py",
        "aio/test_tls_end.py",
        "hostile/test_half_close.py",
        "hostile/test_promises.py",
    ),
}


def modules() -> set[str]:
    return {path.stem for path in (ROOT / "src" / "wssure" / "aio").glob("*.py")} - {"__init__"}


def test_each_module_of_aio_has_its_test_file():
    tested = {path.stem.removeprefix("test_") for path in (ROOT / "tests" / "aio").glob("test_*.py")}
    assert modules() - tested - set(HELD_ELSEWHERE) == set()
    assert set(HELD_ELSEWHERE) & tested == set(), "these have one now: take them from the list"


def test_the_list_of_exceptions_names_what_exists():
    assert set(HELD_ELSEWHERE) - modules() == set(), "these are gone: take them from the list"
    missing = {name for names in HELD_ELSEWHERE.values() for name in names if not (ROOT / "tests" / name).exists()}
    assert missing == set()
