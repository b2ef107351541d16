"""The values of reading an error text: a rule of one library, a hit of it in a text, and a candidate cause."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from wssure.evidence import Confidence

__all__ = ["CLIENT", "NOTHING", "SERVER", "Candidate", "Context", "Hit", "Library", "Rule", "rule"]

CLIENT: Final = "client"
SERVER: Final = "server"
# The symptom of a line that a rule knows and that reports no failure.
NOTHING: Final = "nothing"
# How far apart two parts of one wording stand at most. Without a limit, a line that repeats the first part and lacks the
# second one takes time that is quadratic in its length.
_GAP: Final = ".{0,300}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One wording of one library, and the symptom it reports.

    Args:
        pattern: What to search for in a line.
        symptom: A key of the table of symptoms; `{1}` stands for the pattern's first group, lower-cased.
        side: Which side wrote the line: `client`, `server`, or "" for the library's own default.
    """

    pattern: re.Pattern[str]
    symptom: str
    side: str = ""


def rule(pattern: str, symptom: str, side: str = "") -> Rule:
    """Return a rule; the pattern ignores case, and its `.*` stands for at most 300 characters."""
    return Rule(re.compile(pattern.replace(".*", _GAP), re.IGNORECASE), symptom, side)


@dataclass(frozen=True, slots=True)
class Library:
    """One library's way of writing: each has its own file, and no other file reads its texts.

    Args:
        name: As people call it.
        rules: Its wordings, the most telling first; in a line the first that is found counts.
        mark: What shows that this program wrote a line, also where the words are another library's. None for none.
        fixes: What to do, in this stack's terms, by cause; `CAUSE@SIDE` for the side that it is not mostly.
        side: Which side mostly writes such lines.
        kind: The TLS library's name as `--tls` takes it, `lws` for libwebsockets, "" else; lets the context raise it.
        only_marked: True where its words are others' too: then they count only in texts that bear its mark somewhere.
    """

    name: str
    rules: tuple[Rule, ...]
    mark: re.Pattern[str] | None = None
    fixes: Mapping[str, str] = field(default_factory=dict)
    side: str = CLIENT
    kind: str = ""
    only_marked: bool = False

    @property
    def is_program(self) -> bool:
        """Whether it is a program or client library, not a TLS library below one."""
        return self.kind in ("", "lws")


@dataclass(frozen=True, slots=True)
class Context:
    """What the user knows besides the text.

    Args:
        tls: The TLS library, such as `mbedtls`; "" if unknown.
        lws: libwebsockets' version; "" if unknown.
        side: `client` or `server`: whose log it is; "" if unknown.
    """

    tls: str = ""
    lws: str = ""
    side: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule found in a line.

    Args:
        library: Whose wording it is.
        symptom: A key of the table of symptoms.
        side: Which side wrote the line.
        number: The line's, from 1.
        line: Its text.
        writers: Those that the line, or the lines around it, show to have written it, the program first.
    """

    library: Library
    symptom: str
    side: str
    number: int
    line: str
    writers: tuple[Library, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One cause that a text allows.

    Args:
        cause: Its stable id.
        confidence: How sure.
        why: What in the text speaks for it.
        library: Who wrote the text, such as `Node.js (OpenSSL)`.
        side: `client` or `server`.
        probe: The experiment that decides; None where none is known.
        fix: What to do, in that stack's terms.
        line: The number of the line that speaks for it, from 1.
        said: That line, without the secrets it may hold.
    """

    cause: str
    confidence: Confidence
    why: str
    library: str
    side: str
    probe: str | None
    fix: str
    line: int = 1
    said: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the object of `wssure explain TEXT --json`."""
        return {
            "cause": self.cause,
            "confidence": self.confidence.value,
            "why": self.why,
            "library": self.library,
            "side": self.side,
            "probe": self.probe,
            "fix": self.fix,
            "line": self.line,
        }
