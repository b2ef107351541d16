"""The certificate matrix: what a peer shows, what is trusted, and whether that is enough. Each case is a law.

A chain is written as it is sent, the peer's own certificate first. A case holds for a server's certificate that a client sees and
for a client's that a server sees, unless it says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.x509.oid import NameOID, ObjectIdentifier
from tests.tls.chains import Issued, common_name, general_name, issue, with_sha1

HOST = "a.example"
BOTH = ("client", "server")
CLIENT = ("client",)
SERVER = ("server",)
RSA = rsa.generate_private_key(65537, 2048)
RSA_CA = rsa.generate_private_key(65537, 2048)
WEAK = rsa.generate_private_key(65537, 1024)
ROOT = issue(name="root", is_ca=True)
RSA_ROOT = issue(name="rsa root", is_ca=True, key=RSA_CA)
OTHER = issue(name="other root", is_ca=True)
MIDDLE = issue(ROOT, name="middle", is_ca=True)
LEAF = issue(ROOT, HOST)
OLD, NEW = (-3, -1), (1, 3)
UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.32473.2"), b"\x05\x00")
NS_CLIENT_ONLY = x509.UnrecognizedExtension(ObjectIdentifier("2.16.840.1.113730.1.1"), b"\x03\x02\x07\x80")


@dataclass(frozen=True)
class Case:
    """One chain and its verdict.

    Args:
        id: Its name, also in the table of differences in docs/security.md.
        chain: What the peer sends.
        accepted: The verdict.
        anchors: What is trusted.
        host: The name or address that the client connects to.
        sides: The sides that verify it: `client` sees a server's certificate, `server` a client's.
        own_order: Whether a TLS 1.2 server chooses the signature by its own order, not the client's.
        usable: Whether every TLS library could agree on its key; if not, the handshake may fail before a verdict.
    """

    id: str
    chain: tuple[Issued, ...]
    accepted: bool
    anchors: tuple[Issued, ...] = (ROOT,)
    host: str = HOST
    sides: tuple[str, ...] = BOTH
    own_order: bool = False
    usable: bool = True


def paths() -> Iterator[Case]:
    leaf = issue(MIDDLE, HOST)
    yield Case("path-direct", (LEAF,), True)
    yield Case("path-intermediate", (leaf, MIDDLE), True)
    yield Case("path-root-sent-too", (leaf, MIDDLE, ROOT), True)
    yield Case("path-extra-certificate", (leaf, OTHER, MIDDLE), True)
    yield Case("path-sent-twice", (leaf, leaf, MIDDLE, MIDDLE), True)
    upper = issue(ROOT, name="upper", is_ca=True)
    lower = issue(upper, name="lower", is_ca=True)
    yield Case("path-two-intermediates", (issue(lower, HOST), lower, upper), True)
    yield Case("path-unordered", (issue(lower, HOST), upper, lower), True)
    yield Case("path-incomplete", (leaf,), False)
    yield Case("path-incomplete-above", (issue(lower, HOST), lower), False)
    yield Case("path-untrusted-root", (issue(OTHER, HOST), OTHER), False)
    yield Case("path-untrusted-root-not-sent", (issue(OTHER, HOST),), False)
    yield Case("path-self-signed", (issue(None, HOST),), False)
    own = issue(None, HOST)
    yield Case("path-self-signed-and-trusted", (own,), True, (own,))
    yield Case("path-trusted-itself", (leaf, MIDDLE), True, (leaf,))
    yield Case("path-trusted-intermediate", (leaf, MIDDLE), True, (MIDDLE,))
    yield Case("path-trusted-intermediate-not-sent", (leaf,), True, (MIDDLE,))
    first, twin = (issue(name="twin", is_ca=True, ids=True) for _ in range(2))
    yield Case("path-two-roots-of-one-name", (issue(twin, HOST, ids=True),), True, (first, twin))
    twin = issue(name="root", is_ca=True)
    yield Case("path-another-root-of-the-same-name", (issue(twin, HOST),), False)
    key = ec.generate_private_key(ec.SECP256R1())
    by_other = issue(OTHER, name="crossed", is_ca=True, key=key)
    by_root = issue(ROOT, name="crossed", is_ca=True, key=key)
    crossed = issue(by_root, HOST)
    yield Case("path-cross-signed", (crossed, by_root, by_other), True)
    # No library goes back to try the second issuer of one name: the peer must send the way that leads to a root first.
    yield Case("path-cross-signed-other-way-first", (crossed, by_other, by_root), False)
    anchor = issue(name="crossed", is_ca=True, key=key)
    yield Case("path-cross-signed-root", (crossed, by_other), True, (anchor,))
    expired = issue(OTHER, name="crossed", is_ca=True, key=key, days=OLD)
    yield Case("path-cross-signed-root-expired-elsewhere", (crossed, expired, OTHER), True, (anchor,))


def dates() -> Iterator[Case]:
    for name, days in (("expired", OLD), ("not-yet-valid", NEW)):
        middle = issue(ROOT, name="middle", is_ca=True, days=days)
        root = issue(name="old root", is_ca=True, days=days)
        yield Case(f"dates-{name}", (issue(ROOT, HOST, days=days),), False)
        yield Case(f"dates-{name}-intermediate", (issue(middle, HOST), middle), False)
        yield Case(f"dates-{name}-root", (issue(root, HOST),), False, (root,))


def authority() -> Iterator[Case]:
    """Certificates that may, and may not, sign others."""

    def below(middle: Issued) -> tuple[Issued, ...]:
        return issue(middle, HOST), middle

    yield Case("ca-flag-missing", below(issue(ROOT, name="middle")), False)
    yield Case("ca-no-basic-constraints", below(issue(ROOT, name="middle", basic=False)), False)
    signing = issue(ROOT, name="middle", basic=False, usage=("key_cert_sign",))
    yield Case("ca-no-basic-constraints-but-usage", below(signing), False)
    loose = issue(ROOT, name="m", basic=False, more=((x509.BasicConstraints(True, None), False),))
    yield Case("ca-flag-not-critical", below(loose), True)
    yield Case("ca-flag-of-the-peer-itself", (issue(ROOT, HOST, is_ca=True),), True)
    for name, usage, good in (
        ("cert-sign", ("key_cert_sign",), True),
        ("crl-sign-only", ("crl_sign",), False),
        ("digital-signature-only", ("digital_signature",), False),
    ):
        yield Case(f"ca-usage-{name}", below(issue(ROOT, name="middle", is_ca=True, usage=usage)), good)
    root = issue(name="flagless root")
    yield Case("ca-root-without-flag", (issue(root, HOST),), False, (root,))
    root = issue(name="usage root", is_ca=True, usage=("crl_sign",))
    yield Case("ca-root-usage-crl-sign-only", (issue(root, HOST),), False, (root,))


def path_lengths() -> Iterator[Case]:
    zero = issue(ROOT, name="zero", is_ca=True, path_length=0)
    sub = issue(zero, name="sub", is_ca=True)
    yield Case("length-0-directly-above", (issue(zero, HOST), zero), True)
    yield Case("length-0-exceeded", (issue(sub, HOST), sub, zero), False)
    one = issue(ROOT, name="one", is_ca=True, path_length=1)
    sub = issue(one, name="sub", is_ca=True)
    yield Case("length-1-used", (issue(sub, HOST), sub, one), True)
    deep = issue(sub, name="deep", is_ca=True)
    yield Case("length-1-exceeded", (issue(deep, HOST), deep, sub, one), False)
    root = issue(name="short root", is_ca=True, path_length=0)
    sub = issue(root, name="sub", is_ca=True)
    yield Case("length-0-of-root", (issue(root, HOST),), True, (root,))
    yield Case("length-0-of-root-exceeded", (issue(sub, HOST), sub), False, (root,))
    zero = issue(ROOT, name="renewed", is_ca=True, path_length=0, ids=True)
    again = issue(zero, name="renewed", is_ca=True, path_length=0, ids=True)
    yield Case("length-self-issued-not-counted", (issue(again, HOST, ids=True), again, zero), True)


def usages() -> Iterator[Case]:
    for name, usage, server, client in (
        ("digital-signature", ("digital_signature",), True, True),
        ("key-encipherment", ("key_encipherment",), True, False),
        ("key-agreement", ("key_agreement",), True, True),
        ("data-encipherment", ("data_encipherment",), False, False),
        ("cert-sign", ("key_cert_sign",), False, False),
    ):
        shown = (issue(ROOT, HOST, usage=usage, key=RSA),)
        yield Case(f"usage-{name}-server", shown, server, sides=CLIENT)
        yield Case(f"usage-{name}-client", shown, client, sides=SERVER)
    for name, eku, server, client in (
        ("server", ("server",), True, False),
        ("client", ("client",), False, True),
        ("both", ("server", "client"), True, True),
        ("any", ("any",), False, False),
        ("other", ("other",), False, False),
    ):
        shown = (issue(ROOT, HOST, eku=eku),)
        middle = issue(ROOT, name="middle", is_ca=True, eku=eku)
        below = (issue(middle, HOST), middle)
        for side, good in ((CLIENT, server), (SERVER, client)):
            suffix = "server" if side is CLIENT else "client"
            yield Case(f"eku-{name}-as-{suffix}", shown, good, sides=side)
            yield Case(f"eku-{name}-intermediate-as-{suffix}", below, good, sides=side)
    root = issue(name="client root", is_ca=True, eku=("client",))
    yield Case("eku-client-root-as-server", (issue(root, HOST),), False, (root,), sides=CLIENT)
    yield Case("ns-type-client-only", (issue(ROOT, HOST, more=((NS_CLIENT_ONLY, False),)),), False, sides=CLIENT)


def extensions() -> Iterator[Case]:
    policies = x509.CertificatePolicies([x509.PolicyInformation(ObjectIdentifier("1.3.6.1.4.1.32473.3"), None)])
    for name, critical in (("critical", True), ("not-critical", False)):
        middle = issue(ROOT, name="middle", is_ca=True, more=((UNKNOWN, critical),))
        root = issue(name="strange root", is_ca=True, more=((UNKNOWN, critical),))
        yield Case(f"unknown-{name}", (issue(ROOT, HOST, more=((UNKNOWN, critical),)),), not critical)
        yield Case(f"unknown-{name}-intermediate", (issue(middle, HOST), middle), not critical)
        yield Case(f"unknown-{name}-root", (issue(root, HOST),), not critical, (root,))
        yield Case(f"policies-{name}", (issue(ROOT, HOST, more=((policies, critical),)),), True)
        rule = x509.PolicyConstraints(0, None)
        middle = issue(ROOT, name="middle", is_ca=True, more=((rule, critical),))
        yield Case(f"policy-constraints-{name}", (issue(middle, HOST), middle), True)
        point = x509.DistributionPoint([x509.UniformResourceIdentifier("http://crl.example/")], None, None, None)
        crl = x509.CRLDistributionPoints([point])
        yield Case(f"crl-points-{name}", (issue(ROOT, HOST, more=((crl, critical),)),), True)


def names() -> Iterator[Case]:
    for name, san, host, good in (
        ("exact", (HOST,), HOST, True),
        ("other-case", ("A.Example",), HOST, True),
        ("second", ("b.example", HOST), HOST, True),
        ("other", ("b.example",), HOST, False),
        ("parent", ("example",), HOST, False),
        ("child", (f"x.{HOST}",), HOST, False),
        ("underscore", ("my_host.example",), "my_host.example", True),
        ("a-label", ("xn--bcher-kva.example",), "xn--bcher-kva.example", True),
        ("trailing-dot", (f"{HOST}.",), HOST, False),
        ("wildcard", ("*.a.example",), "x.a.example", True),
        ("wildcard-itself", ("*.a.example",), "a.example", False),
        ("wildcard-two-labels", ("*.a.example",), "y.x.a.example", False),
        ("wildcard-over-top-level", ("*.example",), HOST, False),
        ("wildcard-alone", ("*",), "localhost", False),
        ("wildcard-partial", ("x*.a.example",), "xy.a.example", False),
        ("wildcard-inside", ("x.*.example",), "x.a.example", False),
        ("ip", ("192.0.2.7",), "192.0.2.7", True),
        ("ip-other", ("192.0.2.8",), "192.0.2.7", False),
        ("ip6", ("2001:db8::7",), "2001:db8::7", True),
        ("ip6-other", ("2001:db8::8",), "2001:db8::7", False),
        ("ip-as-dns", (x509.DNSName("192.0.2.7"),), "192.0.2.7", False),
        ("ip-for-dns", ("192.0.2.7",), HOST, False),
        ("dns-for-ip", (HOST,), "192.0.2.7", False),
        ("email-only", (x509.RFC822Name("me@a.example"),), HOST, False),
        ("uri-only", (x509.UniformResourceIdentifier("https://a.example/"),), HOST, False),
    ):
        yield Case(f"san-{name}", (issue(ROOT, *san, name=host),), good, host=host, sides=CLIENT)
    yield Case("san-none", (issue(ROOT, name=HOST),), False, sides=CLIENT)
    yield Case("san-none-ip", (issue(ROOT, name="192.0.2.7"),), False, host="192.0.2.7", sides=CLIENT)
    yield Case("san-none-client", (issue(ROOT, name="a client"),), True, sides=SERVER)
    yield Case("san-critical", (issue(ROOT, HOST, subject=x509.Name([]), san_critical=True),), True)
    yield Case("san-of-the-intermediate", (issue(MIDDLE, "b.example"), issue(ROOT, HOST, name="middle")), False)


def keys() -> Iterator[Case]:
    weak_ca = issue(ROOT, name="weak", is_ca=True, key=WEAK)
    weak_root = issue(name="weak root", is_ca=True, key=WEAK)
    curves = {"p384": ec.SECP384R1(), "p521": ec.SECP521R1()}
    yield Case("key-rsa-2048", (issue(ROOT, HOST, key=RSA),), True)
    yield Case("key-rsa-2048-below-rsa", (issue(RSA_ROOT, HOST, key=RSA),), True, (RSA_ROOT,))
    shown = (issue(ROOT, HOST, key=RSA),)
    yield Case("key-rsa-2048-signing-in-its-own-order", shown, True, sides=CLIENT, own_order=True)
    yield Case("key-rsa-1024", (issue(ROOT, HOST, key=WEAK),), False)
    yield Case("key-rsa-1024-intermediate", (issue(weak_ca, HOST), weak_ca), False)
    yield Case("key-rsa-1024-root", (issue(weak_root, HOST),), False, (weak_root,))
    for name, curve in curves.items():
        key = ec.generate_private_key(curve)
        yield Case(f"key-{name}", (issue(ROOT, HOST, key=key),), True)
        middle = issue(ROOT, name="middle", is_ca=True, key=key)
        yield Case(f"key-{name}-intermediate", (issue(middle, HOST), middle), True)
    yield Case("key-p192", (issue(ROOT, HOST, key=ec.generate_private_key(ec.SECP192R1())),), False, usable=False)
    yield Case("key-ed25519", (issue(ROOT, HOST, key=ed25519.Ed25519PrivateKey.generate()),), True, usable=False)
    yield Case("key-ed448", (issue(ROOT, HOST, key=ed448.Ed448PrivateKey.generate()),), True, usable=False)
    yield Case("signature-pss", (issue(RSA_ROOT, HOST, pss=True),), True, (RSA_ROOT,))
    yield Case("signature-sha1", (with_sha1(issue(RSA_ROOT, HOST), RSA_ROOT),), False, (RSA_ROOT,))
    middle = with_sha1(issue(RSA_ROOT, name="middle", is_ca=True), RSA_ROOT)
    yield Case("signature-sha1-intermediate", (issue(middle, HOST), middle), False, (RSA_ROOT,))
    root = with_sha1(RSA_ROOT, RSA_ROOT)
    yield Case("signature-sha1-root", (issue(RSA_ROOT, HOST),), True, (root,))
    forged = issue(Issued(ROOT.certificate, OTHER.key), HOST)
    yield Case("signature-forged", (forged,), False)


def _directory(*parts: tuple[ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in parts])


ORGANIZATION = (NameOID.ORGANIZATION_NAME, "Example  Org")
SUBJECT = _directory((NameOID.COUNTRY_NAME, "SE"), ORGANIZATION, (NameOID.COMMON_NAME, "device"))


# Name, permitted, excluded, names of the leaf, verdict.
CONSTRAINTS: tuple[tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...], bool], ...] = (
    ("dns-permitted", ("a.example",), (), (HOST,), True),
    ("dns-permitted-parent", ("example",), (), (HOST,), True),
    ("dns-permitted-case", ("A.EXAMPLE",), (), (HOST,), True),
    ("dns-permitted-dot", (".example",), (), (HOST,), True),
    ("dns-permitted-dot-itself", (".a.example",), (), (HOST,), False),
    ("dns-permitted-among", ("b.example", "a.example"), (), (HOST,), True),
    ("dns-not-permitted", ("b.example",), (), (HOST,), False),
    ("dns-not-permitted-suffix", ("ample",), (), (HOST,), False),
    ("dns-not-permitted-second-name", ("a.example",), (), (HOST, "b.test"), False),
    ("dns-excluded", (), ("a.example",), (HOST,), False),
    ("dns-excluded-parent", (), ("example",), (HOST,), False),
    ("dns-excluded-all", (), ("",), (HOST,), False),
    ("dns-excluded-other", (), ("b.example",), (HOST,), True),
    ("dns-excluded-second-name", (), ("b.example",), (HOST, "b.example"), False),
    ("dns-permitted-and-excluded", ("example",), ("a.example",), (HOST,), False),
    ("dns-permitted-wildcard", ("example",), (), (HOST, "*.b.example"), True),
    ("dns-not-permitted-wildcard", ("x.b.example",), (), ("x.b.example", "*.b.example"), False),
    ("dns-excluded-by-wildcard", (), ("x.b.example",), (HOST, "*.b.example"), False),
    ("ip-permitted", ("192.0.2.0/24",), (), (HOST, "192.0.2.7"), True),
    ("ip-not-permitted", ("198.51.100.0/24",), (), (HOST, "192.0.2.7"), False),
    ("ip-excluded", (), ("192.0.2.0/24",), (HOST, "192.0.2.7"), False),
    ("ip-excluded-all", ("example",), ("0.0.0.0/0", "::/0"), (HOST, "192.0.2.7"), False),
    ("ip-excluded-all-none-there", ("example",), ("0.0.0.0/0", "::/0"), (HOST,), True),
    ("ip6-permitted", ("2001:db8::/32",), (), (HOST, "2001:db8::7"), True),
    ("ip6-not-permitted", ("192.0.2.0/24",), (), (HOST, "2001:db8::7"), False),
    ("ip-form-limits-no-dns", ("192.0.2.0/24",), (), (HOST,), True),
)


def constraints() -> Iterator[Case]:
    """Name constraints on the intermediate and on the root, critical and not."""
    for place in ("intermediate", "root"):
        for word, critical in (("critical", True), ("not-critical", False)):
            for name, permitted, excluded, san, good in CONSTRAINTS:
                rule = x509.NameConstraints(
                    [general_name(text) for text in permitted] or None,
                    [general_name(text) for text in excluded] or None,
                )
                yield _constrained(f"nc-{place}-{word}-{name}", place, rule, critical, good, san)
    yield from special_constraints()


def _constrained(
    title: str,
    place: str,
    rule: x509.ExtensionType,
    critical: bool,
    good: bool,
    san: tuple[str | x509.GeneralName, ...],
    subject: x509.Name | None = None,
    sides: tuple[str, ...] = BOTH,
) -> Case:
    limited = ((rule, critical),)
    root = issue(name="limited root", is_ca=True, more=limited) if place == "root" else ROOT
    middle = issue(root, name="middle", is_ca=True, more=limited if place == "intermediate" else ())
    host = HOST if HOST in san else next((name for name in san if isinstance(name, str)), HOST)
    return Case(
        title,
        (issue(middle, *san, subject=common_name("leaf") if subject is None else subject), middle),
        good,
        (root,),
        host=host,
        sides=sides,
    )


def _limits(
    permitted: list[x509.GeneralName] | None, excluded: list[x509.GeneralName] | None = None
) -> x509.NameConstraints:
    return x509.NameConstraints(permitted, excluded)


def _email(text: str) -> x509.RFC822Name:
    """Return the base of a constraint, which need not be an address."""
    return x509.RFC822Name._init_without_validation(text)


def special_constraints() -> Iterator[Case]:
    """Other forms of name, several CAs, and what no encoder would write; not critical, on the intermediate."""
    organization, other = _directory((NameOID.COUNTRY_NAME, "se"), (NameOID.ORGANIZATION_NAME, "example org")), "Other"
    elsewhere = _directory((NameOID.COUNTRY_NAME, "SE"), (NameOID.ORGANIZATION_NAME, other))
    mail = _directory((NameOID.EMAIL_ADDRESS, "me@mail.example"))
    me, site = x509.RFC822Name("me@mail.example"), x509.UniformResourceIdentifier("https://www.example:8443/x")
    user = x509.UniformResourceIdentifier("https://me:word@www.example/x")
    registered = x509.RegisteredID(ObjectIdentifier("1.2.3.4"))
    for name, rule, san, subject, good in (
        ("directory-permitted", _limits([x509.DirectoryName(organization)]), (HOST,), SUBJECT, True),
        ("directory-not-permitted", _limits([x509.DirectoryName(elsewhere)]), (HOST,), SUBJECT, False),
        ("directory-excluded", _limits(None, [x509.DirectoryName(organization)]), (HOST,), SUBJECT, False),
        ("directory-excluded-other", _limits(None, [x509.DirectoryName(elsewhere)]), (HOST,), SUBJECT, True),
        (
            "directory-in-san",
            _limits(None, [x509.DirectoryName(organization)]),
            (HOST, x509.DirectoryName(SUBJECT)),
            None,
            False,
        ),
        ("directory-empty-subject", _limits([x509.DirectoryName(elsewhere)]), (HOST,), x509.Name([]), True),
        ("email-permitted", _limits([x509.RFC822Name("mail.example")]), (HOST, me), None, True),
        ("email-not-permitted", _limits([x509.RFC822Name("other.example")]), (HOST, me), None, False),
        ("email-permitted-at-host", _limits([_email("@mail.example")]), (HOST, me), None, True),
        ("email-excluded-at-host", _limits(None, [_email("@mail.example")]), (HOST, me), None, False),
        ("email-permitted-empty", _limits([_email("")]), (HOST, me), None, False),
        ("email-in-subject", _limits([x509.RFC822Name("other.example")]), (HOST,), mail, False),
        ("uri-permitted", _limits([x509.UniformResourceIdentifier(".example")]), (HOST, site), None, True),
        ("uri-excluded", _limits(None, [x509.UniformResourceIdentifier("www.example")]), (HOST, site), None, False),
        ("uri-permitted-with-user", _limits([x509.UniformResourceIdentifier(".example")]), (HOST, user), None, True),
        (
            "uri-excluded-with-user",
            _limits(None, [x509.UniformResourceIdentifier("www.example")]),
            (HOST, user),
            None,
            False,
        ),
        ("other-form-limited", _limits([registered]), (HOST, registered), None, False),
        ("other-form-not-there", _limits([registered]), (HOST,), None, True),
    ):
        yield _constrained(f"nc-{name}", "intermediate", rule, False, good, san, subject)
    # A common name counts for clients only: a server's proves nothing.
    rule = _limits([x509.DNSName("b.example")])
    yield _constrained("nc-common-name-of-client", "intermediate", rule, False, False, (), common_name(HOST), SERVER)
    for name, names in (
        ("first", (HOST, "b.example")),
        ("last", ("b.example", HOST)),
        ("nul", (HOST + "\0.b.example",)),
    ):
        several = _directory(*((NameOID.COMMON_NAME, text) for text in names))
        yield _constrained(f"nc-common-name-{name}", "intermediate", rule, False, False, (), several, SERVER)
    yield _constrained("nc-common-name-no-dns-name", "intermediate", rule, False, True, (), common_name("me"), SERVER)
    named = common_name("b.test")
    yield _constrained(
        "nc-common-name-beside-san", "intermediate", _limits([x509.DNSName(HOST)]), False, True, (HOST,), named
    )
    broken = x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.30"), bytes.fromhex("300530030c0141"))
    yield _constrained("nc-broken", "intermediate", broken, False, False, (HOST,))
    base = b"\x82\x09a.example"
    for name, bounds, good in (
        ("minimum-0", b"\x80\x01\x00", True),
        ("minimum-1", b"\x80\x01\x01", False),
        ("maximum", b"\x81\x01\x09", False),
    ):
        subtree = base + bounds
        body = bytes([0xA0, len(subtree) + 2, 0x30, len(subtree)]) + subtree
        raw = x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.30"), bytes([0x30, len(body)]) + body)
        yield _constrained(f"nc-{name}", "intermediate", raw, False, good, (HOST,))
    # Every CA above must permit it, and a self-issued one in between is no exception for the peer's own certificate.
    root = issue(name="limited root", is_ca=True, more=((_limits([x509.DNSName("example")]), False),))
    middle = issue(root, name="middle", is_ca=True, more=((_limits([x509.DNSName("a.example")]), False),))
    yield Case("nc-nested-permitted", (issue(middle, HOST), middle), True, (root,))
    yield Case("nc-nested-not-permitted-below", (issue(middle, "b.example"), middle), False, (root,), host="b.example")
    middle = issue(root, name="middle", is_ca=True, more=((_limits([x509.DNSName("a.test")]), False),))
    yield Case("nc-nested-not-permitted-above", (issue(middle, "a.test"), middle), False, (root,), host="a.test")
    # Only what stands in the path counts.
    yield Case("nc-of-an-extra-certificate", (LEAF, middle), True)
    own = issue(name="own", is_ca=True, more=((_limits([x509.DNSName("b.example")]), False),), ids=True)
    again = issue(own, name="own", is_ca=True, ids=True)
    yield Case("nc-through-self-issued", (issue(again, HOST, ids=True), again), False, (own,))
    yield Case("nc-above-the-anchor", (issue(middle, "a.test"), middle), True, (middle,), host="a.test")


CASES = {
    case.id: case
    for make in (paths, dates, authority, path_lengths, usages, extensions, names, keys, constraints)
    for case in make()
}
