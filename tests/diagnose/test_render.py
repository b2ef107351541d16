import pytest
from tests.causes.build import Stage, alert, certificate, endpoint, hello, verify

from wssure.diagnose import conclude, render
from wssure.evidence import Attempt
from wssure.facts import AlertSeen

pytestmark = pytest.mark.matrix

FACTS = (*endpoint(), hello(), certificate("a.example.net", "*.a.example.net"), verify("hostname"))
STOOD = (Attempt("192.0.2.7:443", ok=True, start_ms=0.5, ms=1.0),)

EXPECTED = """\
error[cert.hostname]: the certificate is valid for a.example.net, *.a.example.net, not for b.example.net
  at    tls handshake with 192.0.2.7:443, 2 ms after connect
  saw   SNI sent     b.example.net
        hello        offers TLSv1.3, TLSv1.2, 517 bytes
        certificate  a.example.net, *.a.example.net
        issued by    CN=Example CA
        valid        2024-01-01T00:00:00+00:00 to 2024-04-01T00:00:00+00:00
  fix   if a.example.net is the intended service, connect to wss://a.example.net/ws with
          address="192.0.2.7";
        else install a certificate for b.example.net on the server
  or    tls.sni-unknown (possible): the server may have no site "b.example.net" and present the
          certificate of its default site
          to decide: repeat without SNI, and with another name that the server is known to host
          (openssl s_client -connect ADDRESS:PORT -noservername, then -servername OTHER)
  more  wssure explain cert.hostname"""


def test_the_block_says_what_where_evidence_fix_and_rivals():
    assert render(conclude(Stage.TLS, FACTS, STOOD)) == EXPECTED


def test_colour_is_only_added():
    failure = conclude(Stage.TLS, FACTS, STOOD)
    painted = render(failure, color=True)
    assert "\x1b[" in painted
    assert "\x1b[" not in render(failure)


def test_lines_keep_to_the_width():
    block = render(conclude(Stage.TLS, (*endpoint(), hello(), alert(40)), STOOD), width=80)
    assert max(len(line) for line in block.splitlines()[1:]) <= 80


def test_text_of_the_peer_cannot_steer_a_terminal():
    evil = "\x1b[2J\u202eevil\nerror[fake]: all is well"
    block = render(
        conclude(Stage.TLS, (*endpoint(), hello(), certificate(evil, issuer=evil), verify("hostname")), STOOD)
    )
    assert "\x1b" not in block
    assert "\u202e" not in block
    assert not any(line.startswith("error[fake]") for line in block.splitlines())


def test_many_facts_are_cut_with_a_word():
    facts = [AlertSeen("sent", "fatal", number, "x") for number in range(30)]
    assert "more facts" in render(conclude(Stage.CLOSE, facts))
