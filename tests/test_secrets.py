"""No secret in any text: user info, query and header values reach no message, fact, fix, log or output, however a URL breaks."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
import logging
import os
import re
import traceback
from collections.abc import Callable, Iterator
from unittest import mock
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.peers import scripts
from tests.peers.listener import listening, refusing

from wssure import Endpoint, Headers, Request, Site, TLSSettings, UsageError, WssError, connect
from wssure.name import mask_secrets, safe_url
from wssure.proxy import Proxy
from wssure.tools.cli.main import guarded

# No message has these letters of its own. A secret is made of them and of whatever breaks URLs, so that a part of it is found, too.
HEAD, TAIL = "kx7qzw", "wv9jyq"
BREAKING = st.text(alphabet="/#?@:%[]\\ \t\n\r&;=\"'<>éß＠？：․…\u202e\x1b", max_size=4)
LONG = st.sampled_from(["", "", "", HEAD * 60])
SECRETS = st.builds(lambda first, between, long: first + HEAD + between + long + TAIL, BREAKING, BREAKING, LONG)
# Without the @ behind it, `user:/path` is a path and `user:1@name` a host: such a password cannot be told from a correct URL.
BARE = st.builds(lambda between, long: HEAD + re.sub("[@＠]", "", between) + long + TAIL, BREAKING, LONG)
QUOTED = SECRETS.map(lambda secret: quote(secret, safe=""))

WITH_AT = [
    "{scheme}user:{secret}@h.example/",
    "{scheme}user:{secret}@h.example:8080/chat",
    "{scheme}user:{secret}@h.example:99999/",
    "{scheme}user:{secret}@h.example/a/b?c=d#e",
    "{scheme}user:{secret}@h.example/@name",
    "{scheme}user:{secret}@",
    "{scheme}user:{secret}@[::1",
    "{scheme}user:{secret}@[::1]:x/",
    "{scheme}user:{secret}@h..example/",
    "{scheme}user:{secret}@münchen..example/",
    "{scheme}user:{secret}@127.1/",
    "{scheme}user:{secret}@h.example\n/",
    "{scheme} user:{secret}@h.example/",
    "{scheme}" + "u" * 400 + ":{secret}@h.example/",
    "{scheme}user:{secret}%40h.example/",
]
WITHOUT_AT = [
    "{scheme}user:{secret}",
    "{scheme}user:{secret}/",
    "{scheme}user:{secret}?a",
    "user%3A{secret}%40h.example",
]
IN_QUERY = [
    "{scheme}h.example/?token={secret}",
    "{scheme}h.example?token={secret}",
    "{scheme}h.example/chat?a=b&token={secret}#c",
    "{scheme}h.example/#token={secret}",
    "{scheme}h..example/?token={secret}",
    "{scheme}h.example/a%zz?token={secret}",
]
SCHEMES = st.sampled_from(
    ["wss://", "ws://", "http://", "https://", "socks5://", "WSS://", "wss:/", "wss:", "//", "", " wss://", "w s://"]
)


def filled(templates: list[str], secrets: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, str]]:
    """Return texts with the secret in them, and the secret."""
    return st.builds(
        lambda template, scheme, secret: (template.format(scheme=scheme, secret=secret), secret),
        st.sampled_from(templates),
        SCHEMES,
        secrets,
    )


BROKEN = st.one_of(
    filled(WITH_AT, SECRETS), filled(WITH_AT, QUOTED), filled(WITHOUT_AT, BARE), filled(IN_QUERY, SECRETS)
)
REPORTED = [
    "http://user:kx7qzw/wv9jyq@h.example:3128",
    "http://user:kx7qzw#wv9jyq@h.example:3128",
    "user:kx7qzw/wv9jyq@h.example:3128",
    "wss://user:kx7qzw#wv9jyq@h.example/",
    "wss://user:kx7qzw/@h.example/",
    "user:kx7qzw@h.example/",
    "user:kx7qzw/wv9jyq",
    "wss:user:kx7qzw\\wv9jyq",
]


# How long an example takes says nothing here.
patient = settings(deadline=None)


def check_text(text: str, secret: str) -> None:
    """Fail if a text holds a part of the secret, or the value of an Authorization header made of it."""
    for form in (HEAD, TAIL, base64.b64encode(f"user:{secret}".encode("utf-8", "replace")).decode()):
        assert form.lower() not in text.lower(), text


def texts_of(error: BaseException) -> Iterator[str]:
    """Yield everything an exception shows, and everything below it in its chain."""
    yield "".join(traceback.format_exception(error))
    seen: set[int] = set()
    rest: list[BaseException | None] = [error]
    while rest:
        one = rest.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        rest += [one.__cause__, one.__context__]
        yield from (str(one), repr(one))
        failure = getattr(one, "failure", None)
        if failure is not None:
            yield from (repr(failure), json.dumps(failure.to_json(), ensure_ascii=False), failure.fix)


def check_call(call: Callable[[], object], secret: str) -> None:
    """Call; neither the value's repr nor the error's texts hold the secret."""
    try:
        value = call()
    except (WssError, TypeError) as error:
        for text in texts_of(error):
            check_text(text, secret)
    else:
        check_text(repr(value), secret)


def examples(test):
    for url in REPORTED:
        test = example(broken=(url, "kx7qzw/wv9jyq"))(test)
    return test


@patient
@given(BROKEN)
def test_a_quoted_url_has_no_secret_in_it(broken):
    text, secret = broken
    for shown in (mask_secrets(text), mask_secrets(text, 40), mask_secrets(text, 10**6), safe_url(text)):
        check_text(shown, secret)


@patient
@examples
@given(broken=BROKEN)
def test_a_broken_url_keeps_its_secret(broken):
    url, secret = broken
    check_call(lambda: Endpoint.parse(url), secret)
    check_call(lambda: Endpoint.parse(url).facts(), secret)
    check_call(lambda: connect(url, proxy=None), secret)


@patient
@examples
@given(broken=BROKEN)
def test_a_broken_address_keeps_its_secret(broken):
    text, secret = broken
    check_call(lambda: Endpoint.parse("wss://h.example/", address=text), secret)
    check_call(lambda: Endpoint.parse("wss://h.example/", address_port=text), secret)  # type: ignore[arg-type]
    check_call(lambda: Site(names=(text,), cert=b"x"), secret)


@patient
@examples
@given(broken=BROKEN)
def test_a_broken_proxy_keeps_its_secret(broken):
    url, secret = broken
    check_call(lambda: Proxy.parse(url), secret)
    check_call(lambda: connect("wss://h.example/", proxy=url), secret)


@patient
@given(broken=BROKEN, name=st.sampled_from(["https_proxy", "HTTPS_PROXY", "wss_proxy", "socks_proxy", "ALL_PROXY"]))
def test_a_broken_proxy_of_the_environment_keeps_its_secret(broken, name):
    url, secret = broken
    with mock.patch.dict(os.environ, {name: url}):
        check_call(lambda: connect("wss://h.example/"), secret)


HEADERS = [
    lambda secret: {"Authorization": f"Basic {secret}"},
    lambda secret: {"Proxy-Authorization": secret},
    lambda secret: {"Cookie": f"session={secret}"},
    lambda secret: {"Sec-WebSocket-Protocol": secret},
    lambda secret: {"Host": f"user:{secret}@h.example"},
    lambda secret: {f"Authorization: Basic {secret}": ""},
    lambda secret: [f"Authorization: Basic {secret}"],
    lambda secret: [("Authorization", f"Basic {secret}", "x")],
]


@patient
@given(SECRETS, st.sampled_from(HEADERS))
def test_headers_keep_their_values(secret, headers):
    check_call(lambda: connect("wss://h.example/", proxy=None, additional_headers=headers(secret)), secret)


@patient
@given(SECRETS)
def test_origin_and_subprotocols_keep_their_secrets(secret):
    check_call(lambda: connect("ws://h.example/", proxy=None, origin=f"https://user:{secret}@h.example"), secret)
    check_call(lambda: connect("ws://h.example/", proxy=None, subprotocols=[f"bearer {secret}"]), secret)
    check_call(lambda: connect("ws://h.example/", proxy=None, subprotocols=f"bearer.{secret}"), secret)


@patient
@given(SECRETS)
def test_values_show_no_secret(secret):
    quoted = quote(secret, safe="")
    endpoint = Endpoint.parse(f"wss://user:{quoted}@h.example/?token={quoted}")
    assert endpoint.userinfo == ("user", secret.encode().decode())
    check_text(repr(endpoint), secret)
    check_text(repr(Proxy.parse(f"http://user:{quoted}@h.example")), secret)
    key = f"-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----"
    check_text(repr(TLSSettings(cert=key, key=key)), secret)
    check_text(repr(Site(names=("a.test",), cert=key, key=key.encode())), secret)
    check_text(repr(Request("GET", f"/?t={secret}", "HTTP/1.1", Headers([("Authorization", secret)]))), secret)


@pytest.mark.parametrize("name", ["key", "cert", "ca"])
def test_a_key_without_its_first_line_is_no_path_to_quote(name):
    key = (HEAD + TAIL) * 40
    material = {"cert": b"x", "key": b"x", name: key} if name != "ca" else {name: key}
    check_call(lambda: connect("wss://h.example/", proxy=None, tls=TLSSettings(**material)), key)


@pytest.fixture(scope="module")
def refused() -> Iterator[int]:
    with refusing() as port:
        yield port


@pytest.fixture(scope="module")
def forbids() -> Iterator[int]:
    headers = (f"Location: https://user:{HEAD}@h.example/{TAIL}@x?t={HEAD}", f"Set-Cookie: a={HEAD}")
    with listening(scripts.status(403, "Forbidden", *headers)) as port:
        yield port


@contextlib.contextmanager
def logged() -> Iterator[io.StringIO]:
    """Collect every log record, at every level."""
    stream = io.StringIO()
    handler, root = logging.StreamHandler(stream), logging.getLogger("wssure")
    level, root.level = root.level, logging.DEBUG
    root.addHandler(handler)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        root.level = level


def check_connection(url: str, secret: str, port: int, **arguments: object) -> None:
    """Connect for real; error, log and facts hold no secret."""

    async def run() -> None:
        await connect(
            url, address="127.0.0.1", address_port=port, proxy=None, backend=arguments.pop("backend", None), **arguments
        )  # type: ignore[arg-type]

    with logged() as log:
        check_call(lambda: asyncio.run(run()), secret)
    check_text(log.getvalue(), secret)


slow = settings(max_examples=25)


@slow
@given(broken=BROKEN)
def test_a_connection_that_is_refused_keeps_the_secret(refused, broken):
    check_connection(broken[0], broken[1], refused)


@slow
@given(secret=QUOTED)
def test_a_connection_that_is_forbidden_keeps_the_secret(forbids, secret):
    headers = {"Cookie": secret, "X-Api-Key": secret, "Host": f"user:{secret}@h.example"}
    url = f"ws://user:{secret}@h.example/{secret}@?token={secret}"
    check_connection(url, secret, forbids, additional_headers=headers, origin=f"https://user:{secret}@h.example")


@pytest.mark.parametrize("chosen", [b"other", b"a, " + b"t" * 40 + HEAD.encode()])
def test_a_token_as_subprotocol_is_counted_only(chosen):
    token = "t" * 40 + HEAD
    with listening(scripts.upgrades(extra=(b"Sec-WebSocket-Protocol: " + chosen,))) as port:
        check_connection("ws://h.example/", token, port, subprotocols=["a", token])


def outputs(*words: str) -> str:
    """Run a verb in this process and return both streams and the log."""
    out, err = io.StringIO(), io.StringIO()
    stdin = mock.patch("sys.stdin", io.StringIO(""))
    with logged() as log, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), stdin:
        guarded(words)
    return out.getvalue() + err.getvalue() + log.getvalue()


@slow
@given(broken=BROKEN, verb=st.sampled_from(["check", "connect"]), json=st.booleans(), place=st.integers(0, 5))
@example(broken=("wss://user:kx7qzw#wv9jyq@h.example/", "kx7qzw#wv9jyq"), verb="check", json=True, place=0)
def test_the_command_line_keeps_the_secret(refused, broken, verb, json, place):
    text, secret = broken
    dial = ("--address", "127.0.0.1", "--address-port", str(refused), "--proxy", "none")
    url = "wss://h.example/"
    words = [
        (text, *dial),
        (url, "--proxy", text),
        (url, "--address", text, "--proxy", "none"),
        (url, f"--resolve={text}"),
        (url, f"--address-port={text}"),
        (url, *dial, "--origin", text, text),
    ][place]
    check_text(outputs(verb, *words, *(["--json"] if json else [])), secret)


@slow
@given(secret=BARE, verb=st.sampled_from(["check", "connect"]))
def test_a_header_on_the_command_line_keeps_its_value(refused, secret, verb):
    dial = ("ws://h.example/", "--address", "127.0.0.1", "--address-port", str(refused), "--proxy", "none")
    for header in (f"Authorization: {secret}", f"Authorization {secret}"):
        check_text(outputs(verb, *dial, "-H", header), secret)
    # Without quotes the shell makes words of it.
    check_text(outputs(verb, *dial, "-H", "Authorization:", "Basic", secret), secret)


@pytest.mark.parametrize(
    "words", [(f"wss://user:{HEAD}/x@h.example/",), ("check", f"--backend=wss://user:{HEAD}@h.example")]
)
def test_a_word_that_argparse_refuses_is_masked(words):
    check_text(outputs(*words), HEAD)


@pytest.mark.parametrize("wanted", ["", "1"])
def test_a_crash_keeps_the_secret(monkeypatch, wanted):
    monkeypatch.setenv("WSSURE_TRACEBACK", wanted)
    url = f"wss://user:{HEAD}/{TAIL}@h.example/"
    with mock.patch("wssure.tools.cli.check._check_all", side_effect=RuntimeError(f"cannot use {url}")):
        text = outputs("check", "wss://h.example/")
    assert "error[tool.crashed]" in text
    check_text(text, HEAD)


READABLE = {
    "wss://h.example/chat": "wss://h.example/chat",
    "wss://user:pw@h.example:8443/chat?x=y#z": "wss://…@h.example:8443/chat?…",
    "wss://[2001:db8::1]:8443/": "wss://[2001:db8::1]:8443/",
    "2001:db8::1": "2001:db8::1",
    "[2001:db8::1]:99": "[2001:db8::1]:99",
    "fe80::1%eth0": "fe80::1%eth0",
    "h.example:8443": "h.example:8443",
    "ws://10.0.0.1:8443/a": "ws://10.0.0.1:8443/a",
    "user:pw@h.example": "…@h.example",
    "wss://user:pw": "wss://user:…",
}


@pytest.mark.parametrize("text", READABLE)
def test_what_is_no_secret_stays_readable(text):
    assert mask_secrets(text) == READABLE[text]


def test_the_url_of_a_connection_keeps_host_and_path():
    assert safe_url("wss://h.example:8443/a/b?t=x") == "wss://h.example:8443/a/b?…"
    assert safe_url("https://h.example/@name/room") == "https://h.example/…@name/room"
    assert safe_url("/login?next=x") == "/login?…"


def test_a_usage_error_still_says_what_to_write():
    with pytest.raises(UsageError) as caught:
        Endpoint.parse("wss://h.example/", address="http://user:pw/x@h.example:80/")
    assert re.search(r'write address="h\.example"', caught.value.failure.fix)


WORDS = [
    ("diff", "{}", "x"),
    ("hello", "{}"),
    ("lint", "{}"),
    ("serve", "--address", "{}", "--port", "1"),
    ("check", "ws://127.0.0.1:1/", "--proxy", "none", "--save", "/none/{}"),
    ("check", "wss://h.example/", "--proxy", "none", "--backend", "{}"),
]


@pytest.mark.parametrize("words", WORDS, ids=lambda words: words[0])
def test_a_url_in_the_place_of_another_word_keeps_its_secret(words):
    text = f"wss://user:{HEAD}{TAIL}@h.example?t={TAIL}"
    check_text(outputs(*(word.format(text) for word in words)), HEAD + TAIL)


@pytest.mark.parametrize("name", ["WSSURE_BACKEND", "SSLKEYLOGFILE"])
def test_a_url_in_the_environment_keeps_its_secret(name, monkeypatch):
    monkeypatch.setenv(name, f"/none/user:{HEAD}{TAIL}@h")
    check_call(lambda: connect("wss://h.example/", proxy=None), HEAD + TAIL)
    check_text(outputs("check", "wss://127.0.0.1:1/", "--proxy", "none"), HEAD + TAIL)


@pytest.mark.parametrize("flag", ["--key", "--cert"])
@pytest.mark.parametrize(
    "key", ["-----BEGIN PRIVATE KEY----- " + HEAD, (HEAD + "\n") * 99, HEAD * 99], ids=["PEM", "lines", "long"]
)
def test_a_key_in_the_place_of_its_file_is_not_quoted(flag, key):
    check_text(outputs("check", "wss://127.0.0.1:1/", "--proxy", "none", f"{flag}={key}"), HEAD)
