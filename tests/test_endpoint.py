"""Endpoint: what goes in is checked, and host and address never mix."""

from __future__ import annotations

import dataclasses
import ipaddress
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wssure.endpoint import Endpoint
from wssure.errors import UsageError
from wssure.name import DnsName, IpName, NoSNI, normalise_host
from wssure.text import printable

pytestmark = pytest.mark.matrix

GOOD = [
    # url, address, host, port, path, host header, dialled
    ("wss://b.example.net/chat", None, DnsName("b.example.net"), 443, "/chat", "b.example.net", ("b.example.net", 443)),
    ("wss://B.Example.NET./", None, DnsName("b.example.net"), 443, "/", "b.example.net", ("b.example.net.", 443)),
    ("wss://b.example.net", None, DnsName("b.example.net"), 443, "/", "b.example.net", ("b.example.net", 443)),
    ("ws://b.example.net:443/", None, DnsName("b.example.net"), 443, "/", "b.example.net:443", ("b.example.net", 443)),
    ("ws://b.example.net:80/", None, DnsName("b.example.net"), 80, "/", "b.example.net", ("b.example.net", 80)),
    ("wss://b.example.net:/", None, DnsName("b.example.net"), 443, "/", "b.example.net", ("b.example.net", 443)),
    ("wss://b.example.net?x=1", None, DnsName("b.example.net"), 443, "/?x=1", "b.example.net", ("b.example.net", 443)),
    ("wss://b.example.net/", "192.0.2.7", DnsName("b.example.net"), 443, "/", "b.example.net", ("192.0.2.7", 443)),
    (
        "wss://b.example.net/",
        "[2001:db8::1]",
        DnsName("b.example.net"),
        443,
        "/",
        "b.example.net",
        ("2001:db8::1", 443),
    ),
    (
        "wss://b.example.net/",
        "fe80::1%eth0",
        DnsName("b.example.net"),
        443,
        "/",
        "b.example.net",
        ("fe80::1%eth0", 443),
    ),
    ("wss://[2001:DB8::1]:9/", None, IpName("2001:db8::1"), 9, "/", "[2001:db8::1]:9", ("2001:db8::1", 9)),
    ("wss://192.0.2.7/", None, IpName("192.0.2.7"), 443, "/", "192.0.2.7", ("192.0.2.7", 443)),
    ("wss://my_service/", None, DnsName("my_service"), 443, "/", "my_service", ("my_service", 443)),
    (
        "wss://r3---sn-abc.example.com/",
        None,
        DnsName("r3---sn-abc.example.com"),
        443,
        "/",
        "r3---sn-abc.example.com",
        None,
    ),
    ("wss://münchen.example/", None, DnsName("xn--mnchen-3ya.example"), 443, "/", "xn--mnchen-3ya.example", None),
    ("wss://XN--I-7IQ.ws/", None, DnsName("xn--i-7iq.ws"), 443, "/", "xn--i-7iq.ws", None),
    ("wss://xn--mn8ha4uc/", None, DnsName("xn--mn8ha4uc"), 443, "/", "xn--mn8ha4uc", None),
    ("wss://b.example.net/%20ü", None, DnsName("b.example.net"), 443, "/%20%C3%BC", "b.example.net", None),
]


@pytest.mark.parametrize(
    ("url", "address", "host", "port", "path", "header", "dialled"), GOOD, ids=[row[0] for row in GOOD]
)
def test_a_url_has_one_reading(url, address, host, port, path, header, dialled):
    endpoint = Endpoint.parse(url, address=address)
    assert (endpoint.host, endpoint.port, endpoint.path, endpoint.host_header) == (host, port, path, header)
    if dialled:
        assert (endpoint.address, endpoint.address_port) == dialled


BAD = [
    # keyword arguments, cause, what the summary names, what the fix says
    ({"address": "wss://echo.websocket.org/x"}, "dns.url-as-name", 'scheme "wss"', 'address="echo.websocket.org"'),
    ({"address": "wss://user:pw@echo.websocket.org:443/x"}, "dns.url-as-name", "URL", 'address="echo.websocket.org"'),
    ({"address": "b.example.net/chat"}, "dns.url-as-name", 'path, "/chat"', '"b.example.net"'),
    ({"address": "b.example.net:8443"}, "usage.address", '":8443"', "address_port= the port 8443"),
    ({"address": "user:secret@b.example.net"}, "usage.address", "user info", '"b.example.net"'),
    ({"address": "user:secret@wss://b.example.net/"}, "usage.address", "user info", '"b.example.net"'),
    ({"address": " b.example.net"}, "usage.address", "white space", '"b.example.net"'),
    ({"address": ""}, "usage.address", "empty", "name"),
    ({"address": "b.example.net?x"}, "usage.address", "query", '"b.example.net"'),
    ({"address": "b\x00.example.net"}, "usage.address", "control character", "remove"),
    ({"address": b"b.example.net"}, "usage.address", "bytes", "text"),
    ({"address": "2130706433"}, "usage.address", "number", "127.0.0.1"),
    ({"address_port": 0}, "usage.address_port", "got 0", "1 to 65535"),
    ({"address_port": 65536}, "usage.address_port", "got 65536", "1 to 65535"),
    ({"address_port": True}, "usage.address_port", "True", "1 to 65535"),
    ({"address_port": "443"}, "usage.address_port", "'443'", "1 to 65535"),
    ({"url": "b.example.net"}, "usage.url", "without a scheme", "wss://b.example.net"),
    ({"url": "https://b.example.net/"}, "usage.url", '"https"', "wss://b.example.net/"),
    ({"url": "http://b.example.net/"}, "usage.url", '"http"', "ws://b.example.net/"),
    ({"url": ""}, "usage.url", "empty", "wss://"),
    ({"url": None}, "usage.url", "NoneType", "wss://"),
    ({"url": "wss://b.example.net/#top"}, "usage.url", "fragment", "remove #"),
    ({"url": "wss:///chat"}, "usage.url", "no host", "NAME"),
    ({"url": "wss://b.example.net:0/"}, "usage.url", 'port "0"', "port"),
    ({"url": "wss://b.example.net:65536/"}, "usage.url", 'port "65536"', "port"),
    ({"url": "wss://::1/"}, "usage.url", "colon", "[::1]"),
    ({"url": "wss://[b.example.net]/"}, "usage.url", "no IPv6 address", "IPv6"),
    ({"url": "wss://[::1/"}, "usage.url", "brackets", "[2001:db8::1]"),
    ({"url": "wss://b.example.net/a b"}, "usage.url", "' '", "percent-encoded"),
    ({"url": "wss://b.example.net/a\r\nHost: x"}, "usage.url", "'\\r'", "remove"),
    ({"url": "wss://b.example.net/%zz"}, "usage.url", "percent sign", "%25"),
    ({"url": "wss://127.1/"}, "usage.host", "127.1", "127.0.0.1"),
    ({"url": "wss://0x7f.1/"}, "usage.host", "0x7f.1", "127.0.0.1"),
    ({"url": "wss://0x7f000001/"}, "usage.host", "0x7f000001", "127.0.0.1"),
    ({"url": "wss://a..example/"}, "usage.host", "empty label", '"a.example"'),
    ({"url": "wss://" + "a" * 64 + ".example/"}, "usage.host", "64 characters", "shorten"),
    ({"url": "wss://" + ".".join(["a" * 50] * 6) + "/"}, "usage.host", "305 characters", "DNS name"),
    ({"url": "wss://-a.example/"}, "usage.host", '"-a"', "correct"),
    ({"url": "wss://a!b.example/"}, "usage.host", '"a!b"', "correct"),
    ({"url": "wss://i❤.example/"}, "usage.host", "internationalised", "A-label"),
    ({"url": "wss://[fe80::1%25eth0]/"}, "usage.host", "zone", "address="),
]


@pytest.mark.parametrize(("arguments", "cause", "named", "fix"), BAD, ids=[repr(row[0])[:60] for row in BAD])
def test_misuse_says_what_it_got_and_what_to_write(arguments, cause, named, fix):
    url = arguments.get("url", "wss://b.example.net/")
    rest = {key: value for key, value in arguments.items() if key != "url"}
    with pytest.raises(UsageError) as caught:
        Endpoint.parse(url, **rest)
    failure = caught.value.failure
    assert failure is not None
    assert failure.stage == "usage"
    assert failure.cause == cause
    assert named in failure.summary
    assert fix in failure.fix
    assert "\n" not in str(caught.value)
    assert cause in str(caught.value)


@pytest.mark.parametrize(
    "secret_url", ["wss://u:hunter2@b.example.net/?token=hunter2", "wss://u:hunter2@b.example.net"]
)
def test_secrets_are_kept_apart_from_everything_that_is_shown(secret_url):
    endpoint = Endpoint.parse(secret_url)
    assert endpoint.userinfo == ("u", "hunter2")
    assert "hunter2" not in repr([fact.to_json() for fact in endpoint.facts()])
    assert "hunter2" not in endpoint.safe_url
    assert "u:hunter2" not in repr(endpoint)


@pytest.mark.parametrize(
    "bad_url",
    ["wss://u:hunter2@/", "http://u:hunter2@h/?token=hunter2", "wss://u:hunter2@h:0/?hunter2", "wss://u:hunter2@h/#x"],
)
def test_a_refused_url_never_repeats_its_secrets(bad_url):
    with pytest.raises(UsageError) as caught:
        Endpoint.parse(bad_url)
    shown = repr(caught.value) + repr(caught.value.failure) + "".join(caught.value.__notes__)
    assert "hunter2" not in shown


def test_user_info_in_an_address_never_shows_its_password():
    with pytest.raises(UsageError) as caught:
        Endpoint.parse("wss://h/", address="u:hunter2@h")
    assert "hunter2" not in repr(caught.value.failure)


def test_an_endpoint_is_frozen():
    endpoint = Endpoint.parse("wss://b.example.net/")
    with pytest.raises(dataclasses.FrozenInstanceError):
        endpoint.port = 1  # type: ignore[misc]


LABEL = st.from_regex(r"[a-z0-9_]([a-z0-9_-]{0,20}[a-z0-9_])?", fullmatch=True)
NAMES = (
    st.lists(LABEL, min_size=1, max_size=5)
    .map(".".join)
    .filter(lambda name: not name.rpartition(".")[2].isdigit() and not name.rpartition(".")[2].startswith("0x"))
)
ADDRESSES = st.one_of(NAMES, st.ip_addresses().map(str))


@given(host=NAMES, address=ADDRESSES, port=st.integers(1, 65535))
def test_the_server_name_never_comes_from_the_address(host, address, port):
    plain = Endpoint.parse(f"wss://{host}/")
    dialled = Endpoint.parse(f"wss://{host}/", address=address, address_port=port)
    assert dialled.server_name == plain.server_name
    assert dialled.host_header == plain.host_header
    assert (dialled.address, dialled.address_port) == (address, port)


@given(st.one_of(NAMES, st.ip_addresses().map(str)))
def test_normalising_twice_changes_nothing(host):
    once = normalise_host(host)
    assert normalise_host(str(once)) == once


@given(NAMES)
def test_case_and_a_trailing_dot_do_not_make_another_name(host):
    assert normalise_host(host.upper() + ".") == normalise_host(host)


@given(st.ip_addresses())
def test_an_ip_address_is_never_a_dns_name(ip):
    assert normalise_host(str(ip)) == IpName(str(ip))


@given(st.text(max_size=40))
@example("wss://x")
@example("[::1]")
@example("a" * 300)
@example("\u2066x")
def test_whatever_is_given_as_host_is_normalised_or_refused_in_one_printable_line(text):
    try:
        name = normalise_host(text)
    except UsageError as error:
        refused = str(error)
    else:
        refused = None
        if isinstance(name, DnsName):
            assert len(name.name) <= 253
            assert set(name.name) <= set(string.ascii_lowercase + string.digits + "-_.")
        else:
            ipaddress.ip_address(name.ip)
    if refused is not None:
        assert refused.isprintable(), ascii(refused)
        assert len(refused) < 1500


NAMED = [
    (DnsName("a.example.net"), "a.example.net", DnsName("a.example.net")),
    (IpName("192.0.2.7"), None, IpName("192.0.2.7")),
    (NoSNI("a test", DnsName("a.example.net")), None, DnsName("a.example.net")),
    (NoSNI("a test"), None, None),
]


@pytest.mark.parametrize(("name", "sni", "proves"), NAMED, ids=["dns", "ip", "no-sni", "no-sni-no-name"])
def test_what_is_sent_and_what_is_proved_follow_from_the_name(name, sni, proves):
    assert (name.sni, name.proves) == (sni, proves)


@given(st.text(max_size=60))
def test_whatever_is_given_as_url_is_parsed_or_refused(text):
    for url in (text, "wss://" + text, "wss://b.example.net/" + text):
        try:
            endpoint = Endpoint.parse(url)
        except UsageError:
            continue
        else:
            assert endpoint.path.startswith("/")
            assert endpoint.path.isascii()
            assert not set(endpoint.path) & set(" \r\n\x00")


@given(st.text())
def test_printable_text_has_no_control_character_and_an_end(text):
    shown = printable(text)
    assert len(shown) <= 200 * 10 + 1
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in shown)
    assert not any(character in shown for character in "\u202e\u2066\u2028")


@pytest.mark.parametrize(
    ("url", "fix"),
    [
        ("http://h.example:8080/chat", "write ws://h.example:8080/chat"),
        ("https://h.example", "write wss://h.example"),
        ("https://[::1]:8443/a", "write wss://[::1]:8443/a"),
        ("https://user:kx7qzw@h.example/a", "write wss://h.example/"),
    ],
)
def test_the_fix_of_a_wrong_scheme_keeps_port_and_path(url, fix):
    with pytest.raises(UsageError) as caught:
        Endpoint.parse(url)
    assert caught.value.failure.fix == fix


@pytest.mark.parametrize("text", ["b.example.net.", "B.Example.NET."])
def test_a_trailing_dot_is_for_the_resolver_alone(text):
    """It says that the name is complete: the resolver must not try search domains (RFC 1034 section 3.1)."""
    for endpoint in (Endpoint.parse(f"wss://{text}/"), Endpoint.parse("wss://b.example.net/", address=text)):
        assert endpoint.address == "b.example.net."
        assert endpoint.server_name == DnsName("b.example.net")
        assert endpoint.host_header == "b.example.net"
