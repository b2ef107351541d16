"""A proxy's URL: what is taken, what is refused and how, and what never shows."""

from __future__ import annotations

import pytest

from wssure.errors import UsageError
from wssure.proxy import Proxy

TAKEN = {
    "http://proxy.example:3128": ("proxy.example", 3128, None),
    "http://proxy.example:3128/": ("proxy.example", 3128, None),
    "HTTP://Proxy.Example": ("proxy.example", 80, None),
    "proxy.example:8080": ("proxy.example", 8080, None),
    "192.0.2.9:3128": ("192.0.2.9", 3128, None),
    "http://[2001:db8::9]:3128": ("2001:db8::9", 3128, None),
    "http://user:p%40ss@proxy.example:1": ("proxy.example", 1, ("user", "p@ss")),
    "user:pass@proxy.example:1": ("proxy.example", 1, ("user", "pass")),
}
REFUSED = {
    "https://u:s3cret@proxy.example:1": "wants TLS to itself",
    "socks5h://u:s3cret@proxy.example:1080": "SOCKS",
    "ftp://u:s3cret@proxy.example": "expected http",
    "http://u:s3cret@proxy.example:0": "expected 1 to 65535",
    "http://u:s3cret@proxy.example:70000": "expected 1 to 65535",
    "http://u:s3cret@proxy.example/path": "more than host and port",
    "http://u:s3cret@proxy.example?x=s3cret": "more than host and port",
    "http://u:s3cret@": "no host",
    "http://u:s3cret@a b:1": "white space",
    "http://u:s3cret@proxy.example\r\n:1": "white space or a control character",
    "http://u:s3cret@[::1:1": "brackets",
    "": "no host",
    "http://u:s3cret@under/score": "more than host and port",
    "u:s3cret@2130706433:1": "2130706433",
}


@pytest.mark.parametrize("url", TAKEN)
def test_a_proxy_is_a_host_a_port_and_perhaps_a_user(url):
    proxy = Proxy.parse(url)
    assert (proxy.host, proxy.port, proxy.userinfo) == TAKEN[url]


@pytest.mark.parametrize("url", REFUSED)
def test_what_is_no_http_proxy_is_refused_without_showing_its_password(url):
    with pytest.raises(UsageError) as caught:
        Proxy.parse(url)
    failure = caught.value.failure
    assert failure.cause == "usage.proxy"
    assert REFUSED[url] in failure.summary
    assert failure.fix
    assert "s3cret" not in repr((failure, str(caught.value)))


@pytest.mark.parametrize("given", [7, b"http://proxy.example", object()])
def test_what_is_no_text_is_refused(given):
    with pytest.raises(UsageError, match="expected a URL"):
        Proxy.parse(given)


def test_a_refusal_names_the_environment_variable_it_came_from():
    with pytest.raises(UsageError) as caught:
        Proxy.parse("socks5://u:s3cret@proxy.example", origin="ALL_PROXY")
    assert "the environment variable ALL_PROXY" in caught.value.failure.summary
    assert "proxy=None" in caught.value.failure.fix


def test_user_and_password_are_in_no_text_and_no_fact():
    proxy = Proxy.parse("http://user:s3cret@proxy.example:1")
    assert "s3cret" not in repr(proxy)
    assert "s3cret" not in repr(proxy.fact())
    assert proxy.authority == "proxy.example:1"
    assert Proxy.parse("http://[2001:db8::9]:1").authority == "[2001:db8::9]:1"


@pytest.mark.parametrize(
    "url", ["h.example:x", "http://h..example:1", "http://[::1", "http://:80", "http://h.example:1:2"]
)
def test_each_part_of_a_wrong_proxy_is_blamed_on_the_variable_it_came_from(url):
    with pytest.raises(UsageError) as caught:
        Proxy.parse(url, origin="https_proxy")
    assert caught.value.failure.cause == "usage.proxy"
    assert caught.value.failure.summary.startswith("the environment variable https_proxy got ")
