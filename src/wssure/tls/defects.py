"""Find the certificate of a path that has a defect, and check the formal rules of RFC 5280 that `strict` demands.

TLS libraries report a defect in different detail: a number without a certificate, or only "no trusted issuer". These
functions read the certificates again, after a refusal, so that the same path gives the same facts on every backend.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from wssure.facts import VerifyDefect
from wssure.tls.constraints import constraint_defect
from wssure.wire.decode import DecodeError
from wssure.wire.x509 import NAME_CONSTRAINTS, Certificate, decode_certificate

_MAX_PATH: Final = 16
_CERT_SIGN: Final = "keyCertSign"
_SAN: Final = "2.5.29.17"
_BASIC_CONSTRAINTS: Final = "2.5.29.19"
_SUBJECT_KEY_ID: Final = "2.5.29.14"
_AUTHORITY_KEY_ID: Final = "2.5.29.35"
# A Name without parts.
_EMPTY_NAME: Final = b"\x30\x00"
# The extensions of RFC 5280 that may be critical, and that Mbed TLS does not process in a peer's certificate.
_UNPROCESSED: Final = {
    "2.5.29.30": "nameConstraints",
    "2.5.29.31": "cRLDistributionPoints",
    "2.5.29.32": "certificatePolicies",
    "2.5.29.33": "policyMappings",
    "2.5.29.36": "policyConstraints",
    "2.5.29.54": "inhibitAnyPolicy",
}
# The extensions that every library processes, also if they are critical. Source: OpenSSL's X509_supported_extension.
_PROCESSED: Final = frozenset({_SAN, _BASIC_CONSTRAINTS, "2.5.29.15", "2.5.29.37", "2.16.840.1.113730.1.1"})
# Extensions that must not be critical (RFC 5280 sections 4.2.1.1, 4.2.1.2 and 4.2.2.1), by name.
_NEVER_CRITICAL: Final = {
    _AUTHORITY_KEY_ID: "authorityKeyIdentifier",
    _SUBJECT_KEY_ID: "subjectKeyIdentifier",
    "1.3.6.1.5.5.7.1.1": "authorityInfoAccess",
}

Rule = Callable[[Certificate, bool], bool]


def _may_sign(certificate: Certificate) -> bool:
    """Return True if the key usage allows to sign certificates. Without the extension it does."""
    return certificate.form.key_usage is None or _CERT_SIGN in certificate.form.key_usage


def _needs_subject(certificate: Certificate) -> bool:
    return certificate.is_ca or not certificate.has_san or "cRLSign" in (certificate.form.key_usage or ())


# The rules of OpenSSL's X509_STRICT: our word, the library's words, and the test if a certificate breaks the rule. Its
# second argument is True for the last certificate of the path. Source: check_extensions in OpenSSL's crypto/x509/x509_vfy.c.
_STRICT: Final[tuple[tuple[str, str, Rule], ...]] = (
    ("path-length-without-ca", "Path length invalid for non-CA cert", lambda one, _: one.form.path_length is not None and not one.is_ca),
    ("path-length-without-cert-sign", "Path length given without key usage keyCertSign", lambda one, _: one.form.path_length is not None and _CERT_SIGN not in (one.form.key_usage or ())),
    ("ca-constraints-not-critical", "Basic Constraints of CA cert not marked critical", lambda one, _: one.is_ca and _BASIC_CONSTRAINTS not in one.form.critical),
    ("ca-without-key-usage", "CA cert does not include key usage extension", lambda one, _: one.is_ca and one.form.key_usage is None),
    ("cert-sign-without-ca", "Key usage keyCertSign invalid for non-CA cert", lambda one, _: not one.is_ca and _CERT_SIGN in (one.form.key_usage or ())),
    ("empty-issuer", "Issuer name empty", lambda one, _: one.form.issuer_der == _EMPTY_NAME),
    ("empty-subject", "Subject name empty", lambda one, _: one.subject_der == _EMPTY_NAME and _needs_subject(one)),
    ("san-not-critical", "Subject empty and Subject Alt Name extension not critical", lambda one, _: one.subject_der == _EMPTY_NAME and one.has_san and _SAN not in one.form.critical),
    ("empty-san", "Empty Subject Alternative Name extension", lambda one, _: one.has_san and not one.general_names),
    ("signature-algorithms-differ", "signature algorithm inconsistency", lambda one, _: not one.form.same_algorithm),
    ("authority-key-id-critical", "Authority Key Identifier marked critical", lambda one, _: _AUTHORITY_KEY_ID in one.form.critical),
    ("subject-key-id-critical", "Subject Key Identifier marked critical", lambda one, _: _SUBJECT_KEY_ID in one.form.critical),
    ("missing-authority-key-id", "Missing Authority Key Identifier", lambda one, last: one.form.version == 3 and not last and one.form.authority_key_id is None),
    ("missing-subject-key-id", "Missing Subject Key Identifier", lambda one, _: one.form.version == 3 and one.is_ca and one.form.subject_key_id is None),
    ("extensions-without-version-3", "Using cert extension requires at least X509v3", lambda one, _: one.form.version < 3 and bool(one.form.extensions)),
)  # fmt: skip
STRICT_WORDS: Final = {defect: words for defect, words, _ in _STRICT}
_STRICT_RULES: Final = {defect: rule for defect, _, rule in _STRICT}


def sent_path(chain: Sequence[bytes]) -> list[Certificate]:
    """Return the certificates of a peer in the order of their path: each is the issuer of the one before.

    Args:
        chain: DER of the certificates as sent: in any order after the first, possibly with others.

    Returns:
        The path as far as it was sent; empty if the first certificate cannot be read.
    """
    found: list[Certificate] = []
    for der in chain:
        try:
            found.append(decode_certificate(der))
        except DecodeError:
            if not found:
                return []
    return in_path_order(found)


def in_path_order(found: Sequence[Certificate]) -> list[Certificate]:
    """Return certificates from the first one up: each is the issuer of the one before; the others are left out."""
    path, rest = list(found[:1]), list(found[1:])
    while path and len(path) < _MAX_PATH:
        issuer = next((one for one in rest if one.subject_der == path[-1].form.issuer_der), None)
        if issuer is None:
            break
        path.append(issuer)
        rest.remove(issuer)
    return path


def with_anchors(chain: Sequence[bytes], anchors: Iterable[bytes]) -> list[bytes]:
    """Return the certificates as sent, and after them the trust anchors that have the name of the last issuer.

    Args:
        chain: DER of the certificates as sent.
        anchors: DER of the trust anchors.
    """
    path = sent_path(chain)
    # Only the name is searched at first: a trust store has 150 certificates.
    return [*chain, *(der for der in anchors if path and path[-1].form.issuer_der in der and der not in chain)]


def _strict_defect(path: Sequence[bytes]) -> tuple[int, str] | None:
    """Check a path against the formal rules of RFC 5280 that OpenSSL's flag X509_STRICT demands.

    Args:
        path: DER of the certificates, the peer's own first and the trust anchor last.

    Returns:
        The depth of the first certificate that breaks a rule, from the anchor down, and our word for the rule; None if
        none does.

    Source: RFC 5280 section 4.1 and 4.2; RFC 6818 section 2 excepts a certificate that is trusted itself.
    """
    if len(path) < 2:
        return None
    for depth, der in enumerate(path):
        try:
            certificate = decode_certificate(der)
        except DecodeError:
            return depth, "unreadable"
        defect = next((word for word, _, rule in _STRICT if rule(certificate, depth == len(path) - 1)), None)
        if defect is not None:
            return depth, defect
    return None


def path_defect(path: Sequence[bytes], *, common_name: bool, strict: bool) -> VerifyDefect | None:
    """Check the name constraints of a path, and the strict rules if they are demanded, for a library without both.

    Args:
        path: DER of the certificates, the peer's own first and the trust anchor last.
        common_name: True if common names of the peer's own certificate count as DNS names when it has no others.
        strict: Whether to check the formal rules, too.

    Returns:
        The defect, with the depth of its certificate; None if the path is accepted.
    """
    constraint = constraint_defect(path, common_name=common_name)
    if constraint is not None:
        return VerifyDefect(constraint[0], "name-constraints", None, constraint[1])
    found = _strict_defect(path) if strict else None
    if found is None:
        return None
    return VerifyDefect(found[0], "strict", None, STRICT_WORDS.get(found[1], ""), found[1])


def issuer_defect(path: Sequence[Certificate], depth: int, issuers: Iterable[bytes]) -> tuple[int, str, str] | None:
    """Find the reason why a library found no issuer although a certificate has the issuer's name.

    Args:
        path: The certificates of the peer, in order.
        depth: The certificate without a known issuer.
        issuers: DER of the certificates that could be its issuer: sent by the peer, and the trust anchors.

    Returns:
        (depth, flag, defect) as in `VerifyDefect`; None if no certificate has that name.

    Source: RFC 5280 section 6.1.4 (k), (l), (m) and (n).
    """
    child = path[depth]
    reason: tuple[int, str, str] | None = None
    below = sum(not one.self_issued for one in path[1 : depth + 1])
    for der in issuers:
        # Only the issuer's name is searched at first: a trust store has 150 certificates.
        if child.form.issuer_der not in der or der == child.der:
            continue
        try:
            issuer = decode_certificate(der)
        except DecodeError:
            continue
        if issuer.subject_der != child.form.issuer_der or _other_key(issuer, child):
            continue
        found = (
            (depth + 1, *_authority_defect(issuer, below))
            if _unfit(issuer, below)
            else (depth, "bad-signature", "signature-mismatch")
        )
        if reason is None or reason[1] == "bad-signature":
            reason = found
    return reason


def _other_key(issuer: Certificate, child: Certificate) -> bool:
    """Return True if the identifiers say that another key signed the child (RFC 5280 section 4.2.1.1)."""
    ids = child.form.authority_key_id, issuer.form.subject_key_id
    return None not in ids and ids[0] != ids[1]


def _unfit(issuer: Certificate, below: int) -> bool:
    return (
        not issuer.is_ca
        or not _may_sign(issuer)
        or (issuer.form.path_length is not None and issuer.form.path_length < below)
    )


def _authority_defect(issuer: Certificate, below: int) -> tuple[str, str]:
    if not issuer.is_ca:
        return "not-a-ca", "no-ca-flag" if _BASIC_CONSTRAINTS in issuer.form.extensions else "no-basic-constraints"
    if not _may_sign(issuer):
        return "not-a-ca", "no-cert-sign"
    return "path-length", "path-length-exceeded"


def detailed(defect: VerifyDefect, chain: Sequence[bytes]) -> VerifyDefect:
    """Return a defect with the certificate that has it, and with more detail than the library gives.

    Args:
        defect: The note of the engine.
        chain: DER of the certificates as sent; empty if they are unknown.
    """
    path = sent_path(chain)
    if not path:
        return defect
    depth, flag, word, text = _FINDERS.get(defect.flag, _nothing)(path, defect)
    if depth is None:
        depth = _located(path, defect)
    subject = None
    if depth is not None and depth <= len(path):
        subject = path[depth].subject if depth < len(path) else path[-1].issuer
    return VerifyDefect(depth, flag, defect.code, text, word, defect.subject if subject is None else subject)


# (depth, flag, defect, text) of a `VerifyDefect`.
_Found = tuple[int | None, str, str | None, str | None]


def _nothing(path: list[Certificate], defect: VerifyDefect) -> _Found:
    return defect.depth, defect.flag, defect.defect, defect.text


def _broken_constraint(path: list[Certificate], defect: VerifyDefect) -> _Found:
    found = constraint_defect([one.der for one in path])
    return _nothing(path, defect) if found is None else (found[0], "name-constraints", defect.defect, found[1])


def _critical(path: list[Certificate], defect: VerifyDefect) -> _Found:
    """Find the critical extension: first one that no standard knows, then one that some libraries do not process."""
    for extensions, word in (
        (_PROCESSED | _UNPROCESSED.keys(), "unknown-extension"),
        (_PROCESSED, "unsupported-extension"),
    ):
        for depth, certificate in enumerate(path):
            for extension in certificate.form.critical:
                if extension == NAME_CONSTRAINTS and constraint_defect([one.der for one in path]):
                    # The library does not process it, and would refuse the path if it did.
                    return _broken_constraint(path, defect)
                if extension not in extensions:
                    name = _UNPROCESSED.get(extension) or _NEVER_CRITICAL.get(extension, extension)
                    return depth, defect.flag, word, f"critical extension {name}"
    broken = next((depth for depth, one in enumerate(path) if one.flaws), None)
    if broken is not None:
        return broken, "malformed", "broken-extension", defect.text  # Mbed TLS has one number for both
    return _above(path, defect)


def _not_a_ca(path: list[Certificate], defect: VerifyDefect) -> _Found:
    for depth, certificate in enumerate(path[1:], 1):
        if not certificate.is_ca or not _may_sign(certificate):
            return depth, defect.flag, _authority_defect(certificate, 0)[1], defect.text
    return _above(path, defect)


def _too_long(path: list[Certificate], defect: VerifyDefect) -> _Found:
    below = 0
    for depth, certificate in enumerate(path[1:], 1):
        if certificate.form.path_length is not None and certificate.form.path_length < below:
            return depth, defect.flag, defect.defect, defect.text
        below += not certificate.self_issued
    return _above(path, defect)


def _above(path: list[Certificate], defect: VerifyDefect) -> _Found:
    """Return the anchor above the sent certificates, which are all in order, unless the library says where the defect is."""
    return len(path) if defect.depth is None else defect.depth, defect.flag, defect.defect, defect.text


_FINDERS: Final[dict[str, Callable[[list[Certificate], VerifyDefect], _Found]]] = {
    "name-constraints": _broken_constraint,
    "critical-extension": _critical,
    "not-a-ca": _not_a_ca,
    "path-length": _too_long,
}


def _located(path: list[Certificate], defect: VerifyDefect) -> int | None:
    """Return the depth of the first certificate that can have a defect; None if that cannot be told."""
    has = _defect_test(defect)
    if has is None:
        # A signature is not verified again: of two certificates, only the first can be the signed one.
        return 0 if defect.flag == "bad-signature" and len(path) < 3 else None
    last = 0 if defect.flag == "purpose" else len(path)
    return next((depth for depth, one in enumerate(path) if has(one)), last)


def _defect_test(defect: VerifyDefect) -> Callable[[Certificate], bool] | None:
    now = datetime.now(UTC)
    tests: dict[str, Callable[[Certificate], bool]] = {
        "expired": lambda one: one.not_after < now,
        "not-yet-valid": lambda one: one.not_before > now,
        "weak-signature": lambda one: "sha1" in one.signature.lower() or "md5" in one.signature,
        "weak-key": _weak_key,
        "purpose": lambda one: bool(one.eku) and "serverAuth" not in one.eku,
        "issuer-not-found": lambda one: not one.self_issued,
        "self-signed": lambda one: True,
        "self-signed-in-chain": lambda one: one.self_issued,
        "name-constraints": lambda one: True,
    }
    rule = _STRICT_RULES.get(defect.defect or "")
    return tests.get(defect.flag) if rule is None else lambda one: rule(one, one.self_issued)


def _weak_key(certificate: Certificate) -> bool:
    """Return True below security level 2: RSA from 2048 bits, curves from 224."""
    kind, _, size = certificate.key.partition(" ")
    return certificate.key == "EC P-192" or (kind.startswith("RSA") and size.isdigit() and int(size) < 2048)
