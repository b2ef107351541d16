"""Which versions work together, what changed, what breaks, and what upgrading does not fix: a table, and questions to it."""

from __future__ import annotations

import csv
import datetime
import enum
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from wssure.lint.target import Version, parse_version

__all__ = ["Effect", "Entry", "Lifetime", "applying", "end_of_life", "entries", "lifetimes"]

LIBRARIES: Final = ("lws", "mbedtls", "openssl")
NAMES: Final = {"lws": "libwebsockets", "mbedtls": "Mbed TLS", "openssl": "OpenSSL"}


class Effect(enum.StrEnum):
    """What an entry of the table says."""

    BREAKS = "breaks"
    UNFIXED = "unfixed"
    TRAP = "trap"
    CHANGED = "changed"
    WORKS = "works"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table.

    Args:
        id: Stable.
        effect: What it says.
        ranges: Versions it holds for, by library, such as `>=2.4.0,<=5.0.0`; a library that is not there does not matter.
        summary: One sentence.
        advice: What to do; empty where there is nothing to do.
        source: Where it comes from, and whether it was measured or read.
        wssure: What wssure's own backend on this library does about it; empty if nothing, so that it holds there too.
    """

    id: str
    effect: Effect
    ranges: dict[str, str]
    summary: str
    advice: str
    source: str
    wssure: str

    def holds(self, versions: dict[str, Version]) -> bool | None:
        """Return whether it holds for these versions; None where one it depends on is not given.

        Args:
            versions: By library. One TLS library given rules out the entries of the other.
        """
        unknown = False
        for library, words in self.ranges.items():
            version = versions.get(library)
            if version is not None:
                if not in_range(version, words):
                    return False
            elif library != "lws" and any(other != "lws" for other in versions):
                return False
            else:
                unknown = True
        return None if unknown else True

    @property
    def conditions(self) -> str:
        """The versions in words, such as `libwebsockets >=4.3.3, Mbed TLS >=3.6.3`."""
        return ", ".join(
            f"{NAMES[library]} {words}" if words != ">=0" else NAMES[library] for library, words in self.ranges.items()
        )

    def to_json(self) -> dict[str, Any]:
        """Return the object of the JSON interface."""
        return {
            "id": self.id,
            "effect": self.effect.value,
            "versions": dict(self.ranges),
            "summary": self.summary,
            "advice": self.advice,
            "source": self.source,
            "wssure": self.wssure,
        }


@dataclass(frozen=True, slots=True)
class Lifetime:
    """Until when a series of a library gets security fixes.

    Args:
        library: `openssl` or `mbedtls`.
        series: Such as `3.6`.
        end: The last day.
        source: Who says so.
        read: The month in which it was looked up.
    """

    library: str
    series: str
    end: datetime.date
    source: str
    read: str


def in_range(version: Version, words: str) -> bool:
    """Return whether a version lies in a range such as `>=3.6.3,<4 or ==4.1.0`; missing numbers are zeros.

    A range is compared with as many numbers as both have, so that `4.3` given is in `==4.3.3`: it may be that one.

    Raises:
        ValueError: The range is not one.
    """
    return any(
        all(_compares(version, part.strip()) for part in alternative.split(",")) for alternative in words.split(" or ")
    )


def _compares(version: Version, part: str) -> bool:
    operator = part.rstrip("0123456789.")
    bound = parse_version(part[len(operator) :])
    if operator == "==":
        length = min(len(version), len(bound))
        return version[:length] == bound[:length]
    length = max(len(version), len(bound))
    left, right = version + (0,) * (length - len(version)), bound + (0,) * (length - len(bound))
    if operator == ">=":
        return left >= right
    if operator == "<=":
        return left <= right
    if operator == "<":
        return left < right
    raise ValueError(f"got {part!r}, expected ==, >=, <= or < and a version")


def _rows(name: str) -> list[dict[str, str]]:
    text = files("wssure.lint").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


@cache
def entries() -> tuple[Entry, ...]:
    """Return the whole table."""
    return tuple(
        Entry(
            row["id"],
            Effect(row["effect"]),
            {library: row[library] for library in LIBRARIES if row[library]},
            row["summary"],
            row["advice"],
            row["source"],
            row["wssure"],
        )
        for row in _rows("compatibility.tsv")
    )


@cache
def lifetimes() -> tuple[Lifetime, ...]:
    """Return until when each series is maintained."""
    return tuple(
        Lifetime(row["library"], row["series"], datetime.date.fromisoformat(row["end"]), row["source"], row["read"])
        for row in _rows("lifetime.tsv")
    )


def applying(versions: dict[str, Version]) -> list[tuple[Entry, bool]]:
    """Return the entries that hold for these versions, and whether surely; what breaks comes first.

    Args:
        versions: By library: `lws`, `mbedtls`, `openssl`.
    """
    found = [(entry, holds is True) for entry in entries() if (holds := entry.holds(versions)) is not False]
    order = list(Effect)
    return sorted(found, key=lambda item: (order.index(item[0].effect), not item[1]))


def end_of_life(library: str, version: Version) -> Lifetime | None:
    """Return the lifetime of the series a version belongs to; None where it is not known.

    Args:
        library: `openssl` or `mbedtls`.
        version: Its numbers.
    """
    for lifetime in lifetimes():
        series = parse_version(lifetime.series)
        if lifetime.library == library and version[: len(series)] == series:
            return lifetime
    return None
