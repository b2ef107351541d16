"""What experiments never send, seen by the server: each law against everything that arrived."""

from __future__ import annotations

import asyncio
import pickle
import ssl

import pytest
from tests.causes.conftest import NAME
from tests.peers import scripts
from tests.peers.choosy import Arrived, chooses, notes_plain, recording
from tests.peers.listener import listening

import wssure
from wssure import TLSSettings
from wssure.facts import ProbeBudget, ProbeResult
from wssure.tools.probe.names import NOBODY

HERE = "127.0.0.1"
SECRETS = (b"s3cret", b"Authorization", b"Cookie", b"X-Token", b"token=", b"chat.v2")


def fails(url: str, *, diagnose: bool = True, **arguments: object) -> wssure.Failure:
    """Connect with everything that is secret; return the failure after the experiments."""

    async def run() -> wssure.Failure:
        headers = {"Cookie": "id=s3cret", "X-Token": "s3cret"}
        limits = {"tls": 1, "upgrade": 1}
        with pytest.raises(wssure.ConnectFailed) as caught:
            await wssure.connect(
                url, address=HERE, additional_headers=headers, subprotocols=["chat.v2"], timeouts=limits, **arguments
            )
        return await wssure.investigate(caught.value, budget_s=5) if diagnose else caught.value.failure

    return asyncio.run(run())


def test_nothing_of_the_callers_leaves_before_tls(backend):
    arrived = Arrived()
    with recording(scripts.closes_after_hello, arrived) as port:
        failure = fails(f"wss://user:s3cret@{NAME}:{port}/private?token=s3cret", backend=backend)
    assert len(arrived.wire) > 5
    everything = arrived.everything() + repr(failure).encode()
    assert [secret for secret in (*SECRETS, b"private") if secret in arrived.everything()] == []
    assert b"s3cret" not in everything


def test_plain_http_is_get_and_nothing_else(backend):
    arrived = Arrived()
    with recording(scripts.closes_after_hello, arrived) as port:
        fails(f"wss://user:s3cret@{NAME}:{port}/private?token=s3cret", backend=backend)
    announced = b"PROXY UNKNOWN\r\n\x16\x03"  # a hello behind the header of a load balancer
    plain = [data for data in arrived.wire if data and data[0] != 22 and not data.startswith(announced)]
    assert plain == [f"GET / HTTP/1.1\r\nHost: {NAME}:{port}\r\nConnection: close\r\n\r\n".encode()]


@pytest.mark.parametrize("answer", [(403, "Forbidden"), (404, "Not Found"), (400, "Bad Request")], ids=str)
def test_upgrades_carry_neither_credentials_nor_query(backend, context, ca_pem, answer):
    arrived = Arrived()
    talk = notes_plain(scripts.status(*answer), arrived)
    with listening(scripts.over_tls(context(), talk)) as port:
        url = f"wss://user:s3cret@{NAME}:{port}/chat?token=s3cret"
        fails(url, backend=backend, tls=TLSSettings(ca=ca_pem))
    first, *others = arrived.plain
    assert all(secret in first for secret in SECRETS), "the caller's own request has it all"
    assert others
    assert [request for request in others for secret in SECRETS if secret in request] == []
    assert {request.split(b"\r\n")[0] for request in others} == {b"GET /chat HTTP/1.1"}


def test_an_unverified_connection_carries_no_byte_after_the_handshake(backend, context, ca_pem):
    # Nobody here trusts this certificate; without the right name nothing is answered at all.
    arrived = Arrived()
    then = notes_plain(scripts.read_request, arrived)
    talk = chooses(context(), then, lambda hello: scripts.closes_after_hello if hello.server_name == NAME else None)
    with listening(talk) as port:
        failure = fails(f"wss://{NAME}:{port}/", backend=backend)
    assert any(isinstance(fact, ProbeResult) and fact.flipped for fact in failure.facts)
    assert b"".join(arrived.plain) == b""


@pytest.mark.parametrize("relaxed", [{"verify": "none"}, {"verify": "chain"}], ids=str)
def test_an_upgrade_is_not_repeated_where_the_name_is_not_proved(backend, context, ca_pem, relaxed):
    arrived = Arrived()
    talk = notes_plain(scripts.status(403, "Forbidden"), arrived)
    with listening(scripts.over_tls(context(), talk)) as port:
        fails(f"wss://{NAME}:{port}/", backend=backend, tls=TLSSettings(ca=ca_pem, **relaxed))
    assert len(arrived.plain) == 1


def test_no_experiment_shows_the_client_certificate(backend, context, ca, ca_pem, site_pem, tmp_path):
    shown = []

    def then(connection):
        shown.append(connection.getpeercert())
        scripts.status(403, "Forbidden")(connection)

    own = tmp_path / "client.pem"
    own.write_bytes(site_pem("client.example.net"))
    serving = context()
    serving.verify_mode = ssl.CERT_OPTIONAL
    ca.configure_trust(serving)
    talk = chooses(serving, then, lambda hello: scripts.sends_alert(40) if hello.server_name == NAME else None)
    with listening(scripts.over_tls(serving, then)) as port, listening(talk) as choosy:
        settings = TLSSettings(ca=ca_pem, cert=own)
        fails(f"wss://{NAME}:{port}/", backend=backend, tls=settings)
        assert len(shown) == 1
        assert shown[0]
        fails(f"wss://{NAME}:{choosy}/", backend=backend, tls=settings)
    assert not any(shown[1:])


def test_what_the_exception_keeps_holds_no_secret(tmp_path, site_pem):
    own = tmp_path / "s3cret.pem"
    own.write_bytes(site_pem("client.example.net"))

    async def run() -> wssure.ConnectFailed:
        url = f"wss://user:s3cret@{NAME}:1/private?token=s3cret"
        settings = TLSSettings(cert=own, key=own, keylog=tmp_path / "s3cret.log")
        with pytest.raises(wssure.ConnectFailed) as caught:
            await wssure.connect(url, address=HERE, tls=settings, additional_headers={"Cookie": "s3cret"})
        return caught.value

    target = asyncio.run(run()).target
    assert b"s3cret" not in pickle.dumps(target)
    assert "s3cret" not in repr(target)


def test_a_failed_connection_does_not_probe_by_itself(backend):
    arrived = Arrived()
    with recording(scripts.closes_after_hello, arrived) as port:
        fails(f"wss://{NAME}:{port}/", backend=backend, diagnose=False)
    assert len(arrived.wire) == 1


def test_only_the_address_that_failed_is_dialled(backend):
    arrived, elsewhere = Arrived(), Arrived()
    with (
        recording(scripts.closes_after_hello, arrived) as port,
        recording(scripts.closes_after_hello, elsewhere, "127.0.0.2"),
    ):
        failure = fails(f"wss://{NAME}:{port}/", backend=backend)
    assert failure.fact(ProbeBudget).connections == len(arrived.wire) - 1
    assert elsewhere.wire == []


def test_a_context_of_the_users_own_is_stood_for_by_the_certificate_it_believed(context, ca, ca_pem):
    own = ssl.create_default_context(cadata=ca_pem.decode())
    arrived = Arrived()
    talk = notes_plain(scripts.status(403, "Forbidden"), arrived)
    with listening(scripts.over_tls(context(), talk)) as port:
        fails(f"wss://{NAME}:{port}/", tls=own)
    assert len(arrived.plain) > 1


def test_the_name_that_is_nobodys_is_nobodys():
    # RFC 6761 section 6.4
    assert NOBODY.name.endswith(".invalid")
