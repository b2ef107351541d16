"""What a TLS server said to a replayed ClientHello, in one line: a certificate, an alert, or nothing."""

from __future__ import annotations

from wssure.endpoint import printable
from wssure.wire import record
from wssure.wire.alert import decode_alert
from wssure.wire.decode import DecodeError
from wssure.wire.flight import decode_certificate_message
from wssure.wire.handshake import CERTIFICATE, HandshakeReader
from wssure.wire.x509 import decode_certificate

__all__ = ["describe_reply"]


def describe_reply(data: bytes, ended: str) -> str:
    """Return what the server answered.

    Args:
        data: The bytes it sent.
        ended: How the connection ended: `eof`, `reset`, `timeout` or `limit`.
    """
    if not data:
        return {"eof": "closed without a word", "reset": "reset the connection"}.get(ended, "kept silent")
    try:
        return _first_telling(data)
    except DecodeError as error:
        return f"answered {len(data)} bytes that are no TLS: {printable(str(error))}"


def _first_telling(data: bytes) -> str:
    messages = HandshakeReader()
    for one in record.RecordReader().feed(data):
        if one.type == record.ALERT:
            alert = decode_alert(one.payload)
            return f"alert {alert.number} ({alert.name})"
        if one.type != record.HANDSHAKE:
            break
        for message in messages.feed(one.payload):
            if message.type == CERTIFICATE:
                leaf = decode_certificate(decode_certificate_message(message.raw)[0])
                return f"certificate for {printable(', '.join(leaf.dns_names) or leaf.subject)}"
    return f"answered {len(data)} bytes, no certificate that can be read"
