"""Query the table of version effects: compatible versions, changes, breakages, and faults that an upgrade does not fix."""

import csv
import datetime
import enum
from functools import cache
from importlib.resources import files
from typing import Any, Final

from wssure.frozen import frozen
from wssure.tools.lint.target import Version, parse_version

LIBRARIES: Final = ("lws", "mbedtls", "openssl")
NAMES: Final = {"lws": "libwebsockets", "mbedtls": "Mbed TLS", "openssl": "OpenSSL"}


class Effect(enum.StrEnum):
    """The kind of an entry in the table."""

    BREAKS = "breaks"
    UNFIXED = "unfixed"
    TRAP = "trap"
    CHANGED = "changed"
    WORKS = "works"


@frozen
class Entry:
    """One entry of the table.

    Args:
        id: The stable id.
        effect: The kind of the entry.
        ranges: Affected versions by library, such as `>=2.4.0,<=5.0.0`; libraries without a range do not matter.
        summary: One sentence.
        advice: The action to take; empty if none is needed.
        source: The source, and if it was measured or read.
        wssure: The counter-measure in wssure's own backend on this library; empty if there is none, so that the entry
            applies there too.
    """

    id: str
    effect: Effect
    ranges: dict[str, str]
    summary: str
    advice: str
    source: str
    wssure: str

    def holds(self, versions: dict[str, Version]) -> bool | None:
        """Return True if the entry applies to these versions; None if a version it depends on is missing.

        Args:
            versions: Versions by library. A given TLS library excludes the entries of the other one.
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


@frozen
class Lifetime:
    """The end of security fixes for a series of a library.

    Args:
        library: `openssl` or `mbedtls`.
        series: The series, such as `3.6`.
        end: The last day.
        source: The publisher of the date.
        read: The month of the look-up.
    """

    library: str
    series: str
    end: datetime.date
    source: str
    read: str


def in_range(version: Version, words: str) -> bool:
    """Return True if a version is in a range such as `>=3.6.3,<4 or ==4.1.0`; missing numbers are zeros.

    Only numbers that both have are compared: `4.3` is in `==4.3.3`, because it may be that version.

    Raises:
        ValueError: The range is malformed.
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
    text = files("wssure.tools.lint").joinpath(name).read_text(encoding="utf-8")
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
    """Return the lifetimes of all series."""
    return tuple(
        Lifetime(row["library"], row["series"], datetime.date.fromisoformat(row["end"]), row["source"], row["read"])
        for row in _rows("lifetime.tsv")
    )


def applying(versions: dict[str, Version]) -> list[tuple[Entry, bool]]:
    """Return the entries that apply to these versions, each with True if it is certain; breakages come first.

    Args:
        versions: By library: `lws`, `mbedtls`, `openssl`.
    """
    matches = [(entry, holds is True) for entry in entries() if (holds := entry.holds(versions)) is not False]
    order = list(Effect)
    return sorted(matches, key=lambda item: (order.index(item[0].effect), not item[1]))


def end_of_life(library: str, version: Version) -> Lifetime | None:
    """Return the lifetime of a version's series; None if it is unknown.

    Args:
        library: `openssl` or `mbedtls`.
        version: The version numbers.
    """
    for lifetime in lifetimes():
        series = parse_version(lifetime.series)
        if lifetime.library == library and version[: len(series)] == series:
            return lifetime
    return None
