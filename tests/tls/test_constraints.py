"""Our own check of name constraints: bounded, total, and exact about what it refuses."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier
from hypothesis import given
from hypothesis import strategies as st
from tests.tls.chains import Issued, common_name, general_name, issue

from wssure.facts import VerifyDefect
from wssure.tls.constraints import constraint_defect
from wssure.tls.defects import detailed
from wssure.wire.decode import DecodeError
from wssure.wire.x509 import canonical_name, decode_certificate

SAN, NAME_CONSTRAINTS = ObjectIdentifier("2.5.29.17"), ObjectIdentifier("2.5.29.30")


def limited(*permitted: str, excluded: tuple[str, ...] = (), issuer: Issued | None = None, name: str = "ca") -> Issued:
    """Return a CA with these constraints."""
    rule = x509.NameConstraints(
        [general_name(text) for text in permitted] or None, [general_name(text) for text in excluded] or None
    )
    return issue(issuer, name=name, is_ca=True, more=((rule, False),))


def path_of(ca: Issued, *names: str) -> list[bytes]:
    return [issue(ca, *names, name="leaf").der, ca.der]


def der(tag: int, contents: bytes) -> bytes:
    """Return one DER value."""
    size = len(contents).to_bytes(4, "big").lstrip(b"\0") or b"\0"
    return bytes([tag, *([len(contents)] if len(contents) < 0x80 else [0x80 | len(size), *size])]) + contents


def steps(path: list[bytes]) -> int:
    """Return how many Python and C functions the check calls."""
    count = 0

    def see(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(see)
    try:
        constraint_defect(path)
    finally:
        sys.setprofile(None)
    return count


def test_the_reason_names_ca_form_name_and_constraint() -> None:
    ca = limited("a.test", "b.test", "c.test", "d.test", "e.test", "f.test", excluded=("192.0.2.0/24",))
    assert constraint_defect(path_of(ca, "x.test")) == (
        0,
        'name constraints of the CA "CN=ca": DNS name x.test is not among the permitted'
        " (a.test, b.test, c.test, d.test, e.test and 1 more)",
    )
    assert constraint_defect(path_of(ca, "192.0.2.7")) == (
        0,
        'name constraints of the CA "CN=ca": IP address 192.0.2.7 is excluded (192.0.2.0/24)',
    )
    assert constraint_defect(path_of(ca, "a.test", "x.b.test", "198.51.100.1")) is None


def test_the_depth_is_that_of_the_certificate_which_breaks_the_constraint() -> None:
    directory = x509.NameConstraints([x509.DirectoryName(common_name("allowed"))], None)
    root = issue(name="root", is_ca=True, more=((directory, True),))
    middle = issue(root, name="other", is_ca=True)
    leaf = issue(middle, "a.test", name="allowed")
    found = constraint_defect([leaf.der, middle.der, root.der])
    assert found is not None
    assert found[0] == 1
    assert '"CN=other" is not among the permitted ("CN=allowed")' in found[1]


@pytest.mark.parametrize(
    ("tag", "base", "name"),
    [
        (0x86, b"", b"http://a.test/"),
        (0x86, b"http://a.test/", b"http://a.test/"),
        (0x86, b"a.test:80", b"http://a.test:80/"),
        (0x86, b"a.test.", b"http://a.test/"),
        (0x81, b"", b"x@a.test"),
        (0x81, b"x@", b"x@a.test"),
        (0x81, b"a.test.", b"x@a.test"),
        (0x81, b"a.test", b"x@a.test."),
        (0x81, b"a.test", b"x@a.test\0.b.test"),
        (0x82, b"a.test.", b"a.test"),
        (0x82, b"a.test", b"a.test."),
    ],
)
def test_an_exclusion_that_cannot_be_compared_refuses(tag: int, base: bytes, name: bytes) -> None:
    limits = der(0x30, der(0xA1, der(0x30, der(tag, base))))
    ca = issue(name="ca", is_ca=True, more=(extension(NAME_CONSTRAINTS, limits),))
    found = constraint_defect([issue(ca, more=(extension(SAN, der(0x30, der(tag, name))),)).der, ca.der])
    assert found is not None
    assert "cannot be compared" in found[1]


def test_names_of_the_peer_are_never_raw_in_the_reason() -> None:
    ca = limited("a.test")
    san = x509.UnrecognizedExtension(SAN, der(0x30, der(0x82, b"x.test\x1b[31m\n")))
    found = constraint_defect([issue(ca, more=((san, False),)).der, ca.der])
    assert found is not None
    assert found[1].isprintable()
    assert "\\x1b" in found[1]


def test_what_is_compared_has_a_bound() -> None:
    ca = limited(*(f"{number}.test" for number in range(40)))
    path = path_of(ca, *(f"x.{number}.test" for number in range(40)))
    assert constraint_defect(path, max_comparisons=2000) is None
    found = constraint_defect(path, max_comparisons=1500)
    assert found is not None
    assert "more names and constraints than are compared" in found[1]


def test_the_work_does_not_grow_with_the_product_of_names_and_constraints() -> None:
    counts = []
    for size in (1500, 3000):
        ca = limited(*(f"{number}.test" for number in range(size)))
        path = path_of(ca, *(f"{number}.x.example" for number in range(size)))
        found = constraint_defect(path)
        assert found is not None
        assert "than are compared" in found[1]
        counts.append(steps(path))
    assert counts[1] < 2.2 * counts[0], counts


@pytest.mark.parametrize("size", [60, 120])
def test_the_work_within_the_bound_is_a_few_steps_for_each_comparison(size: int) -> None:
    ca = limited(*(f"{number}.test" for number in range(size)), f"{size}.example")
    path = path_of(ca, *(f"x.{size}.example" for _ in range(size)))
    assert constraint_defect(path) is None
    assert steps(path) < 10 * size * size + 2000 * size


def directory(*texts: str) -> bytes:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text) for text in texts]).public_bytes()


@pytest.mark.parametrize("parts", [10, 20])
def test_the_work_on_directory_names_has_a_bound(parts: int) -> None:
    names = [directory(*map(str, range(parts)), str(number)) for number in range(250)]
    san = der(0x30, b"".join(der(0xA4, name) for name in names))
    trees = b"".join(der(0x30, der(0xA4, name[:-1] + b"x")) for name in names)
    ca = issue(name="ca", is_ca=True, more=(extension(NAME_CONSTRAINTS, der(0x30, der(0xA1, trees))),))
    path = [issue(ca, more=(extension(SAN, san),)).der, ca.der]
    found = constraint_defect(path)
    assert found is not None
    assert "than are compared" in found[1]
    assert steps(path) < 20_000


TAGS = st.sampled_from([0x81, 0x82, 0x86, 0x87, 0x88, 0xA0, 0xA3, 0xA4, 0x30])
CONTENTS = st.one_of(
    st.binary(max_size=40), st.sampled_from([b"", b"a.test", b".", b"*.a.test", b"0\0", b"x@a.test", b"http://a.test/"])
)
LISTS = st.lists(st.tuples(TAGS, CONTENTS), max_size=4)
BASE = issue(name="ca", is_ca=True)


def extension(identifier: ObjectIdentifier, value: bytes) -> tuple[x509.UnrecognizedExtension, bool]:
    return x509.UnrecognizedExtension(identifier, value), False


# As `ssl` reports it: without the certificate and the reason.
NAMELESS = VerifyDefect(None, "name-constraints", 47)


@given(names=LISTS, permitted=LISTS, excluded=LISTS, tail=st.binary(max_size=3))
def test_any_bytes_end_in_a_verdict(names: Any, permitted: Any, excluded: Any, tail: bytes) -> None:
    san = der(0x30, b"".join(der(tag, contents) for tag, contents in names)) + tail
    trees = [b"".join(der(0x30, der(tag, contents)) for tag, contents in rows) for rows in (permitted, excluded)]
    limits = der(0x30, der(0xA0, trees[0]) + der(0xA1, trees[1])) + tail
    leaf = issue(BASE, key=BASE.key, more=(extension(SAN, san),))
    ca = issue(BASE, key=BASE.key, is_ca=True, more=(extension(NAME_CONSTRAINTS, limits),))
    for count in (0, 5, 2**16):
        found = constraint_defect([leaf.der, ca.der], common_name=True, max_comparisons=count)
        assert found is None or (found[0] in (0, 1) and found[1].isprintable())
    if tail:
        assert found is not None, "a broken extension is refused"


@given(st.binary(max_size=60))
def test_a_path_that_is_none_ends_in_a_verdict(data: bytes) -> None:
    path = [data + bytes.fromhex("551d1e"), BASE.der]
    assert constraint_defect(path) is not None
    assert detailed(NAMELESS, path) == NAMELESS
    assert constraint_defect([]) is None


def test_a_reason_is_found_in_certificates_as_they_were_sent() -> None:
    ca = limited("a.test", name="limited")
    stranger = limited("b.test", name="stranger")
    leaf = issue(ca, "x.test")
    for sent in ((leaf, ca), (leaf, stranger, ca)):
        found = detailed(NAMELESS, [issued.der for issued in sent])
        assert (found.depth, found.subject) == (0, "CN=a.example")
        assert "x.test is not among the permitted (a.test)" in str(found.text)
    assert detailed(NAMELESS, (leaf.der, stranger.der)).text == ""
    assert detailed(NAMELESS, ()) == NAMELESS


def test_directory_names_are_compared_without_case_and_runs_of_spaces() -> None:
    name = decode_certificate(issue(name="Some  Name ").der).subject_der
    assert canonical_name(name) == canonical_name(common_name("some name").public_bytes())
    assert canonical_name(name) != canonical_name(common_name("somename").public_bytes())
    with pytest.raises(DecodeError):
        canonical_name(b"\x30\x03\x31\x01\x00")
