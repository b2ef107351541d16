import re
import subprocess
import sys
from importlib import resources

import pytest

from wssure.diagnose import catalogue, page
from wssure.diagnose.causes import ORDER, module_name
from wssure.diagnose.page import REDIRECTS, SECTIONS
from wssure.evidence import Stage

PREFIX_STAGE = {
    "dns": {Stage.RESOLVE},
    "tcp": {Stage.DIAL},
    "unix": {Stage.DIAL},
    "proxy": {Stage.PROXY},
    "tls": {Stage.TLS},
    "cert": {Stage.TLS},
    "stack": {Stage.TLS},
    "http": {Stage.UPGRADE},
    "ws": {Stage.UPGRADE, Stage.OPEN},
}
EXCEPTIONS = {
    "dns.url-as-name": Stage.USAGE,
    "tcp.reset-in-handshake": Stage.TLS,
    "tcp.v6-broken": Stage.TLS,
    "proxy.intercepts-tls": Stage.TLS,
}


@pytest.mark.parametrize("cause", catalogue(), ids=lambda cause: cause.id)
def test_every_cause_has_its_page_its_place_and_its_words(cause):
    found = page(cause.id)
    assert tuple(found.sections) == SECTIONS
    assert all(len(text) > 15 for text in found.sections.values())
    assert found.title
    assert re.fullmatch(r"[a-z]+\.[a-z0-9-]+", cause.id)
    assert cause.fix.text()[0].islower()
    assert not cause.fix.text().endswith(".")
    assert cause.stage in (
        {EXCEPTIONS[cause.id]} if cause.id in EXCEPTIONS else PREFIX_STAGE[cause.id.partition(".")[0]]
    )


def test_every_file_of_a_cause_is_in_the_list_once():
    files = {
        entry.name.removesuffix(".py")
        for entry in resources.files("wssure.diagnose.causes").iterdir()
        if entry.name.endswith(".py") and entry.name != "__init__.py"
    }
    assert sorted(files) == sorted(module_name(cause_id) for cause_id in ORDER)
    assert [cause.id for cause in catalogue()] == list(ORDER)


@pytest.mark.parametrize("stage", list(Stage))
def test_the_unknown_has_a_page(stage):
    assert tuple(page(f"unknown.{stage}").sections) == SECTIONS


def test_wrong_usage_has_a_page():
    assert page("usage.address").id == "usage.address"


def test_what_is_no_cause_has_no_page():
    assert page("tls.no-such-thing") is None
    assert page("") is None
    assert page("unknown.nothing") is None


def test_old_ids_lead_to_causes():
    assert all(page(old) is not None for old in REDIRECTS)


def test_a_page_as_json_has_its_sections():
    value = page("tls.sni-missing").to_json()
    assert value["schema"] == 1
    assert value["id"] == "tls.sni-missing"
    assert tuple(value["sections"]) == SECTIONS


def test_the_page_of_a_missing_name_says_what_was_measured():
    text = page("tls.sni-missing").text()
    for word in (
        "LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK",
        "configure a CA",
        "An upgrade does not help",
        "MBEDTLS_SSL_SERVER_NAME_INDICATION",
    ):
        assert word in text


@pytest.mark.parametrize(
    "word", ["tls.sni-missing", "lws.skip-hostname-check", "the certificate is revoked by its issuer"]
)
def test_pages_are_there_when_docstrings_are_not(word):
    said = [
        subprocess.run(
            [sys.executable, *options, "-m", "wssure", "explain", word], capture_output=True, text=True, check=False
        )
        for options in ([], ["-OO"])
    ]
    assert said[0].stdout
    assert (said[1].stdout, said[1].returncode) == (said[0].stdout, said[0].returncode)
