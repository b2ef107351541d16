"""Fuzz target: the Certificate and CertificateRequest messages of a server."""

from __future__ import annotations

from wssure.wire.decode import DecodeError
from wssure.wire.flight import decode_certificate_message, decode_certificate_request


def TestOneInput(data: bytes) -> None:  # noqa: N802
    """Only `DecodeError` is raised."""
    for tls13 in (False, True):
        try:
            decode_certificate_message(data, tls13=tls13)
        except DecodeError:
            continue
    try:
        decode_certificate_request(data)
    except DecodeError:
        return


if __name__ == "__main__":
    from harness import main

    main(TestOneInput)
