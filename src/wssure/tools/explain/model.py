"""The data types of text recognition: a rule of a library, a hit of the rule in a text, and a candidate cause."""

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from wssure.evidence import Confidence
from wssure.frozen import frozen

CLIENT: Final = "client"
SERVER: Final = "server"
# The symptom of a known line that reports no failure.
NOTHING: Final = "nothing"
# The maximum distance between two parts of a pattern. Without a limit, a line that repeats the first part without the
# second takes time quadratic in its length.
_GAP: Final = ".{0,300}"


@frozen
class Rule:
    """One text of one library, and the symptom that it reports.

    Args:
        pattern: The pattern to search for in a line.
        symptom: A key of the table of symptoms; `{1}` is replaced by the first group of the pattern, lower-cased.
        side: The side that wrote the line: `client`, `server`, or "" for the library's default.
    """

    pattern: re.Pattern[str]
    symptom: str
    side: str = ""


def rules(texts: Mapping[str, str]) -> tuple[Rule, ...]:
    """Compile the texts of a library, in their order."""
    made = []
    for pattern, symptom in texts.items():
        symptom, _, side = symptom.partition("@")
        made.append(Rule(re.compile(pattern.replace(".*", _GAP), re.IGNORECASE), symptom, side))
    return tuple(made)


@frozen
class Library:
    """The texts of one library. Each has its own file, and no other file recognises its texts.

    Args:
        name: The name for messages.
        texts: Symptoms by pattern, the most specific first; the first match in a line is used. `SYMPTOM@SIDE` if the text tells its
            writer. A pattern ignores case, and `.*` in it matches at most 300 characters.
        mark: A pattern that identifies this program as the writer of a line, even if the text is another library's.
            None for none.
        fixes: Fixes in this stack's terms, by cause; `CAUSE@SIDE` for the side other than the default.
        side: The side that usually writes such lines.
        kind: The TLS library's name as in `--tls`, `lws` for libwebsockets, else ""; the context can raise its rank.
        only_marked: True if other programs have the same texts. They then count only in texts that contain its mark.
    """

    name: str
    texts: Mapping[str, str]
    mark: re.Pattern[str] | None = None
    fixes: Mapping[str, str] = field(default_factory=dict)
    side: str = CLIENT
    kind: str = ""
    only_marked: bool = False

    @property
    def is_program(self) -> bool:
        """True for a program or client library, False for a TLS library used by one."""
        return self.kind in ("", "lws")


@frozen
class Context:
    """Further knowledge of the user.

    Args:
        tls: The TLS library, such as `mbedtls`; "" if unknown.
        lws: The version of libwebsockets; "" if unknown.
        side: The writer of the log, `client` or `server`; "" if unknown.
    """

    tls: str = ""
    lws: str = ""
    side: str = ""


@frozen
class Hit:
    """A match of a rule in a line.

    Args:
        library: The library of the rule.
        symptom: A key of the table of symptoms.
        side: The side that wrote the line.
        number: The line number, from 1.
        line: The text of the line.
        writers: The writers, identified by this or nearby lines, the program first.
    """

    library: Library
    symptom: str
    side: str
    number: int
    line: str
    writers: tuple[Library, ...] = ()


@frozen
class Candidate:
    """One possible cause of a text.

    Args:
        cause: Its stable id.
        confidence: The confidence in the cause.
        why: The part of the text that supports it.
        library: The writer of the text, such as `Node.js (OpenSSL)`.
        side: `client` or `server`.
        probe: The experiment that decides; None if none is known.
        fix: The fix, in that stack's terms.
        line: The number of the supporting line, from 1.
        said: That line, with secrets removed.
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
        """Return the JSON object for `wssure explain TEXT --json`."""
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
