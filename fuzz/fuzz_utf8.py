"""Fuzz target: text in pieces, compared with the result of Python's own decoder."""

from __future__ import annotations

import codecs

from wssure.protocol.utf8 import Utf8Check
from wssure.wire.builder import ByteBuilder


def TestOneInput(data: bytes) -> None:  # noqa: N802
    """Invalid text is refused at the first wrong byte, at the latest in the piece in which Python refuses it."""
    if not data:
        return
    step, text = 1 + data[0] % 7, data[1:]
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    check, body = Utf8Check(), ByteBuilder()
    seen = ""
    for at in range(0, len(text), step):
        body.append_bytes(text[at : at + step])
        if not check.advance(body):
            # Python waits for one more byte at a surrogate; it refuses the text in the end.
            assert "\ufffd" in text.decode("utf-8", "replace")
            return
        seen += decoder.decode(text[at : at + step])
    unfinished = bool(decoder.getstate()[0])
    assert check.at_boundary() is not unfinished
    if not unfinished:
        assert body.text() == seen


if __name__ == "__main__":
    from harness import main

    main(TestOneInput)
