"""Check a name against a certificate, in addition to the library's check: subjectAltName only, whole-label wildcards.

Source: RFC 9525 section 6 (which replaced RFC 6125).
"""

import ipaddress
from functools import lru_cache

from wssure.name import DnsName, IpName
from wssure.text import printable
from wssure.wire.decode import DecodeError
from wssure.wire.x509 import Certificate, decode_certificate


def check_name(server_name: DnsName | IpName, certificate: Certificate) -> bool:
    """Return True if a certificate is valid for a name. The common name is never used.

    Args:
        server_name: The name to verify.
        certificate: The peer's own certificate, decoded.

    Source: RFC 9525 section 6.3 (DNS names) and 6.4 (IP addresses).
    """
    if isinstance(server_name, IpName):
        wanted = ipaddress.ip_address(server_name.ip)
        return any(_address(text) == wanted for text in certificate.ip_addresses)
    return any(_matches(pattern, server_name.name) for pattern in certificate.dns_names)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _matches(pattern: str, name: str) -> bool:
    """Return True if one DNS SAN matches a normalised name."""
    # RFC 9525 section 6.3: "comparing ... the set of domain name labels using a case-insensitive ASCII comparison".
    if not pattern.isascii():
        return False
    pattern = pattern.lower()
    if pattern == name:
        return True
    # RFC 9525 section 6.3: "The wildcard character ... appears only as the content of the left-most label" and "only
    # matches a single label".
    if not pattern.startswith("*."):
        return False
    rest = pattern[2:]
    first, _, parent = name.partition(".")
    # A wildcard for a whole top-level domain (*.net) matches no name: no public CA may issue one, and OpenSSL refuses
    # it.
    return bool(first) and "*" not in rest and "." in rest and parent == rest


def presented_names(certificate: Certificate) -> list[str]:
    """Return the names in a certificate, safe to print: DNS names, then IP addresses."""
    return [printable(name) for name in (*certificate.dns_names, *certificate.ip_addresses)]


def lacks_names(der: bytes) -> bool:
    """Return True if a certificate (DER) has no subjectAltName; False if it cannot be decoded."""
    try:
        return not decode_certificate(der).has_san
    except DecodeError:
        return False


@lru_cache(maxsize=256)
def name_defect(server_name: DnsName | IpName, der: bytes | None) -> tuple[str, str] | None:
    """Return the mismatch of a certificate (DER) and a name as (flag, text); None if the certificate is valid for it.

    The result is cached: a client that reconnects gets the same certificate again.
    """
    if der is None:
        return "other", "the peer sent no certificate"
    try:
        certificate = decode_certificate(der)
    except DecodeError as error:
        return "other", f"the certificate cannot be read: {error}"
    if check_name(server_name, certificate):
        return None
    if not certificate.has_san:
        return "no-san", "the certificate has no subjectAltName"
    flag = "ip-mismatch" if isinstance(server_name, IpName) else "hostname"
    return flag, f"the certificate is not for {server_name}"
