"""Inspect the certificate chain and the clock of an endpoint that works: order, gaps, dates, names, skew."""

import datetime
from collections.abc import Iterator, Sequence
from email.utils import parsedate_to_datetime
from typing import Final

from wssure.evidence import Confidence
from wssure.name import DnsName, ServerName
from wssure.text import printable
from wssure.tools.probe.finding import Finding
from wssure.wire.x509 import Certificate

_SOON_DAYS: Final = 21
_SKEW_S: Final = 60


def inspect_chain(
    chain: Sequence[Certificate], anchors: Sequence[Certificate], host: ServerName, now: datetime.datetime
) -> Iterator[Finding]:
    """Yield the weaknesses of a chain that was verified.

    Args:
        chain: The certificates that the server sent, its own first.
        anchors: The trust anchors it was verified with; empty if they are not known one by one.
        host: The name that was proved.
        now: The time, aware.
    """
    if not chain:
        return
    yield from _order(chain)
    yield from _gap(chain, anchors)
    yield from _expiry(chain, now)
    yield from _coverage(chain[0], host)


def _order(chain: Sequence[Certificate]) -> Iterator[Finding]:
    for depth in range(len(chain) - 1):
        # RFC 5246 section 7.4.2: "Each following certificate MUST directly certify the one preceding it"; RFC 8446 lets it
        # pass as a SHOULD, and embedded libraries do not look further.
        if chain[depth].issuer != chain[depth + 1].subject:
            yield Finding(
                "cert.chain-incomplete",
                f"certificate {depth + 1} of the chain is {printable(chain[depth + 1].subject, 80)}, not the issuer of "
                f"the one before it, {printable(chain[depth].issuer, 80)}: clients that do not sort will fail",
                "send the chain in order: the server's own certificate, then each issuer, without the root",
            )
            return


def _gap(chain: Sequence[Certificate], anchors: Sequence[Certificate]) -> Iterator[Finding]:
    sent = {certificate.subject for certificate in chain}
    missing = [
        certificate.issuer for certificate in chain if not certificate.self_issued and certificate.issuer not in sent
    ]
    roots = {certificate.subject for certificate in anchors if certificate.self_issued}
    ours = {certificate.subject for certificate in anchors if not certificate.self_issued}
    for issuer in missing:
        if issuer in ours and issuer not in roots:
            yield Finding(
                "cert.chain-incomplete",
                f"the server does not send the intermediate certificate {printable(issuer, 80)}; it was found only "
                "among the trust anchors here, and clients that trust roots alone will fail",
                "configure the full chain on the server (fullchain.pem, not cert.pem)",
            )
    alone = len(chain) == 1 and not chain[0].self_issued and not anchors and chain[0].aia_issuers
    if alone:
        yield Finding(
            "cert.chain-incomplete",
            f"the server sends its own certificate alone, issued by {printable(chain[0].issuer, 80)}; where that is no "
            "root, clients without it will fail",
            "configure the full chain on the server (fullchain.pem, not cert.pem)",
            Confidence.POSSIBLE,
        )


def _expiry(chain: Sequence[Certificate], now: datetime.datetime) -> Iterator[Finding]:
    for depth, certificate in enumerate(chain):
        days = (certificate.not_after - now).days
        if days < _SOON_DAYS:
            what = (
                "the certificate"
                if depth == 0
                else f"the intermediate certificate {printable(certificate.subject, 60)}"
            )
            when = "has expired" if days < 0 else f"expires in {days} days"
            yield Finding(
                "cert.expired",
                f"{what} {when}, on {certificate.not_after:%Y-%m-%d}: from then on every client fails",
                "renew it now, and see why the automatic renewal has not (it is due at a third of the lifetime)",
                Confidence.CERTAIN,
            )


def _coverage(leaf: Certificate, host: ServerName) -> Iterator[Finding]:
    if not isinstance(host, DnsName):
        return
    name = host.name
    if name.startswith("www.") and name.count(".") >= 2:
        other = name.removeprefix("www.")
    elif name.count(".") == 1:
        other = f"www.{name}"
    else:
        return
    names = {other, "*." + other.partition(".")[2]}
    if not names & {certificate_name.lower() for certificate_name in leaf.dns_names}:
        yield Finding(
            "cert.hostname",
            f"the certificate is not for {other}: clients of that name fail",
            f"add {other} to the certificate, if the name leads here",
            Confidence.POSSIBLE,
        )


def inspect_clock(date: str | None, now: datetime.datetime) -> Iterator[Finding]:
    """Yield a finding if a Date header shows a difference between the two clocks.

    Args:
        date: The header of an answer that just came; None if there was none.
        now: The time here, aware.

    Source: RFC 9110 section 6.6.1.
    """
    try:
        theirs = parsedate_to_datetime(date) if date else None
    except ValueError:
        return
    if theirs is None:
        return
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=datetime.UTC)
    ahead_s = (theirs - now).total_seconds()
    if abs(ahead_s) <= _SKEW_S:
        return
    which = "ahead of" if ahead_s > 0 else "behind"
    yield Finding(
        "cert.not-yet-valid",
        f"the server's clock is {abs(ahead_s):.0f} s {which} the one here: fresh certificates, tickets and tokens of one "
        "side are not yet valid, or no longer, on the other",
        "set both clocks by NTP",
    )
