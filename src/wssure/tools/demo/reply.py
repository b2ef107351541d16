"""Describe a TLS server's reply to a replayed ClientHello in one line: a certificate, an alert, or nothing."""

from wssure.text import printable
from wssure.tls.record_log import RecordLog
from wssure.wire.alert import Alert
from wssure.wire.decode import DecodeError
from wssure.wire.flight import decode_certificate_message
from wssure.wire.handshake import CERTIFICATE, HandshakeMessage
from wssure.wire.x509 import decode_certificate


def describe_reply(data: bytes, ended: str) -> str:
    """Describe the reply of the server.

    Args:
        data: The bytes it sent.
        ended: The end of the connection: `eof`, `reset`, `timeout` or `limit`.
    """
    if not data:
        return {"eof": "closed without an alert", "reset": "reset the connection"}.get(ended, "sent nothing")
    record_log = RecordLog()
    for item in (*record_log.feed(data), *record_log.catch_up()):
        if isinstance(item, Alert):
            return f"alert {item.number} ({item.name})"
        if isinstance(item, HandshakeMessage) and item.type == CERTIFICATE:
            try:
                leaf = decode_certificate(decode_certificate_message(item.raw)[0])
            except (DecodeError, IndexError):
                break
            return f"certificate for {printable(', '.join(leaf.dns_names) or leaf.subject)}"
    kind = "that are no TLS" if record_log.damaged else "without a certificate that can be read"
    return f"answered {len(data)} bytes {kind}"
