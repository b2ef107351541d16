"""What is told of bytes that are no HTTP answer."""

from __future__ import annotations

from wssure.facts import Fact, MalformedHttp, NotHttpSeen
from wssure.wire.decode import DecodeError
from wssure.wire.http import HttpError, NotHttp, ResponseReader

__all__ = ["garbage_facts", "malformed_fact"]


def malformed_fact(error: DecodeError) -> MalformedHttp:
    """Return where something broke its grammar."""
    return MalformedHttp(error.what, error.offset, error.section)


def garbage_facts(reader: ResponseReader, error: HttpError) -> tuple[Fact, ...]:
    """Return the facts of an answer that could not be read: how it begins, and the grammar it broke where it is HTTP.

    Args:
        reader: What read it.
        error: What it raised.
    """
    shown = NotHttpSeen.of(error.first if isinstance(error, NotHttp) else reader.first_bytes)
    return (shown,) if isinstance(error, NotHttp) else (shown, malformed_fact(error))
