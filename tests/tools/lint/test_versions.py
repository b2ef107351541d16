"""The compatibility table answers what was measured, for exact and for partial versions."""

from __future__ import annotations

import datetime
import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wssure.tools.lint.target import parse_version
from wssure.tools.lint.versions import Effect, applying, end_of_life, entries, in_range, lifetimes

RANGES = [
    ("4.3.3", ">=2.4.0,<=5.0.0", True),
    ("2.3", ">=2.4.0", False),
    ("5.0.0", "<5.0.0", False),
    ("5", "<=5.0.0", True),
    ("4.3", "==4.3.3", True),
    ("4.3.4", "==4.3.3", False),
    ("3.6.6", ">=3.6.3,<4", True),
    ("3.6.2", ">=3.6.3", False),
    ("3.10.0", ">=3.6.3", True),
    ("4.0.0", ">=4", True),
    ("3.6.5", ">=3.3.0,<3.6.6 or ==4.0.0", True),
    ("3.6.6", ">=3.3.0,<3.6.6 or ==4.0.0", False),
    ("4.0.0", ">=3.3.0,<3.6.6 or ==4.0.0", True),
    ("4.1.0", ">=3.3.0,<3.6.6 or ==4.0.0", False),
]


@pytest.mark.parametrize(("version", "words", "expected"), RANGES)
def test_ranges(version: str, words: str, expected: bool) -> None:
    assert in_range(parse_version(version), words) is expected


def test_a_wrong_range_is_an_error() -> None:
    with pytest.raises(ValueError, match="expected =="):
        in_range((1,), "~1")


def test_every_entry_is_whole() -> None:
    seen = set()
    for entry in entries():
        assert entry.id not in seen
        seen.add(entry.id)
        assert entry.ranges
        assert entry.summary
        assert entry.source
        for words in entry.ranges.values():
            in_range((3, 6, 6), words)
        assert entry.advice or entry.effect in (Effect.WORKS, Effect.CHANGED)
    for lifetime in lifetimes():
        assert lifetime.source.startswith("https://")
        assert lifetime.end > datetime.date(2020, 1, 1)


def ids(**versions: str) -> dict[str, bool]:
    return {
        entry.id: sure for entry, sure in applying({name: parse_version(words) for name, words in versions.items()})
    }


UNFIXED = ["4.1.6", "4.3.3", "4.3.4", "4.4.0", "5.0.0"]


@pytest.mark.parametrize("lws", UNFIXED)
def test_no_release_up_to_5_0_0_sends_the_name_with_the_skip_flag(lws: str) -> None:
    assert ids(lws=lws, mbedtls="3.6.6")["sni-with-skip-flag"] is True


def test_the_flag_is_no_cause_of_a_missing_name_on_openssl() -> None:
    found = ids(lws="4.3.3", openssl="3.0")
    assert "sni-with-skip-flag" not in found
    assert found["skip-flag-openssl"] is True
    assert "lws-433-openssl-30" in found


def test_pairs_that_do_not_work_are_said() -> None:
    assert "skip-flag-refused" in ids(lws="4.3.3", mbedtls="3.6.6")
    assert "skip-flag-refused" not in ids(lws="4.3.3", mbedtls="3.4.0")
    assert "first-with-mbedtls-3" in ids(lws="4.2.0", mbedtls="3.4.0")
    assert "mbedtls-4-too-new" in ids(lws="4.3.3", mbedtls="4.1.0")
    assert "lws5-mbedtls-36" in ids(lws="5.0.0", mbedtls="3.6.6")


def test_what_depends_on_a_version_not_given_is_not_certain() -> None:
    found = ids(lws="4.3.3")
    assert found["sni-with-skip-flag"] is False
    assert found["host-unset"] is True


def test_what_breaks_comes_first() -> None:
    effects = [entry.effect for entry, _ in applying({"lws": (5, 0, 0), "mbedtls": (3, 6, 6)})]
    assert effects == sorted(effects, key=list(Effect).index)
    assert effects[0] is Effect.BREAKS


# What is known of Mbed TLS alone, by version: defects and what changed.
OF_MBEDTLS = {
    "2.28.3": {"mbedtls-no-ip-san", "mbedtls-no-name"},
    "3.4.0": {"mbedtls-no-ip-san", "mbedtls-no-name", "mbedtls-verify-callback", "mbedtls-both-versions"},
    "3.6.0": {
        "mbedtls-tls13",
        "mbedtls-ip-san",
        "mbedtls-no-name",
        "mbedtls-verify-callback",
        "mbedtls-resumption-retry",
    },
    "3.6.5": {"mbedtls-resumption-retry", "mbedtls-signature-algorithms", "mbedtls-version-confusion"},
    "3.6.6": {"mbedtls-rsa-pss", "mbedtls-version-confusion", "mbedtls-ticket-confusion", "mbedtls-no-name-refused"},
    "3.6.7": {"mbedtls-version-confusion", "mbedtls-ticket-confusion", "mbedtls-retry-sni"},
    "3.6.8": {"mbedtls-tls13", "mbedtls-ip-san", "mbedtls-no-name-refused"},
    "4.0.0": {"mbedtls-4-api", "mbedtls-4-dhe", "mbedtls-resumption-retry", "mbedtls-signature-algorithms"},
    "4.1.0": {"mbedtls-rsa-pss", "mbedtls-ticket-confusion"},
    "4.3.0": {"mbedtls-4-api", "mbedtls-4-dhe"},
}
FIXED = {
    "3.6.1": {"mbedtls-verify-callback"},
    "3.5.0": {"mbedtls-no-ip-san", "mbedtls-both-versions"},
    "3.6.6": {"mbedtls-resumption-retry", "mbedtls-signature-algorithms"},
    "3.6.7": {"mbedtls-rsa-pss"},
    "3.6.8": {"mbedtls-version-confusion", "mbedtls-ticket-confusion", "mbedtls-retry-sni"},
    "4.1.0": {"mbedtls-resumption-retry", "mbedtls-signature-algorithms"},
    "4.1.2": {"mbedtls-version-confusion", "mbedtls-ticket-confusion", "mbedtls-retry-sni", "mbedtls-rsa-pss"},
    "4.3.0": {"mbedtls-version-confusion", "mbedtls-ticket-confusion", "mbedtls-retry-sni"},
}


@pytest.mark.parametrize("version", OF_MBEDTLS)
def test_what_holds_for_a_version_of_mbedtls(version: str) -> None:
    assert OF_MBEDTLS[version] <= {name for name, sure in ids(mbedtls=version).items() if sure}


@pytest.mark.parametrize("version", FIXED)
def test_what_a_version_of_mbedtls_fixed(version: str) -> None:
    assert not FIXED[version] & ids(mbedtls=version).keys()


LIVES = [
    ("openssl", "3.0.19", "2026-09-07"),
    ("openssl", "1.1.1w", "2023-09-11"),
    ("mbedtls", "3.6.6", "2027-03-31"),
    ("mbedtls", "4.1.0", "2029-03-31"),
    ("mbedtls", "2.28.3", "2025-03-31"),
    ("mbedtls", "3.4.0", "2024-03-28"),
]


@pytest.mark.parametrize(("library", "version", "end"), LIVES)
def test_end_of_life(library: str, version: str, end: str) -> None:
    found = end_of_life(library, parse_version(version))
    assert found is not None
    assert found.end.isoformat() == end


def test_an_unknown_series_has_no_end() -> None:
    assert end_of_life("openssl", (9, 9)) is None


@given(
    st.lists(st.integers(0, 999), min_size=1, max_size=4),
    st.sampled_from(["", "v"]),
    st.sampled_from(["", "-stable", " "]),
)
def test_a_version_is_read_back(numbers: list[int], before: str, behind: str) -> None:
    assert parse_version(before + ".".join(map(str, numbers)) + behind) == tuple(numbers)


@pytest.mark.parametrize("words", ["", "latest", "-1", ".3", "v"])
def test_what_is_no_version_is_an_error(words: str) -> None:
    with pytest.raises(ValueError, match="expected a version"):
        parse_version(words)


def test_the_page_of_mbedtls_is_written_from_the_table() -> None:
    tool = runpy.run_path(str(Path(__file__).parents[3] / "tools" / "mbedtls-facts.py"))
    text = tool["TARGET"].read_text(encoding="utf-8")
    assert text == tool["page"](text)
    assert "CVE-2026-25834" in text
