"""The setting `groups`: exactly these key exchange groups are offered or accepted, or the error says why they cannot be."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from tests.aio.serving import Loopback, hold

from wssure import TLSFailed, TLSSettings, UsageError
from wssure.fixes import Reader, fix
from wssure.name import DnsName
from wssure.tls import backends
from wssure.tls.contract import Backend
from wssure.tls.sessions import SessionKey
from wssure.tls.settings import GROUPS
from wssure.wire.hello import find_client_hello

NAME = DnsName("a.example.net")
CLASSIC = ("x25519", "secp256r1", "secp384r1")


def offered(backend: Backend, **settings) -> tuple[int, ...]:
    """Return the numbers of the groups in the ClientHello of a client."""
    engine = backend.client(TLSSettings(verify="none", keylog="", **settings), NAME)
    engine.handshake()
    return tuple(find_client_hello(bytes(engine.outgoing())).groups)


def attempt(backend: Backend, groups: tuple[str, ...]) -> tuple[int, ...] | UsageError:
    """Return what is offered, or the error if the library cannot offer it."""
    try:
        return offered(backend, groups=groups)
    except UsageError as error:
        return error


@pytest.mark.parametrize("group", GROUPS)
def test_one_group_is_offered_alone_or_refused_with_the_library(backend: Backend, group):
    found = attempt(backend, (group,))
    if isinstance(found, UsageError):
        assert group not in ("secp256r1", "secp384r1"), "every library has these"
        assert group in str(found)
        assert found.failure.cause == "usage.groups"
        assert "backend=" in found.failure.fix
    else:
        assert found == (GROUPS[group],)


@pytest.mark.parametrize("groups", list(itertools.permutations(("secp256r1", "secp384r1", "secp521r1"), 2)))
def test_groups_are_offered_in_their_order_or_refused(backend: Backend, groups):
    found = attempt(backend, groups)
    if isinstance(found, UsageError):
        assert backend.name == "stdlib"
        assert 'backend="openssl"' in found.failure.fix
    else:
        assert found == tuple(GROUPS[group] for group in groups)


def test_without_the_setting_the_library_decides(backend: Backend):
    assert GROUPS["secp256r1"] in offered(backend)


def test_the_post_quantum_group_goes_with_the_library(backend: Backend):
    """The hello of a library that offers X25519MLKEM768 by default gets small without it."""
    if not backend.capabilities.pq:
        with pytest.raises(UsageError, match="X25519MLKEM768"):
            offered(backend, groups=("X25519MLKEM768",))
        return
    assert GROUPS["X25519MLKEM768"] in offered(backend)
    assert GROUPS["X25519MLKEM768"] not in offered(backend, groups=("x25519",))


WRONG = ["x25519", (), ("x25519", "X25519"), ("P-256", "secp256r1"), ("ffdhe2048",), (29,), b"x25519", ("x25519", "")]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_what_is_no_list_of_groups_is_refused(wrong):
    with pytest.raises(UsageError, match="groups got") as caught:
        TLSSettings(groups=wrong)
    assert caught.value.failure.cause == "usage.groups"


def test_a_group_has_one_name():
    assert TLSSettings(groups=["X25519", "P-256", "P-384", "x25519mlkem768"]).groups == (
        "x25519",
        "secp256r1",
        "secp384r1",
        "X25519MLKEM768",
    )


def test_a_session_is_of_its_groups(backend: Backend):
    keys = [SessionKey.make(backend, TLSSettings(groups=groups), NAME, 443) for groups in (None, CLASSIC, CLASSIC[:1])]
    assert len({key.terms for key in keys if key is not None}) == 3


def test_a_server_accepts_only_its_groups(backend: Backend, site_pem, ca_pem):
    async def meet(theirs: str, ours: str) -> None:
        place = Loopback(backend.name, site_pem("a.example"), ca_pem)
        settings = TLSSettings(groups=(ours,))
        async with (
            place.server(hold, tls=settings) as server,
            place.connect(server, tls=TLSSettings(ca=ca_pem, groups=(theirs,))),
        ):
            pass

    asyncio.run(meet("secp256r1", "secp256r1"))
    with pytest.raises(TLSFailed):
        asyncio.run(meet("secp256r1", "secp384r1"))


def test_the_fix_for_a_dropped_hello_is_the_setting(backend: Backend):
    text = fix("tls.large-hello-dropped").text(Reader.PYTHON)
    assert f"TLSSettings(groups={CLASSIC!r})".replace("'", '"') in text
    assert "--groups x25519,secp256r1,secp384r1" in fix("tls.large-hello-dropped").text(Reader.FLAGS)
    if backend.name == "openssl":
        assert offered(backends.backend("openssl"), groups=CLASSIC) == tuple(GROUPS[group] for group in CLASSIC)
