"""Experiments with the address: the same handshake, or the same request, with each other address of the name."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from wssure.aio.dial import address_text
from wssure.diagnose.view import answers
from wssure.evidence import Stage
from wssure.tools.probe.attempt import Request, Route, ask_upgrade
from wssure.tools.probe.outcome import Outcome
from wssure.tools.probe.probed import UNEXPLAINED, Experiment, Probed, parse_address
from wssure.tools.probe.upgrade import usual_request

_SEPARATES: Final = UNEXPLAINED | {"tcp.v6-broken"}
_MOST: Final = 3


def experiments(probed: Probed) -> Iterator[Experiment]:
    """Yield one experiment for each further address, the other family's first."""
    # Behind a proxy the answers are its own addresses: the server's are the proxy's to choose.
    request = usual_request(probed)
    in_tls = probed.failure.stage is Stage.TLS and probed.secure
    if probed.route.proxy is not None or not (in_tls or request):
        return
    port = probed.address[1][1]
    others = [
        address for text in answers(probed.evidence) if (address := parse_address(f"[{text}]:{port}")) is not None
    ]
    refused = {attempt.address for attempt in probed.evidence.attempts if attempt.errno}
    others = [
        address for address in others if address[1][0] != probed.address[1][0] and address_text(*address) not in refused
    ]
    others.sort(key=lambda address: address[0] == probed.address[0])
    for address in others[:_MOST]:
        family = address[0] != probed.address[0]
        name = "address.family" if family else "address.other"
        # Of an answer that was refused the other address shows only that the two differ, and not why.
        decides = "tcp.v6-broken" if family and probed.unanswered else None
        separates = _SEPARATES if probed.unanswered else probed.candidates
        question, route = f"at {address[1][0]}", Route(address)
        if request is None:
            yield probed.handshake(name, question, separates, decides, route=route)
        else:
            yield Experiment(name, question, separates, decides, partial(_ask, probed, route, request))


async def _ask(probed: Probed, route: Route, request: Request, limit_s: float) -> Outcome:
    return (await ask_upgrade(route, probed.verified_tls(), request, limit_s)).outcome
