"""Query the OCSP responder of a certificate and verify its answer.

The answer is used only if it is current and its signature leads to the issuer of the certificate. No nonce is sent:
large CAs answer with prepared responses without it (RFC 9654 section 2.1 makes it optional).
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from wssure.facts import Revocation
from wssure.tools.probe.fetch import Fetcher
from wssure.tools.probe.issuers import UNREADABLE, Link, is_issued_by, load
from wssure.wire.der import BIT_STRING, SEQUENCE, read_element

_REQUEST_TYPE: Final = "application/ocsp-request"
# The tolerated difference between two clocks.
_SKEW: Final = timedelta(minutes=5)
# RFC 6960 section 4.2.2.1: without nextUpdate "newer revocation information is available all the time"; an old answer is a replay.
_OLDEST: Final = timedelta(days=1)
_HASHES: Final = (hashes.SHA1, hashes.SHA224, hashes.SHA256, hashes.SHA384, hashes.SHA512)
_STATUSES: Final = {
    ocsp.OCSPCertStatus.GOOD: "good",
    ocsp.OCSPCertStatus.REVOKED: "revoked",
    ocsp.OCSPCertStatus.UNKNOWN: "unknown",
}


class _Unproven(ValueError):
    """The answer proves nothing; the text has the reason."""


async def ask(certificate: Link, issuer: Link, fetcher: Fetcher) -> Revocation | None:
    """Ask whether a certificate was revoked; None if it names no responder, or the fetch failed.

    Args:
        certificate: The server's own.
        issuer: The issuer, with a verified signature.
        fetcher: Makes the fetch.

    Returns:
        The status that the answer proves.

    Source: RFC 6960 section 2 and appendix A.1.
    """
    # RFC 5019 section 2.1.1 requires SHA-1 here: it identifies the certificate and has no security purpose.
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate.proved, issuer.proved, hashes.SHA1())  # noqa: S303
    question = builder.build().public_bytes(Encoding.DER)
    for url in certificate.decoded.aia_ocsp[:1]:
        body = await fetcher.post("ocsp", url, question, _REQUEST_TYPE)
        if body is not None:
            return read_answer(body, certificate, issuer, datetime.now(UTC))
    return None


def read_answer(body: bytes, certificate: Link, issuer: Link, now: datetime) -> Revocation:
    """Return the revocation status that an OCSP answer proves.

    Args:
        body: The body of the answer.
        certificate: The certificate of the query.
        issuer: The issuer of the certificate.
        now: The present time, with a time zone.

    Source: RFC 6960 section 3.2.
    """
    try:
        response = ocsp.load_der_ocsp_response(body)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise _Unproven(f"the responder answers {response.response_status.name.lower()}")
        single = _about(response, certificate, issuer)
        _check_signature(response, issuer, now)
        _check_times(single, now)
        return _status(single)
    except _Unproven as error:
        return Revocation(None, problem=str(error))
    except UNREADABLE as error:
        return Revocation(None, problem=f"the answer cannot be read: {error or type(error).__name__}")


def _status(single: ocsp.OCSPSingleResponse) -> Revocation:
    at, until, reason = single.revocation_time_utc, single.next_update_utc, single.revocation_reason
    return Revocation(
        _STATUSES[single.certificate_status],
        None if at is None else at.isoformat(),
        None if reason is None else reason.value,
        single.this_update_utc.isoformat(),
        None if until is None else until.isoformat(),
    )


def _about(response: ocsp.OCSPResponse, certificate: Link, issuer: Link) -> ocsp.OCSPSingleResponse:
    """Return the part of the answer for this certificate of this issuer.

    Source: RFC 6960 section 4.1.1 (CertID), section 3.2 point 1.
    """
    for single in response.responses:
        if single.serial_number != certificate.decoded.serial or not isinstance(single.hash_algorithm, _HASHES):
            continue
        name = _hash(single.hash_algorithm, issuer.proved.subject.public_bytes())
        key = _hash(single.hash_algorithm, _key_bits(issuer.proved))
        if (single.issuer_name_hash, single.issuer_key_hash) == (name, key):
            return single
    raise _Unproven("the answer is about another certificate")


def _hash(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(data)
    return digest.finalize()


def _key_bits(certificate: x509.Certificate) -> bytes:
    """Return the hashed part of a key: the contents of its BIT STRING, without the count of unused bits."""
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    parts = read_element(spki).expect(SEQUENCE, "SubjectPublicKeyInfo").children()
    return parts[1].expect(BIT_STRING, "subjectPublicKey").contents[1:]


def _check_signature(response: ocsp.OCSPResponse, issuer: Link, now: datetime) -> None:
    """Refuse an answer that is signed neither by the issuer nor by its authorized responder.

    Source: RFC 6960 section 4.2.2.2.
    """
    signer = next(
        (candidate for candidate in _signers(response, issuer, now) if _is_responder(response, candidate)), None
    )
    if signer is None:
        raise _Unproven("the answer is signed by nobody whom the issuer named for it")
    algorithm = response.signature_hash_algorithm
    if isinstance(algorithm, (hashes.SHA1, hashes.MD5)):
        raise _Unproven(f"the answer is signed with {algorithm.name}, which proves nothing")
    try:
        _verify(signer.proved.public_key(), response, algorithm)
    except UNREADABLE as error:
        raise _Unproven("the signature of the answer does not verify") from error


def _signers(response: ocsp.OCSPResponse, issuer: Link, now: datetime) -> list[Link]:
    """Return the allowed signers: the issuer, and certificates that it issued for this purpose."""
    candidates = [issuer]
    for certificate in response.certificates[:4]:
        link = load(certificate.public_bytes(Encoding.DER))
        if link is not None and link.covers(now) and is_issued_by(link, issuer) and _signs_ocsp(link):
            candidates.append(link)
    return candidates


def _signs_ocsp(link: Link) -> bool:
    """Return True if a certificate may sign OCSP answers: "a value of id-kp-OCSPSigning in an extended key usage"."""
    try:
        purposes = link.proved.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in purposes


def _is_responder(response: ocsp.OCSPResponse, link: Link) -> bool:
    """Return True if a certificate is the responder named in the answer (by name, or by SHA-1 of the key)."""
    if response.responder_name is not None:
        return response.responder_name == link.proved.subject
    return response.responder_key_hash == _hash(hashes.SHA1(), _key_bits(link.proved))  # noqa: S303


def _verify(key: object, response: ocsp.OCSPResponse, algorithm: hashes.HashAlgorithm | None) -> None:
    signature, body = response.signature, response.tbs_response_bytes
    if isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
        key.verify(signature, body)
    elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm is not None:
        key.verify(signature, body, ec.ECDSA(algorithm))
    elif isinstance(key, rsa.RSAPublicKey) and algorithm is not None:
        key.verify(signature, body, padding.PKCS1v15(), algorithm)
    else:
        raise TypeError("a kind of signature that is not known here")


def _check_times(single: ocsp.OCSPSingleResponse, now: datetime) -> None:
    """Refuse an answer that is not current.

    Source: RFC 6960 section 3.2 points 5 and 6.
    """
    begins, ends = single.this_update_utc, single.next_update_utc
    if begins > now + _SKEW:
        raise _Unproven(f"the answer is of the future: {begins:%Y-%m-%d %H:%M} UTC")
    if ends is None and begins < now - _OLDEST:
        raise _Unproven(f"the answer is old: of {begins:%Y-%m-%d %H:%M} UTC")
    if ends is not None and ends < now - _SKEW:
        raise _Unproven(f"the answer is outdated since {ends:%Y-%m-%d %H:%M} UTC")
