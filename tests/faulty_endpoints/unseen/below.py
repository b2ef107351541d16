"""Unseen endpoints whose fault is in the name service, in TCP, in a middlebox, or in the TLS handshake."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from tests.faulty_endpoints.before_tls import nowhere
from tests.faulty_endpoints.endpoint import HERE, Material, clear, secured
from tests.faulty_endpoints.handshake import LARGE
from tests.faulty_endpoints.unseen.entry import unseen
from tests.peers import scripts
from tests.peers.byname import by_hello, by_name
from tests.peers.certificates import DAY
from tests.peers.listener import listening, read_record, reset, wait_for_end
from tests.peers.resolver import Addresses

OPEN = scripts.upgrades()
STALE, BLOCKED = "stale-ipv6-record.example.net", "blocked-by-name-filter.example.net"
# RFC 5746 section 3.4: an empty renegotiation_info.
RENEGOTIATION = bytes.fromhex("ff01000100")
# RFC 8446 section 4.1.3: the last eight bytes of the random of a TLS 1.3 server that negotiates TLS 1.2.
DOWNGRADED = bytes(range(24)) + b"DOWNGRD\x01"


@contextlib.contextmanager
def old_machine_on_ipv6(material: Material) -> Iterator[int]:
    """Serve the name on IPv4, and another site of another machine on IPv6, on the same port."""
    good = scripts.over_tls(material.context(material.issued(STALE)), OPEN)
    old = scripts.over_tls(material.context(material.issued("old-host.example.org")), scripts.status(404, "Not Found"))
    with listening(good) as port, listening(old, "::1", port):
        yield port


def wants_proxy_header(material: Material):
    """Take only connections that begin with a PROXY protocol header, as a listener behind a load balancer does."""
    good = scripts.over_tls(material.context(), OPEN)

    def talk(connection: socket.socket) -> None:
        if connection.recv(6, socket.MSG_PEEK) != b"PROXY ":
            return
        while connection.recv(1) != b"\n":
            pass
        good(connection)

    return listening(talk)


def resets_second_segment(material: Material):
    good = scripts.over_tls(material.context(), OPEN)
    return listening(by_hello(lambda hello: good if len(hello.raw) < 1400 else scripts.resets_after_hello))


def without_certificate_for_others(material: Material):
    """Serve one name, and answer internal_error for every other, as Caddy does without a certificate."""
    good = scripts.over_tls(material.context(material.issued("a.example.net")), OPEN)
    return listening(by_name({"a.example.net": good}, scripts.sends_alert(80)))


def warns_and_ends(connection: socket.socket) -> None:
    read_record(connection)
    connection.sendall(bytes((21, 3, 3, 0, 2, 1, 112)))


def echoes(connection: socket.socket) -> None:
    while data := connection.recv(65536):
        connection.sendall(data)


def downgraded(connection: socket.socket) -> None:
    read_record(connection)
    connection.sendall(scripts.server_hello(0x0303, 0xC02F, b"", RENEGOTIATION, DOWNGRADED))
    wait_for_end(connection)


def ends_before_the_request(connection: socket.socket) -> None:
    """Send close_notify as soon as the handshake is over, as a TLS terminator without a backend does."""
    with contextlib.suppress(OSError):
        connection.unwrap()  # type: ignore[attr-defined]


def revokes_the_client(material: Material):
    """Refuse our client certificate by the CRL of its CA."""
    issuer = material.issuer
    client = x509.load_pem_x509_certificate(material.client_file.read_bytes())
    now = datetime.datetime.now(datetime.UTC)
    revoked = x509.RevokedCertificateBuilder().serial_number(client.serial_number).revocation_date(now - DAY).build()
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(now - DAY)
        .next_update(now + 30 * DAY)
        .add_revoked_certificate(revoked)
        .sign(issuer.key, hashes.SHA256())
    )
    context = asks_for_client(material)
    context.load_verify_locations(material.write(crl.public_bytes(serialization.Encoding.PEM)))
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return listening(scripts.over_tls(context, OPEN))


def asks_for_client(material: Material):
    context = material.context()
    context.verify_mode = ssl.CERT_REQUIRED
    material.ca.configure_trust(context)
    return context


UNSEEN = (
    unseen(
        "docker-port-without-listener",
        "https://docs.docker.com/engine/network/packet-filtering-firewalls/ (a published port without a listening process)",
        "Something accepts the TCP connection and resets it at once, before any byte of TLS: nothing serves behind the port.",
        clear(reset),
    ),
    unseen(
        "expects-proxy-protocol",
        "https://github.com/traefik/traefik/issues/11036",
        "The listener expects a PROXY protocol header from its load balancer and drops a TLS ClientHello that comes without one.",
        wants_proxy_header,
        needs_experiment=True,
    ),
    unseen(
        "stale-ipv6-record",
        "RFC 8305 section 5: the first address that connects wins",
        "The AAAA record still names an old machine, whose certificate is for another site; the A record is right.",
        old_machine_on_ipv6,
        host=STALE,
        address=None,
        names={STALE: Addresses("::1", HERE)},
    ),
    unseen(
        "blocked-by-name-filter",
        "https://docs.pi-hole.net/ftldns/blockingmode/ (a blocked name gets 0.0.0.0 and ::)",
        "A DNS filter blocks the name by answering the unspecified address 0.0.0.0.",
        nowhere,
        host=BLOCKED,
        address=None,
        names={BLOCKED: Addresses("0.0.0.0", "::")},
    ),
    unseen(
        "access-denied-by-policy",
        "RFC 8446 section 6.2 (access_denied)",
        "The server refuses this client by its access policy in the handshake: alert 49, access_denied.",
        clear(scripts.sends_alert(49)),
    ),
    unseen(
        "caddy-without-certificate",
        "https://github.com/caddyserver/caddy/issues/6703, https://github.com/caddyserver/caddy/issues/6612",
        "The server has no certificate for the requested name and answers alert 80, internal_error.",
        without_certificate_for_others,
    ),
    unseen(
        "warned-about-the-name",
        "https://github.com/mirleft/ocaml-tls/issues/312, RFC 6066 section 3",
        "The server does not host the requested name: it sends a warning unrecognized_name and closes.",
        clear(warns_and_ends),
    ),
    unseen(
        "echo-server",
        "RFC 862 (an echo service on the port)",
        "The port is not a TLS server: it sends our own ClientHello back.",
        clear(echoes),
    ),
    unseen(
        "captive-portal-on-443",
        "https://github.com/ntop/ntopng/issues/1820, RFC 8952",
        "A captive portal answers the ClientHello in plain HTTP with a redirect to its login page.",
        clear(
            scripts.says_after_hello(
                b"HTTP/1.1 302 Found\r\nLocation: http://login.hotel.example/?from=b.example.net\r\n"
                b"Content-Length: 0\r\nConnection: close\r\n\r\n"
            )
        ),
    ),
    unseen(
        "chooses-tls10",
        "RFC 5246 appendix E.1",
        "The server speaks no newer version than TLS 1.0, which it chooses in its ServerHello.",
        clear(scripts.speaks_no_newer_than(0x0301)),
    ),
    unseen(
        "downgrade-sentinel",
        "RFC 8446 section 4.1.3",
        "A device on the path terminates TLS and lowers TLS 1.3 to TLS 1.2: the server random has the downgrade sentinel.",
        clear(downgraded),
        needs_tls13=True,
    ),
    unseen(
        "resets-two-segment-hello",
        "https://tldr.fail/, https://github.com/canonical/lxd/issues/14839",
        "The server or a middlebox cannot read a ClientHello in two TCP segments and resets the connection.",
        resets_second_segment,
        flags=LARGE,
        needs_experiment=True,
    ),
    unseen(
        "own-certificate-expired",
        "RFC 8446 section 6.2 (certificate_expired)",
        "Our client certificate has expired, and the server refuses it.",
        lambda material: listening(scripts.over_tls(asks_for_client(material), OPEN)),
        flags=("--cert", "{expired}", "--key", "{expired}"),
    ),
    unseen(
        "own-certificate-revoked",
        "RFC 8446 section 6.2 (certificate_revoked)",
        "Our client certificate was revoked by its CA, and the server refuses it.",
        revokes_the_client,
        flags=("--cert", "{client}", "--key", "{client}"),
    ),
    unseen(
        "stunnel-without-backend",
        "https://www.stunnel.org/static/stunnel.html (connect), RFC 8446 section 6.1",
        "The TLS terminator ends the connection right after the handshake, without an answer, because its backend is down.",
        secured(ends_before_the_request),
    ),
)
