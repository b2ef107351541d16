"""Fetch published data about a server's certificate: a missing issuer and the revocation status."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from wssure.diagnose.chain import when_and_why
from wssure.errors import UsageError
from wssure.evidence import Confidence
from wssure.facts import Fact, Revocation
from wssure.tls.backends import available, backend
from wssure.tls.settings import Material
from wssure.tools.probe.attempt import Tls, shake_hands
from wssure.tools.probe.fetch import Fetcher
from wssure.tools.probe.finding import Finding
from wssure.tools.probe.outcome import Outcome
from wssure.tools.probe.probed import Experiment, Probed

if TYPE_CHECKING:
    # Needs the package cryptography, and `need_library` has to be importable without it.
    from wssure.tools.probe.issuers import Search

_QUESTIONS: Final = frozenset({"cert.chain-incomplete", "cert.untrusted-root", "cert.no-trust-store"})


class Published:
    """The published data about the certificate of one failed connection.

    Args:
        probed: The failure.
        end: The end of the time limit, on `time.monotonic`.

    Attributes:
        connections: Number of connections to the server, without the fetches.
    """

    def __init__(self, probed: Probed, end: float) -> None:
        self._probed = probed
        self._end = end
        self._search: Search | None = None
        self.connections = 0

    async def look(self) -> tuple[Fact, ...]:
        """Fetch and return the facts `fetch.*`.

        A new connection gets the certificates again, because a failure keeps only a part of them.
        """
        chain = await self._chain()
        if not chain:
            return ()
        from wssure.tools.probe.issuers import Search, known_anchors

        try:
            anchors = known_anchors(self._probed.settings.ca)
        except (UsageError, OSError):
            return ()  # without an anchor there is no path
        search = self._search = Search(chain, anchors, datetime.now(UTC))
        fetcher = Fetcher(self._end)
        facts: list[Fact | None] = []
        if self._probed.candidates & _QUESTIONS:
            facts.append(await search.fetch_missing(fetcher))
        facts.append(await _revocation(search, fetcher))
        return (*fetcher.facts, *(fact for fact in facts if fact is not None))

    async def _chain(self) -> tuple[bytes, ...]:
        tls = _that_shows(self._probed)
        left_s = self._end - time.monotonic()
        if tls is None or left_s <= 0:
            return ()
        self.connections += 1
        chain = (await shake_hands(self._probed.route, tls, min(self._probed.limit_s, left_s))).chain
        refused = self._probed.evidence.leaf.sha256
        # Behind one address there may be several servers: another one's certificate says nothing about this failure.
        same = bool(chain) and refused in (None, hashlib.sha256(chain[0]).hexdigest())
        return chain if same else ()

    def experiment(self) -> Experiment | None:
        """Return the experiment with the missing certificates added; None if none were found or there is no path.

        Only a path of verified signatures to an anchor is trusted.
        """
        search = self._search
        if search is None or search.path is None or not search.fetched:
            return None
        tls = self._probed.tls(ca=b"".join(link.pem for link in search.path[1:]))

        async def run(limit_s: float) -> Outcome:
            return (await shake_hands(self._probed.route, tls, limit_s)).outcome

        return Experiment("chain.fetched", "with the issuer it does not send", _QUESTIONS, "cert.chain-incomplete", run)


def _that_shows(probed: Probed) -> Tls | None:
    """Return the TLS parameters of the failure, with another library if its own hides refused certificates."""
    tls = probed.tls()
    if tls.backend.capabilities.chain_on_failure:
        return tls
    others = (backend(name) for name in available())
    better = next((candidate for candidate in others if candidate.capabilities.chain_on_failure), None)
    return None if better is None else Tls(better, tls.settings, tls.server_name)


async def _revocation(search: Search, fetcher: Fetcher) -> Revocation | None:
    """Query the revocation status, if the issuer leads to an anchor: the answers of other issuers prove nothing."""
    from wssure.tools.probe.ocsp import ask

    if search.path is None:
        return None
    return await ask(search.path[0], search.path[1], fetcher)


async def revocation_of(
    chain: Sequence[bytes], ca: Material | None, budget_s: float
) -> tuple[tuple[Fact, ...], tuple[Finding, ...]]:
    """Query the revocation status of a working endpoint's certificate.

    Args:
        chain: DER of the server's certificates, its own first.
        ca: The trust anchors of the verification, as in `TLSSettings`.
        budget_s: Seconds for all fetches.
    """
    from wssure.tools.probe.issuers import Search, known_anchors

    if not chain:
        return (), ()
    try:
        search = Search(chain, known_anchors(ca), datetime.now(UTC))
    except (UsageError, OSError):
        return (), ()  # pinned, without any anchor
    fetcher = Fetcher(time.monotonic() + budget_s)
    revocation = await _revocation(search, fetcher)
    if revocation is None:
        return tuple(fetcher.facts), ()
    findings: tuple[Finding, ...] = ()
    if revocation.status == "revoked":
        findings = (
            Finding(
                "cert.revoked",
                f"the certificate was revoked by its issuer{when_and_why(revocation)}: clients that ask fail",
                "let the server get a new certificate with a new key",
                Confidence.CERTAIN,
            ),
        )
    return (*fetcher.facts, revocation), findings
