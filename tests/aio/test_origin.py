"""Which pages may connect: the table of Origin rules."""

from __future__ import annotations

import re

import pytest

from wssure.aio.origin import SAME, check_origins, host_is_of_site, may_connect
from wssure.errors import UsageError
from wssure.tls.settings import Site

PATTERN = re.compile(r"https://[a-z]+\.example\.net")
CASES = [
    # id, rule, origin, host, secure, may
    ("same", SAME, "https://a.example", "a.example", True, True),
    ("same with the port written", SAME, "https://a.example:443", "a.example", True, True),
    ("same on another port", SAME, "https://a.example:8443", "a.example:8443", True, True),
    ("same in another case", SAME, "https://A.Example", "a.example", True, True),
    ("same over plain http", SAME, "http://a.example", "a.example", False, True),
    ("same IPv6", SAME, "https://[::1]:8443", "[::1]:8443", True, True),
    ("no origin is no browser", SAME, None, "a.example", True, True),
    ("another scheme", SAME, "http://a.example", "a.example", True, False),
    ("another host", SAME, "https://b.example", "a.example", True, False),
    ("another port", SAME, "https://a.example:8443", "a.example", True, False),
    ("a suffix is another host", SAME, "https://a.example.evil.example", "a.example", True, False),
    ("null", SAME, "null", "a.example", True, False),
    ("empty", SAME, "", "a.example", True, False),
    ("a path is no origin", SAME, "https://a.example/x", "a.example", True, False),
    ("user info is no origin", SAME, "https://u@a.example", "a.example", True, False),
    ("a broken port", SAME, "https://a.example:x", "a.example", True, False),
    ("another scheme altogether", SAME, "file://a.example", "a.example", True, False),
    ("no host", SAME, "https://a.example", "", True, False),
    ("everybody", None, "https://b.example", "a.example", True, True),
    ("listed", ("https://b.example",), "https://b.example:443", "a.example", True, True),
    ("not listed", ("https://b.example",), "https://a.example", "a.example", True, False),
    ("no origin not listed", ("https://b.example",), None, "a.example", True, False),
    ("no origin listed", ("https://b.example", None), None, "a.example", True, True),
    ("pattern", (PATTERN,), "https://x.example.net", "a.example", True, True),
    ("pattern matches the whole", (PATTERN,), "https://x.example.net.evil.example", "a.example", True, False),
    ("null against a list", ("https://b.example",), "null", "a.example", True, False),
]


@pytest.mark.parametrize(
    ("rule", "origin", "host", "secure", "may"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_page_connects_only_where_the_rule_says(rule, origin, host, secure, may):
    assert may_connect(check_origins(rule), origin, host, secure=secure) is may


@pytest.mark.parametrize("wrong", ["https://a.example", ["a.example"], ["*"], [7]], ids=repr)
def test_what_is_no_origin_is_refused_before_serving(wrong):
    with pytest.raises(UsageError):
        check_origins(wrong)


SITE = Site(("a.example", "*.b.example", "192.0.2.1", "::1"), b"")
HOSTS = [
    ("a.example", True),
    ("A.EXAMPLE:8443", True),
    ("x.b.example", True),
    ("192.0.2.1:443", True),
    ("[::1]", True),
    ("b.example", False),
    ("x.y.b.example", False),
    ("c.example", False),
    ("", False),
    ("a.example/x", False),
    ("user@a.example", False),
    ("a.example:http", False),
]


@pytest.mark.parametrize(("host", "answers"), HOSTS, ids=[case[0] or "empty" for case in HOSTS])
def test_a_host_outside_the_sites_names_is_misdirected(host, answers):
    assert host_is_of_site(SITE, host) is answers
