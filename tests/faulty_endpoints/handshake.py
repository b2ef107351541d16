"""Endpoints that fail in the TLS handshake."""

from __future__ import annotations

import ssl

from tests.faulty_endpoints.endpoint import HERE, Change, Endpoint, Material, Start, clear, secured
from tests.peers import cut, scripts
from tests.peers.byname import by_hello, by_name
from tests.peers.certificates import NAME, SMALL_PRIME, dh_parameters
from tests.peers.listener import Talk, listening

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
SOON = ("--timeout", "0.4")
# More than a segment: 1400 bytes and the rest of the hello.
LARGE = ("--alpn", ",".join(["http/1.1", *(f"{letter}" * 200 for letter in "abcdefg")]))
OPEN = scripts.upgrades()


def only(name: str, otherwise: Talk) -> Start:
    """Serve one name well, and answer all others in another way."""
    return lambda material: listening(by_name({name: scripts.over_tls(material.context(), OPEN)}, otherwise))


def all_but(name: str, instead: Talk) -> Start:
    """Serve every name well but one."""
    return lambda material: listening(by_name({name: instead}, scripts.over_tls(material.context(), OPEN)))


def small_only(material: Material):
    """Never see a hello that needs two segments, as a device does that drops the second."""
    good = scripts.over_tls(material.context(), OPEN)
    return listening(by_hello(lambda hello: good if len(hello.raw) < 1400 else scripts.stays_silent))


def old_only(material: Material):
    """Close on every hello that offers TLS 1.3, as servers from before it did."""
    context = material.context()
    context.maximum_version = TLS12
    good = scripts.over_tls(context, OPEN)
    return listening(by_hello(lambda hello: scripts.closes_after_hello if 0x0304 in hello.supported_versions else good))


def version(lowest: ssl.TLSVersion, highest: ssl.TLSVersion) -> Change:
    def change(material: Material, context: ssl.SSLContext) -> None:
        context.minimum_version, context.maximum_version = lowest, highest

    return change


def suites(text: str, *, weak_group: bool = False, lowest: ssl.TLSVersion = TLS12) -> Change:
    def change(material: Material, context: ssl.SSLContext) -> None:
        # Which versions a context takes by itself is the distribution's choice.
        context.minimum_version, context.maximum_version = lowest, TLS12
        context.set_ciphers(f"{text}:@SECLEVEL=0")
        if weak_group:
            context.load_cert_chain(material.write(material.issued(rsa=True)))
            context.load_dh_params(material.write(dh_parameters(SMALL_PRIME).encode()))

    return change


def wants_client(highest: ssl.TLSVersion) -> Change:
    def change(material: Material, context: ssl.SSLContext) -> None:
        context.maximum_version = highest
        context.verify_mode = ssl.CERT_REQUIRED
        material.ca.configure_trust(context)

    return change


def broken(name: str, cause: str, end: cut.End, *, behind_hello: bool = False, **more) -> Endpoint:
    """Return a good server whose answer ends 40 bytes into its ServerHello, or as many behind it."""

    def start(material: Material):
        return listening(cut.cut(material.context(), 40, end, behind_hello=behind_hello))

    return Endpoint(name, cause, start, **more)


def nameless(name: str, answer: Talk) -> Endpoint:
    """Return a server that needs a name, asked by its IP address."""
    return Endpoint(f"no-name-{name}", "tls.sni-missing", only(NAME, answer), host=HERE, address=None)


ENDPOINTS = (
    nameless("close", scripts.closes_after_hello),
    nameless("reset", scripts.resets_after_hello),
    nameless("alert-40", scripts.sends_alert(40)),
    nameless("alert-80", scripts.sends_alert(80)),
    nameless("alert-109", scripts.sends_alert(109)),
    nameless("alert-112", scripts.sends_alert(112)),
    Endpoint("no-name-default-certificate", "cert.hostname", secured(OPEN), host=HERE, address=None, needs_experiment=True),
    Endpoint("unknown-name-alert-112", "tls.sni-unknown", only("a.example.net", scripts.sends_alert(112))),
    Endpoint("unknown-name-alert-40", "tls.sni-unknown", all_but(NAME, scripts.sends_alert(40)), needs_experiment=True),
    Endpoint("unknown-name-close", "tls.sni-unknown", all_but(NAME, scripts.closes_after_hello), needs_experiment=True),
    Endpoint("filtered-name-reset", "tls.sni-filtered", all_but(NAME, scripts.resets_after_hello), needs_experiment=True),
    Endpoint("filtered-name-silence", "tls.sni-filtered", all_but(NAME, scripts.stays_silent), flags=SOON, needs_experiment=True),
    Endpoint("large-hello-dropped", "tls.large-hello-dropped", small_only, flags=(*SOON, *LARGE), needs_experiment=True),
    Endpoint("close-on-tls13", "tls.version", old_only, needs_experiment=True, needs_tls13=True),
    Endpoint("only-tls13", "tls.version", secured(OPEN, version(TLS13, TLS13)), flags=("--tls-max", "1.2")),
    Endpoint("only-tls12", "tls.version", secured(OPEN, version(TLS12, TLS12)), flags=("--tls-min", "1.3"), needs_tls13=True),
    Endpoint("only-tls10", "tls.version", clear(scripts.sends_alert(70))),
    Endpoint("no-protocol", "tls.alpn", clear(scripts.sends_alert(120))),
    Endpoint("no-suite", "tls.no-common-params", secured(OPEN, suites("ECDHE-ECDSA-AES128-SHA"), weak=True)),
    Endpoint("no-suite-and-old-versions", "tls.no-common-params", secured(OPEN, suites("ECDHE-ECDSA-AES128-SHA", lowest=ssl.TLSVersion.MINIMUM_SUPPORTED), weak=True)),
    Endpoint("too-weak-for-it", "tls.no-common-params", clear(scripts.sends_alert(71))),
    Endpoint("asks-for-brainpool", "tls.no-common-group", clear(scripts.asks_for_group(0x001B)), needs_tls13=True),
    Endpoint("small-dh-group", "tls.weak-dh", secured(OPEN, suites("DHE-RSA-AES128-GCM-SHA256", weak_group=True), weak=True)),
    Endpoint("before-rfc-5746", "tls.legacy-renegotiation", clear(scripts.chooses_without_extensions)),
    Endpoint("record-overflow", "tls.record-buffer-too-small", clear(scripts.sends_alert(22))),
    Endpoint("bad-mac", "tls.bad-record-mac", clear(scripts.sends_alert(20))),
    Endpoint("wants-a-client-certificate-12", "tls.client-cert-required", secured(OPEN, wants_client(TLS12))),
    Endpoint("wants-a-client-certificate-13", "tls.client-cert-required", secured(OPEN, wants_client(TLS13))),
    Endpoint(
        "wants-another-client-certificate",
        "tls.client-cert-rejected",
        secured(OPEN, wants_client(TLS13)),
        flags=("--cert", "{stranger}", "--key", "{stranger}"),
    ),
    Endpoint("silent", "tls.timeout-after-hello", clear(scripts.stays_silent), flags=SOON),
    Endpoint("closes", "tls.eof-in-handshake", clear(scripts.closes_after_hello)),
    broken("ends-in-server-hello", "tls.eof-in-handshake", cut.ends),
    broken("ends-after-server-hello", "tls.eof-in-handshake", cut.ends, behind_hello=True),
    broken("resets-in-server-hello", "tcp.reset-in-handshake", cut.resets),
    broken("resets-after-server-hello", "tcp.reset-in-handshake", cut.resets, behind_hello=True),
    broken("stalls-in-server-hello", "tls.timeout-after-hello", cut.stalls, flags=SOON),
    broken("stalls-after-server-hello", "tls.timeout-after-hello", cut.stalls, behind_hello=True, flags=SOON),
    Endpoint("byte-by-byte", "", lambda material: listening(cut.one_by_one(material.context(), OPEN))),
    Endpoint("resets", "tcp.reset-in-handshake", clear(scripts.resets_after_hello)),
)  # fmt: skip
