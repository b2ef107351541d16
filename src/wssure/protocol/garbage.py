"""What is told of bytes that are no HTTP answer."""

from __future__ import annotations

from wssure.endpoint import printable
from wssure.evidence import Fact
from wssure.wire.decode import DecodeError
from wssure.wire.http import HttpError, NotHttp, ResponseReader

__all__ = ["garbage_facts", "malformed_fact"]


def malformed_fact(error: DecodeError) -> Fact:
    """Return where something broke its grammar."""
    return Fact("http.malformed", {"what": error.what, "offset": error.offset, "section": error.section})


def garbage_facts(reader: ResponseReader, error: HttpError) -> tuple[Fact, ...]:
    """Return the facts of an answer that could not be read: how it begins, and the grammar it broke where it is HTTP.

    Args:
        reader: What read it.
        error: What it raised.
    """
    first = (error.first if isinstance(error, NotHttp) else reader.first_bytes)[:64]
    shown = Fact("http.first_bytes", {"hex": first.hex(), "text": printable(first.decode("latin-1"))})
    return (shown,) if isinstance(error, NotHttp) else (shown, malformed_fact(error))
