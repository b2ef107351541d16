"""Experiments with the TLS version: each one alone, and versions that are too old for the libraries here."""

from collections.abc import Iterator
from typing import Final

from wssure.tools.probe.attempt import offer_hello
from wssure.tools.probe.outcome import Outcome
from wssure.tools.probe.probed import UNEXPLAINED, Experiment, Probed, Run
from wssure.wire.hello_encode import encode_client_hello, records
from wssure.wire.hello_extension import SUPPORTED_VERSIONS

_SEPARATES: Final = UNEXPLAINED | {"tls.version", "tls.no-common-params"}
_TLS11: Final = 0x0302
_TLS13_ONLY: Final = frozenset({SUPPORTED_VERSIONS, 51, 45, 41, 42})
# TLS_RSA_WITH_AES_128_CBC_SHA and similar suites of servers older than TLS 1.2.
_OLD_SUITES: Final = (0xC014, 0xC013, 0xC00A, 0xC009, 0x0039, 0x0033, 0x0035, 0x002F, 0x000A, 0x0005)


def experiments(probed: Probed) -> Iterator[Experiment]:
    """Yield the experiments with the version."""
    if not probed.secure or probed.evidence.flags or probed.evidence.done:
        return
    for version in ("TLSv1.2", "TLSv1.3"):
        only = probed.settings.min_version == probed.settings.max_version == version
        if not only and (version != "TLSv1.3" or probed.backend.capabilities.tls13):
            name, question = f"version.{version[4:]}", f"offering {version} alone"
            yield probed.handshake(name, question, _SEPARATES, "tls.version", min_version=version, max_version=version)
    if probed.unanswered and probed.hello is not None:
        yield Experiment("version.old", "offering TLS 1.1 and older", _SEPARATES, "tls.version", _old(probed))


def _old(probed: Probed) -> Run:
    async def run(limit_s: float) -> Outcome:
        assert probed.hello is not None
        kept = [
            (extension.id, extension.data) for extension in probed.hello.extensions if extension.id not in _TLS13_ONLY
        ]
        message = encode_client_hello(probed.hello, legacy_version=_TLS11, cipher_suites=_OLD_SUITES, extensions=kept)
        return (await offer_hello(probed.route, [records(message)], limit_s)).outcome

    return run
