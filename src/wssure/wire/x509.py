"""Decode the X.509 fields used in explanations: names, issuer, validity, purposes and key of a certificate.

No signature or date is verified here. The outer structure of the certificate must be correct. An extension with
malformed contents reads as empty and is listed in `Certificate.flaws`, because malformed certificates need explanations
most.
"""

import ipaddress
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from wssure.frozen import frozen
from wssure.wire import oid
from wssure.wire.decode import DecodeError
from wssure.wire.der import BOOLEAN, INTEGER, OCTET_STRING, OID, SEQUENCE, SET, Element, read_element
from wssure.wire.name_constraints import NameConstraints, read_name_constraints

# A limit of this module: certificates with the largest post-quantum signatures are well below it.
MAX_CERTIFICATE: Final = 2**18
_SECTION: Final = "RFC 5280 section 4.1"
_SAN: Final = "2.5.29.17"
_BASIC_CONSTRAINTS: Final = "2.5.29.19"
_EKU: Final = "2.5.29.37"
_KEY_USAGE: Final = "2.5.29.15"
_SUBJECT_KEY_ID: Final = "2.5.29.14"
_AUTHORITY_KEY_ID: Final = "2.5.29.35"
NAME_CONSTRAINTS: Final = "2.5.29.30"
_AIA: Final = "1.3.6.1.5.5.7.1.1"
_AIA_OCSP: Final = "1.3.6.1.5.5.7.48.1"
_AIA_ISSUERS: Final = "1.3.6.1.5.5.7.48.2"
# RFC 5280 section 4.2.1.3, by bit.
_USAGES: Final = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
# GeneralName tags: RFC 5280 section 4.2.1.6.
_DNS_NAME: Final = 0x82
_URI: Final = 0x86
_IP_ADDRESS: Final = 0x87
# The context tag of keyIdentifier: RFC 5280 section 4.2.1.1.
_KEY_IDENTIFIER: Final = 0x80
_UTC_TIME: Final = 0x17
_GENERALIZED_TIME: Final = 0x18
_ENCODINGS: Final = {0x0C: "utf-8", 0x12: "ascii", 0x13: "ascii", 0x16: "ascii", 0x1A: "ascii", 0x14: "latin-1"}
_WIDE_ENCODINGS: Final = {0x1E: "utf-16-be", 0x1C: "utf-32-be"}
_TIME = re.compile(r"(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:\.\d+)?(?:Z|([+-])(\d\d)(\d\d))\Z", re.ASCII)

_Parts = list[list[tuple[str, str, str]]]
Rdn = tuple[tuple[str, bytes], ...]


@frozen
class Form:
    """The form of a certificate: the parts that RFC 5280 has rules for and an explanation seldom needs.

    Args:
        version: 1, 2 or 3; only version 3 has extensions.
        extensions: The identifiers of the extensions, dotted.
        critical: The identifiers of the critical extensions, in order, dotted.
        path_length: How many CA certificates may stand between this one and the peer's own; None without a limit.
        key_usage: The key usages; None without the extension.
        subject_key_id: The identifier of its own key; None without a well-formed extension.
        authority_key_id: The identifier of its issuer's key; None if the certificate does not give it.
        issuer_der: The issuer, as DER of Name.
        same_algorithm: True if the signature algorithm is the same inside and outside the signed part.

    Source: RFC 5280 section 4.1 and 4.2.1.
    """

    version: int
    extensions: frozenset[str]
    critical: tuple[str, ...]
    path_length: int | None
    key_usage: frozenset[str] | None
    subject_key_id: bytes | None
    authority_key_id: bytes | None
    issuer_der: bytes
    same_algorithm: bool


@frozen
class Certificate:
    """One X.509 certificate.

    Args:
        subject: The subject, most specific part first, as in RFC 4514; "" if it is empty. Not safe to print.
        issuer: The issuer, in the same form.
        common_name: The subject's most specific CN, or None. Clients no longer match host names against it.
        has_san: True if the certificate has a subjectAltName extension, even an empty or malformed one.
        dns_names: The DNS names of that extension, unchanged.
        ip_addresses: The IP addresses of that extension, in canonical text.
        not_before: Begin of the validity.
        not_after: End of the validity.
        self_issued: True if subject and issuer are the same bytes.
        is_ca: True if basicConstraints has the CA flag.
        eku: The extended key usages, by name or dotted; empty without a restriction.
        key: Type and size of the public key, such as `RSA 2048`, `EC P-256`, `Ed25519`.
        signature: The signature algorithm, such as `sha256WithRSAEncryption`.
        aia_issuers: URLs of the issuer's certificate (authority information access).
        aia_ocsp: URLs of the OCSP responder (authority information access).
        serial: The serial number.
        spki: The public key, as DER of SubjectPublicKeyInfo.
        der: The whole certificate.
        flaws: The errors in the contents of the extensions.
        subject_der: The subject, as DER of Name.
        common_names: Every CN of the subject, the most general first.
        emails: The emailAddress attributes of the subject.
        general_names: Every name of the subjectAltName extension, as tag and contents of a GeneralName.
        name_constraints: The names for which the CA may issue certificates; None without a well-formed extension.
        form: The parts that only the formal rules and the search for a defect read.

    Source: RFC 5280 section 4.1 and 4.2.
    """

    subject: str
    issuer: str
    common_name: str | None
    has_san: bool
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    self_issued: bool
    is_ca: bool
    eku: tuple[str, ...]
    key: str
    signature: str
    aia_issuers: tuple[str, ...]
    aia_ocsp: tuple[str, ...]
    serial: int
    spki: bytes
    der: bytes
    flaws: tuple[DecodeError, ...]
    subject_der: bytes
    common_names: tuple[str, ...]
    emails: tuple[str, ...]
    general_names: tuple[tuple[int, bytes], ...]
    name_constraints: NameConstraints | None
    form: Form


def decode_certificate(der: bytes) -> Certificate:
    """Decode one certificate.

    Args:
        der: One certificate as DER.

    Raises:
        DecodeError: The bytes are not a certificate, or are longer than 256 KiB.

    Source: RFC 5280 section 4.1.
    """
    der = bytes(der)
    if len(der) > MAX_CERTIFICATE:
        raise DecodeError(f"certificate got {len(der)} bytes, expected at most {MAX_CERTIFICATE}", 0, _SECTION)
    outer = read_element(der).expect(SEQUENCE, "Certificate").children()
    _need(outer, 3, "Certificate", 0)
    fields = outer[0].expect(SEQUENCE, "TBSCertificate").children()
    # RFC 5280 section 4.1.2.1: version 1 is not encoded, and the number of version 3 is 2.
    version = 1
    if fields and fields[0].tag == 0xA0:
        version += fields.pop(0).inner().integer("version")
    _need(fields, 6, "TBSCertificate", outer[0].begin)
    serial, algorithm, issuer, validity, subject, spki = fields[:6]
    times = validity.expect(SEQUENCE, "Validity").children()
    _need(times, 2, "Validity", validity.begin)
    subject_names = _rdns(subject)
    common_names = _values(subject_names, oid.COMMON_NAME)
    extensions = _Extensions(next((field for field in fields[6:] if field.tag == 0xA3), None))
    general_names = extensions.read(_SAN, _read_san, ())
    aia = extensions.read(_AIA, _read_aia, ())
    is_ca, path_length = extensions.read(_BASIC_CONSTRAINTS, _read_basic_constraints, (False, None))
    return Certificate(
        subject=_name_text(subject_names),
        issuer=_name_text(_rdns(issuer)),
        common_name=common_names[-1] if common_names else None,
        has_san=_SAN in extensions.values,
        dns_names=tuple(name.decode("latin-1") for tag, name in general_names if tag == _DNS_NAME),
        ip_addresses=tuple(_ip_text(name) for tag, name in general_names if tag == _IP_ADDRESS),
        not_before=_time(times[0]),
        not_after=_time(times[1]),
        self_issued=subject.raw == issuer.raw,
        is_ca=is_ca,
        eku=extensions.read(_EKU, _read_eku, ()),
        key=_key_text(spki),
        signature=_algorithm(outer[1], oid.SIGNATURES)[0],
        aia_issuers=tuple(url for method, url in aia if method == _AIA_ISSUERS),
        aia_ocsp=tuple(url for method, url in aia if method == _AIA_OCSP),
        serial=serial.integer("serialNumber"),
        spki=spki.raw,
        der=der,
        name_constraints=extensions.read(NAME_CONSTRAINTS, read_name_constraints, None),
        flaws=tuple(extensions.flaws),
        subject_der=subject.raw,
        common_names=common_names,
        emails=_values(subject_names, oid.EMAIL_ADDRESS),
        general_names=general_names,
        form=Form(
            version=version,
            extensions=frozenset(extensions.values),
            critical=tuple(extensions.critical),
            path_length=path_length,
            key_usage=extensions.read(_KEY_USAGE, _read_key_usage, None),
            subject_key_id=extensions.read(
                _SUBJECT_KEY_ID, lambda value: value.expect(OCTET_STRING, "keyIdentifier").contents, None
            ),
            authority_key_id=extensions.read(_AUTHORITY_KEY_ID, _read_authority_key_id, None),
            issuer_der=issuer.raw,
            same_algorithm=algorithm.raw == outer[1].raw,
        ),
    )


def signed_part(der: bytes) -> bytes:
    """Return the signed part of a certificate, the TBSCertificate.

    Raises:
        DecodeError: The bytes are not a certificate.

    Source: RFC 5280 section 4.1.1.1.
    """
    outer = read_element(bytes(der)).expect(SEQUENCE, "Certificate").children()
    _need(outer, 3, "Certificate", 0)
    return outer[0].raw


def decode_name(der: bytes) -> str:
    """Decode a distinguished name to text, in the order and escaping of RFC 4514.

    Raises:
        DecodeError: The bytes are not a Name.

    Source: RFC 5280 section 4.1.2.4 and RFC 4514 section 2.
    """
    return _name_text(_rdns(read_element(bytes(der))))


def canonical_name(der: bytes) -> tuple[Rdn, ...]:
    """Decode a distinguished name to the form used for comparison, the most general part first.

    Case and the number of spaces are ignored. Letters outside ASCII are compared without normalisation.

    Raises:
        DecodeError: The bytes are not a Name.

    Source: RFC 5280 section 7.1.
    """
    return tuple(
        tuple(
            sorted((name, b" ".join(text.encode("utf-8", "surrogatepass").lower().split())) for name, text, _ in pairs)
        )
        for pairs in _rdns(read_element(bytes(der)))
    )


def _need(elements: list[Element], count: int, name: str, offset: int) -> None:
    if len(elements) < count:
        raise DecodeError(f"{name} got {len(elements)} values, expected {count}", offset, _SECTION)


class _Extensions:
    """The extensions of one certificate by identifier, and the errors in them."""

    def __init__(self, wrapper: Element | None) -> None:
        self.values: dict[str, Element] = {}
        self.flaws: list[DecodeError] = []
        self.critical: list[str] = []
        if wrapper is None:
            return
        for extension in wrapper.inner().expect(SEQUENCE, "Extensions").children():
            parts = extension.expect(SEQUENCE, "Extension").children()
            _need(parts, 2, "Extension", extension.begin)
            name = parts[0].oid("extnID")
            if name in self.values:
                # RFC 5280 section 4.2: "A certificate MUST NOT include more than one instance of a particular extension."
                self.flaws.append(
                    DecodeError(f"extension {name} stands twice", extension.begin, "RFC 5280 section 4.2")
                )
                continue
            if parts[1].tag == BOOLEAN and any(parts[1].contents):
                self.critical.append(name)
            self.values[name] = parts[-1].expect(OCTET_STRING, "extnValue")

    def read(self, name: str, reader: Callable[[Element], Any], absent: Any) -> Any:
        """Decode an extension with `reader`; return `absent` if it is missing or malformed."""
        if name not in self.values:
            return absent
        try:
            return reader(self.values[name].inner())
        except DecodeError as error:
            self.flaws.append(error)
            return absent


def _read_san(value: Element) -> tuple[tuple[int, bytes], ...]:
    """Decode the subjectAltName extension (RFC 5280 section 4.2.1.6)."""
    return tuple((name.tag, name.contents) for name in value.expect(SEQUENCE, "SubjectAltName").children())


def _ip_text(data: bytes) -> str:
    """Format an IP address; data of a length other than 4 or 16 bytes is no address and is shown as hex."""
    return str(ipaddress.ip_address(data)) if len(data) in (4, 16) else f"#{data.hex()}"


def _read_basic_constraints(value: Element) -> tuple[bool, int | None]:
    """Return CA flag and path length of the basicConstraints extension (RFC 5280 section 4.2.1.9)."""
    parts = value.expect(SEQUENCE, "BasicConstraints").children()
    is_ca = bool(parts) and parts[0].tag == BOOLEAN and any(parts[0].contents)
    return is_ca, parts[-1].integer("pathLenConstraint") if parts and parts[-1].tag == INTEGER else None


def _read_key_usage(value: Element) -> frozenset[str]:
    """Decode the keyUsage extension (RFC 5280 section 4.2.1.3)."""
    data = value.bits("KeyUsage")
    return frozenset(
        usage for bit, usage in enumerate(_USAGES) if bit // 8 < len(data) and data[bit // 8] & 0x80 >> bit % 8
    )


def _read_authority_key_id(value: Element) -> bytes | None:
    """Return the keyIdentifier of the authorityKeyIdentifier extension (RFC 5280 section 4.2.1.1)."""
    parts = value.expect(SEQUENCE, "AuthorityKeyIdentifier").children()
    return next((part.contents for part in parts if part.tag == _KEY_IDENTIFIER), None)


def _read_eku(value: Element) -> tuple[str, ...]:
    """Decode the extKeyUsage extension (RFC 5280 section 4.2.1.12)."""
    purposes = [part.oid("KeyPurposeId") for part in value.expect(SEQUENCE, "ExtKeyUsageSyntax").children()]
    return tuple(oid.PURPOSES.get(purpose, purpose) for purpose in purposes)


def _read_aia(value: Element) -> tuple[tuple[str, str], ...]:
    """Decode the URLs of the authorityInfoAccess extension (RFC 5280 section 4.2.2.1)."""
    urls = []
    for description in value.expect(SEQUENCE, "AuthorityInfoAccessSyntax").children():
        parts = description.expect(SEQUENCE, "AccessDescription").children()
        _need(parts, 2, "AccessDescription", description.begin)
        if parts[1].tag == _URI:
            urls.append((parts[0].oid("accessMethod"), parts[1].contents.decode("latin-1")))
    return tuple(urls)


def _time(element: Element) -> datetime:
    """Decode a UTCTime or GeneralizedTime (RFC 5280 section 4.1.2.5)."""
    text = element.contents.decode("latin-1")
    match = _TIME.match(text)
    wanted = {_UTC_TIME: 2, _GENERALIZED_TIME: 4}.get(element.tag)
    if match is None or wanted != len(match[1]):
        raise DecodeError(f"time got {text[:20]!a}, expected YYMMDDHHMMSSZ", element.begin, "RFC 5280 section 4.1.2.5")
    year = int(match[1])
    if wanted == 2:
        # RFC 5280 section 4.1.2.5.1: "Where YY is greater than or equal to 50, the year SHALL be interpreted as 19YY".
        year += 1900 if year >= 50 else 2000
    zone: timezone = UTC
    try:
        if match[7]:
            offset = timedelta(hours=int(match[8]), minutes=int(match[9]))
            zone = timezone(offset if match[7] == "+" else -offset)
        month, day, hour, minute, second = (int(match[part] or 0) for part in range(2, 7))
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise DecodeError(f"time got {text[:20]!a}: {error}", element.begin, "RFC 5280 section 4.1.2.5") from error


def _rdns(name: Element) -> _Parts:
    """Decode a Name into its parts; each part is a list of attributes (identifier, text, escaped)."""
    parts = []
    for rdn in name.expect(SEQUENCE, "Name").children():
        pairs: list[tuple[str, str, str]] = []
        for attribute in rdn.expect(SET, "RelativeDistinguishedName").children():
            both = attribute.expect(SEQUENCE, "AttributeTypeAndValue").children()
            _need(both, 2, "AttributeTypeAndValue", attribute.begin)
            pairs.append((both[0].oid("attribute type"), *_string(both[1])))
        parts.append(pairs)
    return parts


def _string(value: Element) -> tuple[str, str]:
    """Decode a directory string to plain and escaped text; any other value becomes `#` and the hex of its DER.

    Source: RFC 4514 section 2.4.
    """
    data = value.contents
    if value.tag in _WIDE_ENCODINGS:
        text = data.decode(_WIDE_ENCODINGS[value.tag], "replace")
    elif value.tag in _ENCODINGS:
        try:
            text = data.decode(_ENCODINGS[value.tag])
        except UnicodeDecodeError:
            text = data.decode("latin-1")
    else:
        text = f"#{value.raw.hex()}"
        return text, text
    return text, _escape(text)


def _name_text(parts: _Parts) -> str:
    """Format a name with the last part first (RFC 4514 section 2.1)."""
    return ",".join(
        "+".join(f"{oid.ATTRIBUTES.get(name, name)}={escaped}" for name, _, escaped in pairs)
        for pairs in reversed(parts)
    )


def _escape(text: str) -> str:
    """Escape the special characters of an attribute value (RFC 4514 section 2.4)."""
    escaped = re.sub(r'([\\"+,;<>])', r"\\\1", text).replace("\0", "\\00")
    if escaped.endswith(" "):
        escaped = escaped[:-1] + "\\ "
    return "\\" + escaped if text[:1] in ("#", " ") and text != " " else escaped


def _values(parts: _Parts, identifier: str) -> tuple[str, ...]:
    return tuple(text for pairs in parts for name, text, _ in pairs if name == identifier)


def _algorithm(element: Element, names: dict[str, str]) -> tuple[str, str, list[Element]]:
    """Decode an AlgorithmIdentifier into name, identifier and parameters."""
    parts = element.expect(SEQUENCE, "AlgorithmIdentifier").children()
    _need(parts, 1, "AlgorithmIdentifier", element.begin)
    dotted = parts[0].oid("algorithm")
    return names.get(dotted, dotted), dotted, parts[1:]


def _key_text(spki: Element) -> str:
    """Return type and size of a public key; only the type if the size cannot be read.

    Source: RFC 3279 section 2.3, RFC 5480 section 2.1.1, RFC 8410 section 3.
    """
    parts = spki.expect(SEQUENCE, "SubjectPublicKeyInfo").children()
    _need(parts, 2, "SubjectPublicKeyInfo", spki.begin)
    name, dotted, parameters = _algorithm(parts[0], oid.KEYS)
    try:
        if dotted in (oid.RSA, oid.RSA_PSS):
            key = read_element(parts[1].bits("subjectPublicKey")).expect(SEQUENCE, "RSAPublicKey").children()
            _need(key, 2, "RSAPublicKey", 0)
            return f"{name} {key[0].integer('modulus').bit_length()}"
        if dotted == oid.DSA and parameters:
            numbers = parameters[0].children()
            _need(numbers, 1, "Dss-Parms", parameters[0].begin)
            return f"{name} {numbers[0].integer('p').bit_length()}"
        if dotted == oid.EC and parameters and parameters[0].tag == OID:
            curve = parameters[0].oid("namedCurve")
            return f"{name} {oid.CURVES.get(curve, curve)}"
    except DecodeError:
        # The key is malformed, but its type is still useful.
        pass
    return name
