"""ClientHellos of libwebsockets 4.3.3 + Mbed TLS 3.4.0, recorded on loopback and kept as hex text with their source."""

from importlib.resources import files

__all__ = ["recording"]


def recording(name: str) -> bytes:
    """Return the bytes of a recording.

    Args:
        name: `with-sni` or `without-sni`.
    """
    text = (files(__package__) / f"{name}.hex").read_text(encoding="ascii")
    return bytes.fromhex("".join(line for line in text.splitlines() if not line.startswith("#")))
