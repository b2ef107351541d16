"""Check a certificate path against its name constraints, for a library without support for that extension.

The work is limited: hostile certificates may contain thousands of names and thousands of constraints, so comparisons
are counted. A path that cannot be decoded, or that exceeds the limit, is refused.

Source: RFC 5280 section 4.2.1.10.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from wssure.frozen import frozen
from wssure.text import printable
from wssure.wire.decode import DecodeError
from wssure.wire.name_constraints import NameConstraints, Subtree
from wssure.wire.x509 import NAME_CONSTRAINTS, Certificate, canonical_name, decode_certificate, decode_name

# A hundred names below a CA with a few hundred constraints need some ten thousand; this many take about 50 ms.
MAX_COMPARISONS: Final = 2**16
# The cost of reading one byte of a directory name, in comparisons.
_READING: Final = 3
_SECTION: Final = "RFC 5280 section 4.2.1.10"
# The contents of the extension's identifier (2.5.29.30), without tag and length, for a quick test that no certificate
# has it.
_IDENTIFIER: Final = bytes.fromhex("551d1e")
_SHOWN: Final = 5
# The tags of GeneralName. Source: RFC 5280 section 4.2.1.6.
_EMAIL: Final = 0x81
_DNS: Final = 0x82
_DIRECTORY: Final = 0xA4
_URI: Final = 0x86
_IP: Final = 0x87
_MAX_DNS: Final = 253
_LABELS = r"(?:[a-z0-9_*-]{1,63}\.)*[a-z0-9_*-]{1,63}"
_DNS_NAME = re.compile(rf"\A{_LABELS}")
_DNS_BASE = re.compile(rf"\A(?:\.?{_LABELS}|)")
# A host name of at least two labels, in any case: only such a common name counts as a DNS name.
_COMMON_NAME = re.compile(rf"(?=[^.]+\.){_LABELS}", re.IGNORECASE)
_URI_HOST = re.compile(
    r"[a-z][a-z0-9+.-]*://(?:[^@/?#]*@)?([^@:/?#\[\]]+)(?::[0-9]*)?(?:[/?#].*)?", re.IGNORECASE | re.DOTALL
)


class _Refused(Exception):
    """A certificate of the path breaks a constraint, or the constraint cannot be checked."""


@frozen
class _Form:
    """The functions for one form of name: read a name, read a subtree, compare both.

    Args:
        title: The name of the form, for messages.
        read: Reads a name.
        read_base: Reads the base of a subtree.
        within: Returns True if a name (first) is in a subtree (second).
        reaches: The same for an excluded subtree: True if the name, as a pattern, matches a name in it.
        show: Formats a base for messages.
    """

    title: str
    read: Callable[[bytes], Any]
    read_base: Callable[[bytes], Any]
    within: Callable[[Any, Any], bool]
    reaches: Callable[[Any, Any], bool]
    show: Callable[[bytes], str]


def constraint_defect(
    path: Sequence[bytes], *, common_name: bool = False, max_comparisons: int = MAX_COMPARISONS
) -> tuple[int, str] | None:
    """Check every certificate of a path against the name constraints of its issuers.

    Args:
        path: DER of the certificates, the peer's own first and the trust anchor last. The constraints of the anchor
            apply, too.
        common_name: True if common names of the peer's own certificate count as DNS names when it has no others.
        max_comparisons: The limit on names times constraints; a path above it is refused.

    Returns:
        The depth of the refused certificate and the reason, safe to print; None if the path is accepted.

    Source: RFC 5280 section 4.2.1.10 and 6.1.3 (b), (c).
    """
    if not any(_IDENTIFIER in der for der in path):
        return None
    certificates: list[Certificate] = []
    for depth, der in enumerate(path):
        try:
            certificates.append(decode_certificate(der))
        except DecodeError as error:
            return depth, f"name constraints: the certificate cannot be read: {error}"
    return _check_path(certificates, common_name, _Budget(max_comparisons))


def _check_path(certificates: list[Certificate], common_name: bool, budget: _Budget) -> tuple[int, str] | None:
    if not any(NAME_CONSTRAINTS in certificate.form.extensions for certificate in certificates[1:]):
        return None
    for depth in range(len(certificates) - 1, -1, -1):
        certificate = certificates[depth]
        if certificate.flaws:
            # A malformed list of names reads as empty and would satisfy every constraint.
            return depth, f"name constraints: an extension is broken: {certificate.flaws[0]}"
        # RFC 5280 section 6.1.3 (b): "If certificate i is self-issued and it is not the final certificate in the path,
        # skip this step".
        if depth > 0 and certificate.self_issued:
            continue
        names = _names(certificate, common_name and depth == 0)
        for issuer in reversed(certificates[depth + 1 :]):
            constraints = issuer.name_constraints
            try:
                if constraints is not None:
                    _check_names(names, constraints, budget)
            except (_Refused, DecodeError) as refusal:
                return depth, f'name constraints of the CA "{printable(issuer.subject)}": {refusal}'
    return None


class _Budget:
    """Counts the remaining comparisons.

    Args:
        left: Number of comparisons left.
    """

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise _Refused("the path holds more names and constraints than are compared")


def _names(certificate: Certificate, common_name: bool) -> dict[int, list[bytes]]:
    """Return the names of a certificate to which constraints apply, by form."""
    by_tag: dict[int, list[bytes]] = {}
    # An empty subject is a SEQUENCE without contents: RFC 5280 section 6.1.3 (b) has nothing to check in it.
    if certificate.subject:
        by_tag[_DIRECTORY] = [certificate.subject_der]
    for tag, name in certificate.general_names:
        by_tag.setdefault(tag, []).append(name)
    # RFC 5280 section 4.2.1.10: the constraint for rfc822Name is applied to the subject's emailAddress.
    by_tag.setdefault(_EMAIL, []).extend(email.encode("utf-8", "surrogatepass") for email in certificate.emails)
    if common_name and _DNS not in by_tag:
        # All of them: an application may use any. One with a NUL may be truncated there, so it is included and refused.
        names = [name for name in certificate.common_names if "\0" in name or _COMMON_NAME.fullmatch(name)]
        by_tag[_DNS] = [name.encode("utf-8", "surrogatepass") for name in names]
    return by_tag


def _check_names(names: dict[int, list[bytes]], constraints: NameConstraints, budget: _Budget) -> None:
    """Compare names with the constraints of one CA; raises `_Refused`."""
    for tag, of_form in names.items():
        budget.spend(len(constraints.permitted) + len(constraints.excluded))
        permitted = [subtree for subtree in constraints.permitted if subtree.tag == tag]
        excluded = [subtree for subtree in constraints.excluded if subtree.tag == tag]
        if not of_form or not (permitted or excluded):
            continue
        form = _FORMS.get(tag)
        if form is None:
            # "the application MUST either process the constraint or reject the certificate": none of these forms is processed.
            raise _Refused(f"they limit a form of name (tag 0x{tag:02x}) that cannot be compared")
        if any(subtree.bounded for subtree in (*permitted, *excluded)):
            raise _Refused("they hold a minimum or a maximum, which no certificate may have")
        budget.spend(len(of_form) * (len(permitted) + len(excluded)))
        if tag == _DIRECTORY:
            # Reading a directory name is far more expensive than comparing it.
            read = (*of_form, *(subtree.base for subtree in (*permitted, *excluded)))
            budget.spend(_READING * sum(map(len, read)))
        _check_form(form, of_form, permitted, excluded)


def _check_form(form: _Form, names: list[bytes], permitted: list[Subtree], excluded: list[Subtree]) -> None:
    inside = [form.read_base(subtree.base) for subtree in permitted]
    outside = [form.read_base(subtree.base) for subtree in excluded]
    for name in names:
        value = form.read(name)
        if any(form.reaches(value, base) for base in outside):
            raise _Refused(f"{form.title} {form.show(name)} is excluded ({_format_names(form, excluded)})")
        if inside and not any(form.within(value, base) for base in inside):
            raise _Refused(
                f"{form.title} {form.show(name)} is not among the permitted ({_format_names(form, permitted)})"
            )


def _format_names(form: _Form, subtrees: list[Subtree]) -> str:
    shown = ", ".join(form.show(subtree.base) for subtree in subtrees[:_SHOWN])
    return f"{shown} and {len(subtrees) - _SHOWN} more" if len(subtrees) > _SHOWN else shown


def _refuse_name(name: bytes) -> DecodeError:
    return DecodeError(f'"{_show_text(name)}" cannot be compared', 0, _SECTION)


def _show_text(name: bytes) -> str:
    return printable(name.decode("latin-1")) or "every name"


# DNS names.


def _read_dns(name: bytes, pattern: re.Pattern[str] = _DNS_NAME) -> str:
    text = name.decode("latin-1").lower()
    if len(text) > _MAX_DNS or not pattern.fullmatch(text):
        raise _refuse_name(name)
    return text


def _read_dns_base(name: bytes) -> str:
    return _read_dns(name, _DNS_BASE)


def _dns_within(name: str, base: str) -> bool:
    # "Any DNS name that can be constructed by simply adding zero or more labels to the left-hand side of the name satisfies
    # the name constraint". A base that begins with a dot, as written by older CAs, needs at least one more label.
    if not base or name == base:
        return True
    return name.endswith(base if base.startswith(".") else f".{base}")


def _dns_reaches(name: str, base: str) -> bool:
    # A wildcard matches every name one label longer than its parent. If one of these is excluded, the wildcard is
    # refused.
    return _dns_within(name, base) or (name.startswith("*.") and base.partition(".")[2] == name[2:] and base[0] != ".")


# IP addresses.


def _read_ip(name: bytes) -> bytes:
    if len(name) not in (4, 16):
        raise _refuse_name(name)
    return name


def _read_ip_base(base: bytes) -> tuple[int, int, int]:
    """Return (size of an address, network, mask)."""
    if len(base) not in (8, 32):
        raise _refuse_name(base)
    size = len(base) // 2
    mask = int.from_bytes(base[size:], "big")
    return size, int.from_bytes(base[:size], "big") & mask, mask


def _ip_within(name: bytes, base: tuple[int, int, int]) -> bool:
    size, network, mask = base
    return len(name) == size and int.from_bytes(name, "big") & mask == network


def _show_ip(data: bytes) -> str:
    if len(data) in (4, 16):
        # An IPv6 network of two times 16 bytes is distinguished from addresses by its length, 32.
        return str(ipaddress.ip_address(data))
    size = len(data) // 2
    return f"{ipaddress.ip_address(data[:size])}/{int.from_bytes(data[size:], 'big').bit_count()}"


# Directory names: "applied to ... the subject field", compared part by part from the most general one.


def _directory_within(name: tuple[Any, ...], base: tuple[Any, ...]) -> bool:
    return name[: len(base)] == base


# Email addresses and URIs.


def _read_host(whole: bytes, host: str, pattern: re.Pattern[str] = _DNS_NAME) -> str:
    if not host or not pattern.fullmatch(host.lower()):
        raise _refuse_name(whole)
    return host.lower()


def _read_email(name: bytes) -> str:
    local, _, host = name.decode("latin-1").rpartition("@")
    if not local or not name.isascii():
        raise _refuse_name(name)
    return f"{local}@{_read_host(name, host)}"


def _read_email_base(base: bytes) -> str:
    # A base that begins with "@", as written by some CAs, means all addresses at that host.
    local, _, host = base.decode("latin-1").rpartition("@")
    return f"{local}@{_read_host(base, host)}" if local else _read_host(base, host, _DNS_BASE)


def _email_within(name: str, base: str) -> bool:
    # "A name constraint for Internet mail addresses MAY specify a particular mailbox, all addresses at a particular host, or
    # all mailboxes in a domain".
    return name == base if "@" in base else _host_within(name.rpartition("@")[2], base)


def _host_within(host: str, base: str) -> bool:
    return host.endswith(base) if base.startswith(".") else host == base


def _read_uri(name: bytes) -> str:
    # "If ... the URI does not include an authority component, or ... the host part is not specified as a fully qualified domain
    # name (e.g., ... an IP address), then the application MUST reject the certificate."
    match = _URI_HOST.fullmatch(name.decode("latin-1"))
    host = _read_host(name, match[1] if match else "")
    if host.rpartition(".")[2].isdigit():
        raise _refuse_name(name)
    return host


def _read_uri_base(base: bytes) -> str:
    return _read_host(base, base.decode("latin-1"), _DNS_BASE)


_FORMS: Final = {
    _DNS: _Form("DNS name", _read_dns, _read_dns_base, _dns_within, _dns_reaches, _show_text),
    _IP: _Form("IP address", _read_ip, _read_ip_base, _ip_within, _ip_within, _show_ip),
    _DIRECTORY: _Form(
        "subject",
        canonical_name,
        canonical_name,
        _directory_within,
        _directory_within,
        lambda name: f'"{printable(decode_name(name))}"',
    ),
    _EMAIL: _Form("email address", _read_email, _read_email_base, _email_within, _email_within, _show_text),
    _URI: _Form("URI", _read_uri, _read_uri_base, _host_within, _host_within, _show_text),
}
