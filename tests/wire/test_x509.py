"""X.509: what we read is what the cryptography package reads; broken certificates raise only what is documented."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.certificates import (
    ATTRIBUTES,
    END,
    KEYS,
    OVERRIDES,
    PURPOSES,
    aia,
    make,
    name_of,
    san,
)

from wssure.wire.decode import DecodeError
from wssure.wire.der import Element, read_element
from wssure.wire.x509 import MAX_CERTIFICATE, decode_certificate, decode_name

DER = serialization.Encoding.DER
# cryptography escapes a lone space twice; RFC 4514 section 2.4 asks for once.
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1, max_size=12).filter(str.strip)
LABEL = st.from_regex(r"[a-z0-9]{1,10}", fullmatch=True)
HOSTS = st.lists(
    st.one_of(
        LABEL.map(lambda label: f"{label}.example.net"),
        LABEL.map(lambda label: f"*.{label}.test"),
        st.ip_addresses().map(str),
    ),
    min_size=1,
    max_size=6,
)
# RFC 5280 section 4.1.2.5: years up to 2049 as UTCTime, from 2050 on as GeneralizedTime.
DATES = st.datetimes(datetime.datetime(1951, 1, 1), datetime.datetime(9999, 12, 30)).map(
    lambda when: when.replace(microsecond=0, tzinfo=datetime.UTC)
)


@st.composite
def names(draw):
    kinds = draw(st.lists(st.sampled_from(["CN", "O", "OU", "L", "ST", "DC", "emailAddress"]), min_size=1, max_size=4))
    return name_of(*((kind, draw(LABEL) if kind in {"DC", "emailAddress"} else draw(TEXT)) for kind in kinds))


@st.composite
def certificates(draw):
    extensions = []
    if draw(st.booleans()):
        extensions.append(san(*draw(HOSTS)))
    if draw(st.booleans()):
        extensions.append(x509.BasicConstraints(ca=draw(st.booleans()), path_length=None))
    if draw(st.booleans()):
        chosen = draw(st.lists(st.sampled_from(sorted(PURPOSES)), min_size=1, unique=True))
        extensions.append(x509.ExtendedKeyUsage([PURPOSES[name] for name in chosen]))
    if draw(st.booleans()):
        extensions.append(aia(issuers=("http://ca.test/ca.der",), ocsp=("http://ocsp.test",)))
    begin, end = sorted((draw(DATES), draw(DATES)))
    subject = draw(names())
    issuer = draw(st.one_of(st.none(), names()))
    key = draw(st.sampled_from(["EC P-256", "Ed25519", "EC P-384"]))
    serial = draw(st.integers(1, 2**159 - 1))
    return make(subject, issuer, key=key, begin=begin, end=end, serial=serial, extensions=tuple(extensions))


def extension_or_none(certificate, kind):
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


@given(certificates())
def test_every_field_is_what_another_implementation_reads(made):
    found = decode_certificate(made.public_bytes(DER))
    assert found.subject == made.subject.rfc4514_string(OVERRIDES)
    assert found.issuer == made.issuer.rfc4514_string(OVERRIDES)
    common = made.subject.get_attributes_for_oid(ATTRIBUTES["CN"])
    assert found.common_name == (common[-1].value if common else None)
    assert (found.not_before, found.not_after) == (made.not_valid_before_utc, made.not_valid_after_utc)
    assert found.serial == made.serial_number
    assert found.self_issued == (made.subject == made.issuer)
    names = extension_or_none(made, x509.SubjectAlternativeName)
    assert found.has_san == (names is not None)
    assert found.dns_names == tuple(names.get_values_for_type(x509.DNSName) if names else ())
    assert found.ip_addresses == tuple(str(ip) for ip in (names.get_values_for_type(x509.IPAddress) if names else ()))
    constraints = extension_or_none(made, x509.BasicConstraints)
    assert found.is_ca == bool(constraints and constraints.ca)
    purposes = extension_or_none(made, x509.ExtendedKeyUsage)
    assert [PURPOSES[name] for name in found.eku] == list(purposes or ())
    assert found.spki == made.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    has_aia = extension_or_none(made, x509.AuthorityInformationAccess) is not None
    assert found.aia_issuers == (("http://ca.test/ca.der",) if has_aia else ())
    assert found.aia_ocsp == (("http://ocsp.test",) if has_aia else ())
    assert found.flaws == ()


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_told_by_kind_and_size(key):
    made = make(name_of(("CN", "a")), key=key)
    assert decode_certificate(made.public_bytes(DER)).key == key


SIGNATURES = [
    ("RSA 2048", hashes.SHA224(), False, "sha224WithRSAEncryption"),
    ("RSA 2048", hashes.SHA256(), False, "sha256WithRSAEncryption"),
    ("RSA 2048", hashes.SHA512(), False, "sha512WithRSAEncryption"),
    ("RSA 2048", hashes.SHA256(), True, "rsassaPss"),
    ("EC P-256", hashes.SHA384(), False, "ecdsa-with-SHA384"),
    ("DSA 2048", hashes.SHA256(), False, "dsa-with-SHA256"),
    ("Ed25519", None, False, "Ed25519"),
    ("Ed448", None, False, "Ed448"),
]


@pytest.mark.parametrize(("key", "digest", "pss", "expected"), SIGNATURES, ids=[row[3] for row in SIGNATURES])
def test_a_signature_algorithm_has_its_name(key, digest, pss, expected):
    made = make(name_of(("CN", "a")), key=key, hash_=digest, pss=pss)
    assert decode_certificate(made.public_bytes(DER)).signature == expected


def test_an_old_signature_algorithm_has_its_name():
    made = make(name_of(("CN", "a")), key="RSA 2048").public_bytes(DER)
    old = made.replace(b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05")
    assert decode_certificate(old).signature == "sha1WithRSAEncryption"


def test_a_chain_links_by_issuer_and_subject():
    root = trustme.CA()
    middle = root.create_child_ca()
    leaf = middle.issue_cert("b.example.net", "192.0.2.7")
    chain = [
        decode_certificate(x509.load_pem_x509_certificate(pem.bytes()).public_bytes(DER))
        for pem in leaf.cert_chain_pems
    ]
    top = decode_certificate(x509.load_pem_x509_certificate(root.cert_pem.bytes()).public_bytes(DER))
    assert chain[0].issuer == chain[1].subject
    assert chain[1].issuer == top.subject
    assert [item.is_ca for item in (*chain, top)] == [False, True, True]
    assert [item.self_issued for item in (*chain, top)] == [False, False, True]
    assert chain[0].dns_names == ("b.example.net",)
    assert chain[0].ip_addresses == ("192.0.2.7",)


def test_an_empty_subject_reads_as_empty():
    found = decode_certificate(make(x509.Name([]), name_of(("CN", "ca"))).public_bytes(DER))
    assert (found.subject, found.common_name) == ("", None)


def test_several_values_in_one_part_are_joined_with_plus():
    parts = x509.RelativeDistinguishedName(
        [x509.NameAttribute(ATTRIBUTES["O"], "a+b"), x509.NameAttribute(ATTRIBUTES["OU"], "c")]
    )
    name = x509.Name([parts, x509.RelativeDistinguishedName([x509.NameAttribute(ATTRIBUTES["CN"], "#x ")])])
    found = decode_name(name.public_bytes())
    assert found in {"CN=\\#x\\ ,O=a\\+b+OU=c", "CN=\\#x\\ ,OU=c+O=a\\+b"}


def attribute(value: bytes) -> bytes:
    """Return a Name of one CN whose value is that DER."""
    pair = b"\x06\x03\x55\x04\x03" + value
    pair = b"\x30" + bytes((len(pair),)) + pair
    part = b"\x31" + bytes((len(pair),)) + pair
    return b"\x30" + bytes((len(part),)) + part


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"\x1e\x04\x00a\x00b", "CN=ab"),
        (b"\x1c\x04\x00\x00\x00a", "CN=a"),
        (b"\x14\x01\xe9", "CN=é"),
        (b"\x0c\x01\xe9", "CN=é"),
        (b"\x13\x01\xe9", "CN=é"),
        (b"\x1e\x01\x00", "CN=�"),
        (b"\x03\x02\x00a", "CN=#03020061"),
        (b"\x0c\x00", "CN="),
        (b"\x0c\x01 ", "CN=\\ "),
    ],
    ids=["bmp", "universal", "t61", "bad-utf8", "bad-printable", "bad-bmp", "bits", "empty", "space"],
)
def test_a_name_in_any_string_type_reads_as_text(value, text):
    assert decode_name(attribute(value)) == text


def cut_time(der: bytes, old: bytes, new: bytes) -> bytes:
    assert len(old) == len(new)
    assert old in der
    return der.replace(old, new)


SIMPLE = make(name_of(("CN", "a")), extensions=(san("a.test"),)).public_bytes(DER)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (b"\x17\x0d3001010000-100"[:1] + b"\x0d300101000000Z", END),
        (b"\x17\x0d491231235959Z", datetime.datetime(2049, 12, 31, 23, 59, 59, tzinfo=datetime.UTC)),
        (b"\x17\x0d500101000000Z", datetime.datetime(1950, 1, 1, tzinfo=datetime.UTC)),
    ],
    ids=["same", "last-of-2000", "first-of-1900"],
)
def test_two_digit_years_turn_at_fifty(new, expected):
    assert decode_certificate(cut_time(SIMPLE, b"\x17\x0d300101000000Z", new)).not_after == expected


@pytest.mark.parametrize(
    "new",
    [
        b"\x17\x0d301301000000Z",
        b"\x17\x0d300101000060Z",
        b"\x17\x0dxx0101000000Z",
        b"\x18\x0d300101000000Z",
        b"\x04\x0d300101000000Z",
    ],
    ids=["month-13", "second-60", "letters", "wrong-type", "no-time"],
)
def test_an_impossible_time_is_a_decode_error(new):
    with pytest.raises(DecodeError, match="time got") as caught:
        decode_certificate(cut_time(SIMPLE, b"\x17\x0d300101000000Z", new))
    assert caught.value.section == "RFC 5280 section 4.1.2.5"


def test_a_broken_extension_reads_as_empty_and_is_a_flaw():
    broken = SIMPLE.replace(b"\x82\x06a.test", b"\x82\x46a.test")
    found = decode_certificate(broken)
    assert found.has_san
    assert found.dns_names == ()
    assert [flaw.section for flaw in found.flaws] == ["X.690 section 8.1"]
    assert found.common_name == "a"


def sequence(body: bytes) -> bytes:
    return b"\x30\x82" + len(body).to_bytes(2, "big") + body


def test_an_extension_that_stands_twice_is_read_once_and_is_a_flaw():
    two = make(name_of(("CN", "a")), extensions=(san("a.test"), x509.IssuerAlternativeName([x509.DNSName("b.test")])))
    doubled = two.public_bytes(DER).replace(b"\x06\x03\x55\x1d\x12", b"\x06\x03\x55\x1d\x11")
    found = decode_certificate(doubled)
    assert found.dns_names == ("a.test",)
    assert [flaw.what for flaw in found.flaws] == ["extension 2.5.29.17 stands twice"]


def test_a_certificate_of_version_1_has_no_extensions():
    fields = read_element(SIMPLE).children()
    old = b"".join(child.raw for child in fields[0].children() if child.tag not in (0xA0, 0xA3))
    found = decode_certificate(sequence(sequence(old) + fields[1].raw + fields[2].raw))
    assert (found.common_name, found.has_san, found.is_ca, found.eku) == ("a", False, False, ())


def test_a_key_that_cannot_be_read_still_has_its_kind():
    der = make(name_of(("CN", "a")), key="RSA 1024").public_bytes(DER)
    spki = decode_certificate(der).spki
    broken = spki.replace(b"\x30\x81\x89\x02\x81\x81", b"\x31\x81\x89\x02\x81\x81")
    assert broken != spki
    assert decode_certificate(der.replace(spki, broken)).key == "RSA"


def test_a_time_with_an_offset_is_read_as_utc():
    fields = read_element(SIMPLE).children()
    parts = fields[0].children()
    validity = b"\x30\x22\x17\x0d200101000000Z\x17\x11300101020000+0200"
    parts[4] = read_element(validity)
    body = b"".join(part.raw for part in parts)
    assert decode_certificate(sequence(sequence(body) + fields[1].raw + fields[2].raw)).not_after == END


def test_an_address_of_another_length_is_shown_as_hex():
    made = make(name_of(("CN", "a")), extensions=(san("192.0.2.7"),)).public_bytes(DER)
    broken = made.replace(b"\x87\x04\xc0\x00\x02\x07", b"\x82\x01a\x87\x01\x07")
    assert decode_certificate(broken).ip_addresses == ("#07",)


def test_a_certificate_has_a_bound():
    with pytest.raises(DecodeError, match="expected at most"):
        decode_certificate(b"\x30" * (MAX_CERTIFICATE + 1))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80\x00\x00",
        b"\x30\x85\x01\x01\x01\x01\x01",
        b"\x3f\x01\x00",
        b"\x30\x00",
        b"\x30\x00\x00",
        b"\x02\x01\x00",
    ],
)
def test_what_is_no_certificate_is_a_decode_error(data):
    with pytest.raises(DecodeError):
        decode_certificate(data)


SEEDS = [
    make(
        name_of(("O", "x"), ("CN", "a")),
        key=key,
        extensions=(
            san("a.test", "192.0.2.7", "2001:db8::1"),
            x509.BasicConstraints(ca=True, path_length=1),
            x509.ExtendedKeyUsage(list(PURPOSES.values())),
            aia(issuers=("http://ca.test/",), ocsp=("http://ocsp.test/",)),
        ),
    ).public_bytes(DER)
    for key in ("EC P-256", "RSA 1024", "Ed25519", "DSA 2048")
]


def shortened(element: Element) -> Iterator[bytes]:
    """Yield an element once for each of its parts that has parts, without the last of those."""
    if not element.tag & 0x20:
        return
    parts = element.children()
    yield encoded(element.tag, [part.raw for part in parts[:-1]])
    for at, part in enumerate(parts):
        for short in shortened(part):
            yield encoded(element.tag, [short if at == n else other.raw for n, other in enumerate(parts)])


def encoded(tag: int, parts: list[bytes]) -> bytes:
    contents = b"".join(parts)
    return bytes((tag, 0x82)) + len(contents).to_bytes(2, "big") + contents


def test_a_certificate_that_lacks_any_part_is_read_or_a_decode_error():
    refused = 0
    for der in SEEDS:
        for short in shortened(read_element(der)):
            try:
                decode_certificate(short)
            except DecodeError:
                refused += 1
    assert refused > 10 * len(SEEDS)


@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=6),
    st.integers(0, 3),
)
def test_a_mutated_certificate_raises_only_decode_errors(der, changes, cut):
    data = bytearray(der[: len(der) - cut])
    for at, value in changes:
        data[at % len(data)] = value
    try:
        found = decode_certificate(bytes(data))
    except DecodeError:
        return
    assert isinstance(found.subject, str)
    assert found.not_after.tzinfo is datetime.UTC
