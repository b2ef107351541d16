"""A peer that sends back what we sent: the secret reaches no fact, exception, log or output."""

from __future__ import annotations

import asyncio
import base64
import html
import json
import pickle
import socket
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.peers import scripts
from tests.peers.listener import Talk, listening
from tests.peers.scripts import close_frame
from tests.test_secrets import HEAD, TAIL, check_text, logged, outputs, patient, texts_of

from wssure import ConnectionClosed, Endpoint, Headers, Request, WssError, connect
from wssure.aio.reflected import ReflectionMask
from wssure.facts import CertificateSeen, EndpointUrl, UpgradeBroken
from wssure.proxy import Proxy

SECRET = f'{HEAD}-é+/&"{TAIL}'
COOKIE = f"{HEAD}.{TAIL}"
FORMS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "upper case": lambda secret: secret.encode().upper().decode(),
    "percent-encoded": lambda secret: quote(secret, safe=""),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 for URLs": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    "HTML": html.escape,
    "JSON": json.dumps,
    "hexadecimal": lambda secret: secret.encode().hex(),
}


def hidden(secret: str, text: str) -> None:
    check_text(text, secret)
    for form in FORMS.values():
        assert form(secret).lower() not in text.lower()


def refuses(make: Callable[[str], bytes]) -> Talk:
    """Answer with bytes that hold the secret as every form in turn."""

    def talk(connection: socket.socket) -> None:
        scripts.read_request(connection)
        connection.sendall(make(form_now[0]))

    return talk


form_now = [""]


def body(text: str) -> bytes:
    data = f"<p>you sent {text}</p>".encode()
    return b"HTTP/1.1 403 No\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(data) + data


def line(template: str) -> Callable[[str], bytes]:
    return lambda text: template.format(text.encode().decode("latin-1")).encode("latin-1") + b"\r\n\r\n"


ANSWERS: dict[str, Callable[[str], bytes]] = {
    "body": body,
    "reason": line("HTTP/1.1 403 {}\r\nContent-Length: 0"),
    "header": line("HTTP/1.1 403 No\r\nServer: {}\r\nContent-Length: 0"),
    "challenge": line('HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="{}"\r\nContent-Length: 0'),
    "Location": line("HTTP/1.1 302 Found\r\nLocation: https://h.example/{}\r\nContent-Length: 0"),
    "garbage": line("{} what is this"),
    "malformed header": line("HTTP/1.1 200 OK\r\n{} no colon"),
    "malformed length": line("HTTP/1.1 200 OK\r\nContent-Length: {}"),
    "wrong 101": line("HTTP/1.1 101 Ok\r\nUpgrade: {}\r\nConnection: Upgrade"),
}


THROUGH = ["user info", "query", "header", "cookie", "proxy"]


# One function masks every form, one list holds every secret, and one place makes each text: two of the three vary at a time.
@pytest.mark.parametrize(
    ("where", "form", "through"),
    sorted(
        {("body", form, through) for form in FORMS for through in THROUGH}
        | {(where, "raw", through) for where in ANSWERS for through in THROUGH}
        | {(where, form, "query") for where in ANSWERS for form in FORMS}
    ),
)
def test_what_an_answer_sends_back_is_masked(where, form, through):
    secret = SECRET if through in ("user info", "query", "proxy") else COOKIE
    form_now[0] = FORMS[form](secret)
    quoted = quote(secret, safe="")
    userinfo = f"user:{quoted}@" if through == "user info" else ""
    query = f"?a=b&token={quoted}" if through == "query" else ""
    headers = {"header": {"Authorization": f"Bearer {secret}"}, "cookie": {"Cookie": f"a=b; session={secret}"}}
    with listening(refuses(ANSWERS[where])) as port:

        async def run() -> None:
            await connect(
                f"ws://{userinfo}h.example/{query}",
                address="127.0.0.1",
                address_port=port,
                proxy=f"http://user:{quoted}@127.0.0.1:{port}" if through == "proxy" else None,
                additional_headers=headers.get(through),
            )

        with logged() as log, pytest.raises(WssError) as caught:
            asyncio.run(run())
    for text in (*texts_of(caught.value), log.getvalue(), repr(getattr(caught.value, "response", None))):
        hidden(secret, text)
    for text in texts_of(pickle.loads(pickle.dumps(caught.value))):
        hidden(secret, text)


@pytest.mark.parametrize("code", [1000, 1008])
def test_a_close_reason_that_sends_a_secret_back_is_masked(code):
    with listening(scripts.upgrades(then=close_frame(code, f"bad token {COOKIE}"))) as port:

        async def run() -> ConnectionClosed:
            headers = {"X-Api-Key": COOKIE}
            async with connect(f"ws://127.0.0.1:{port}/", proxy=None, additional_headers=headers) as ws:
                with pytest.raises(ConnectionClosed) as caught:
                    await ws.recv()
                return caught.value

        for text in texts_of(asyncio.run(run())):
            hidden(COOKIE, text)
        for verb in ("check", "connect"):
            words = (verb, f"ws://127.0.0.1:{port}/", "--proxy", "none", "-H", f"X-Api-Key: {COOKIE}")
            hidden(COOKIE, outputs(*words))
            hidden(COOKIE, outputs(*words, "--json"))


@pytest.mark.parametrize("verb", ["check", "connect"])
@pytest.mark.parametrize("json_flag", [(), ("--json",)])
def test_the_command_line_shows_no_secret_that_an_answer_sends_back(verb, json_flag):
    form_now[0] = COOKIE
    with listening(refuses(body)) as port:
        hidden(COOKIE, outputs(verb, f"ws://127.0.0.1:{port}/?t={COOKIE}", "--proxy", "none", *json_flag))
    with listening(scripts.upgrades(extra=(b"Server: " + COOKIE.encode(),))) as port:
        hidden(COOKIE, outputs(verb, f"ws://127.0.0.1:{port}/?t={COOKIE}", "--proxy", "none", *json_flag))


def mask(url: str = "wss://h.example/", proxy: str | None = None, **headers: str) -> ReflectionMask:
    endpoint = Endpoint.parse(url)
    request = Request("GET", endpoint.path, "HTTP/1.1", Headers(list(headers.items())))
    return ReflectionMask(endpoint, request, Proxy.parse(proxy) if proxy else None)


def test_words_of_ours_stay_whatever_the_secret_is():
    own = UpgradeBroken(rule="accept", expected="accept", got="accept")
    shown = mask("wss://accept:h.example@h.example/?a=header").fact(own)
    assert shown == UpgradeBroken("accept", "accept", "…")
    url = EndpointUrl("accept")
    assert mask("wss://accept:b@h.example/").fact(url) == url


def test_what_the_url_shows_is_no_secret():
    names = CertificateSeen(0, dns_names=("h.example", "*.example"))
    assert mask("wss://example:h.example@h.example/").fact(names) == names


def test_short_values_and_public_headers_are_no_secrets():
    text = "abc agent websocket origin"
    assert mask("wss://abc:x@h.example/?a=abc", Cookie="a=abc", Origin="origin", Upgrade="websocket").text(text) == text


def test_a_secret_that_was_cut_is_masked_as_far_as_it_goes():
    masking = mask(f"wss://h.example/?t={HEAD}{TAIL}")
    assert masking.text(f"you sent {HEAD}{TAIL[:2]}…") == "you sent ……"
    assert masking.text(f"{HEAD}{TAIL}, {HEAD} and {HEAD}{TAIL}") == "…, … and …"


@patient
@given(st.text(), st.text(), st.text(alphabet="aAbB%+ &é/=", min_size=4, max_size=12))
def test_no_text_around_a_secret_hides_it(before, after, secret):
    masking = mask(f"wss://u:{quote(secret, safe='')}@h.example/")
    assert secret not in masking.text(before + secret + after) or secret in "wss://h.example/"


def test_the_work_grows_with_the_text_only():
    masking = mask("wss://h.example/?t=" + "a" * 4000)
    assert masking.text("a" * 10**6) == "…" * 250
