"""Judge what `wssure hello` says of the flights in tests/vectors/atlas.tsv: `python -m tests.tools.stacks.atlas` prints the score.

* first reason right: for a hello that lost its name, the summary has the setting of the program that sent it. For a hello that
  rightly has none, or whose program was given an address, it says "IP address". A name that is no DNS name has its cause.
* wrong sender: the first guess names another TLS library, another program, or another version than the one that was recorded.
* false finding: a hello with the right name is reported as faulty.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from wssure.tools.cli.hello import Finding, examine
from wssure.tools.stacks import clients
from wssure.wire.hello import find_client_hello

ATLAS: Final = Path(__file__).resolve().parents[2] / "vectors" / "atlas.tsv"
Row = dict[str, str]

# Program, a pattern of its settings, and the words of the setting that took the name away. The first match counts.
REASONS: Final = (
    (".*", "Host header|ServerName=IP|connect.address|host=IP, caFile|wss dialer to an IP", "IP address"),
    ("IXWebSocket", "validation=true", "disable_hostname_validation"),
    ("ESP-IDF", "skip_common_name=false", r"5\.4"),
    ("ESP-IDF", "skip_common_name=true", "skip_common_name"),
    ("mongoose", "name=not set", r"mg_tls_opts\.name"),
    ("mongoose", 'ca=(?:not set|"?\\*)', r"mg_tls_opts\.ca"),
    ("Mbed TLS raw", r'hostname\(""\)', "empty name"),
    ("Mbed TLS raw", "", "mbedtls_ssl_set_hostname"),
    ("nng", "", "nng_tls_config_server_name"),
    ("OpenSSL raw", "", "SSL_set_tlsext_host_name"),
    ("Boost.Beast", "", "SSL_set_tlsext_host_name"),
    ("civetweb", "", "host_name"),
    ("Perl", "", "SSL_hostname"),
    ("LuaSec", "", r"sni\("),
    ("PHP", "", "SNI_enabled"),
    ("Ruby", "", r"hostname="),
    ("Python|websockets", "", "server_hostname"),
    ("autobahn", "", "optionsForClientTLS"),
    ("pyOpenSSL", "", "set_tlsext_host_name"),
    ("Node|websocket$|ws$", "", "servername"),
    ("Go tls.Client", "", "ServerName"),
    ("java", "setServerNames", "setServerNames"),
    ("java", "enableSNIExtension", "enableSNIExtension"),
    ("Erlang", "", "server_name_indication"),
    ("GLib", "", "server-identity"),
    ("GnuTLS raw", "", "gnutls_server_name_set"),
    ("wolfSSL raw", "", "wolfSSL_UseSNI"),
)
# The family that a guess must name, by the library of the recording.
FAMILIES: Final = (
    ("BoringSSL", "boringssl"),
    ("rustls", "rustls"),
    ("JSSE", "java"),
    ("Go ", "go"),
    ("Erlang", "erlang"),
    ("mongoose-builtin", "mongoose"),
    ("(?:openssl|gnutls|mbedtls|wolfssl|nss)", ""),
)


def rows(half: str = "", seed: int = 18) -> list[Row]:
    """Return the recorded flights: all, or the half to `learn` from or to `test` with."""
    with ATLAS.open(newline="", encoding="utf-8") as file:
        every = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    if not half:
        return every
    shuffled = random.Random(seed).sample(every, len(every))
    middle = len(every) // 2
    return shuffled[:middle] if half == "learn" else shuffled[middle:]


def family(row: Row) -> str:
    """Return the name of the TLS library that a guess must have."""
    for pattern, name in FAMILIES:
        if found := re.match(pattern, row["tls_library"]):
            return name or found[0]
    raise AssertionError(f"no family for {row['tls_library']}")


def sender(row: Row, finding: Finding) -> str:
    """Return `right`, `none` or the wrong name of the sender."""
    if not finding.guesses:
        return "none"
    guess = finding.guesses[0]
    # Every program of Go and Java sends the hello of its language.
    program = (
        guess.tls
        if guess.tls in ("go", "java")
        else row["stack"].split()[0].lower().replace("libcurl", "curl").removesuffix("-3")
    )
    # A version alone is a statement; a range ("3.5 or later") is read by eye.
    version = re.match(r"(?:OpenSSL|GnuTLS|NSS|wolfSSL|Mbed TLS) (\d[\d.]*)(?![\d.]| or)", guess.library)
    recorded = " ".join(guess.recorded_from).lower()
    wrong = (
        guess.tls != family(row)
        or (version is not None and not row["tls_version"].startswith(version[1]))
        or (guess.name != guess.library and program not in f"{recorded} {guess.library.lower()}")
    )
    return guess.name if wrong else "right"


def first_reason(row: Row, finding: Finding) -> bool | None:
    """Tell whether the first reason is right; None for a flight whose name is right or cannot be judged from its bytes."""
    summary = "" if finding.failure is None else finding.failure.summary
    if row["verdict"] == "kept" or "SNI: name:other" in row["setting"] or "cpprest" in row["stack"]:
        return None
    if row["verdict"] == "none (IP host)":
        return "IP address" in summary
    name = row["server_name"]
    if row["verdict"] == "falsified" and name != "(present, empty)":
        cause = "" if finding.failure is None else finding.failure.cause
        return cause == ("tls.sni-ip-literal" if name == "127.0.0.1" else "tls.sni-malformed")
    for program, setting, words in REASONS:
        if re.match(program, row["stack"]) and re.search(setting, row["setting"]):
            return re.search(words, summary) is not None
    raise AssertionError(f"no reason is known for {row['file']}")


def score(flights: Iterable[Row]) -> tuple[Counter[str], list[str]]:
    """Return the counts and a line for each miss."""
    counts: Counter[str] = Counter()
    misses = []
    for row in flights:
        finding = examine(bytes.fromhex(row["bytes"]))
        counts["flights"] += 1
        said = sender(row, finding)
        counts["sender right" if said == "right" else "no sender" if said == "none" else "wrong sender"] += 1
        reason = first_reason(row, finding)
        if reason is not None:
            lost = row["verdict"] == "lost" or row["server_name"] == "(present, empty)"
            kind = "lost" if lost else "no name, rightly" if row["verdict"].startswith("none") else "no DNS name"
            counts[f"{kind}: {'right' if reason else 'wrong'}"] += 1
        if row["verdict"] == "kept":
            counts["kept"] += 1
            counts["false finding"] += finding.failure is not None
        misses += list(_misses(row, finding, said, reason))
    return counts, misses


def score_unseen() -> tuple[Counter[str], list[str]]:
    """Score each program without the recordings that only its own flights fit: what is said of a program that was never recorded."""
    flights = rows()
    hellos = [find_client_hello(bytes.fromhex(row["bytes"])) for row in flights]
    every = clients._recordings()
    senders = [
        {row["stack"] for row, hello in zip(flights, hellos, strict=True) if clients.fits(hello, recording)}
        for recording in every
    ]
    total: Counter[str] = Counter()
    every_miss = []
    try:
        for stack in sorted({row["stack"] for row in flights}):
            others = tuple(one for one, known in zip(every, senders, strict=True) if known != {stack})
            clients._recordings = lambda others=others: others
            counts, misses = score(row for row in flights if row["stack"] == stack)
            total += counts
            every_miss += misses
    finally:
        clients._recordings = lambda: every
    return total, every_miss


def _misses(row: Row, finding: Finding, said: str, reason: bool | None) -> Iterator[str]:
    if said not in ("right", "none"):
        yield f"{row['file']}: sender {said}"
    if reason is False:
        yield f"{row['file']}: {row['setting']}: {'' if finding.failure is None else finding.failure.summary}"
    if row["verdict"] == "kept" and finding.failure is not None:
        yield f"{row['file']}: kept, and reported as {finding.failure.cause}"


def main() -> None:
    """Print the score."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--half", choices=("learn", "test"), default="", help="score one half, chosen by the seed")
    parser.add_argument("--misses", action="store_true", help="print each miss")
    parser.add_argument(
        "--unseen", action="store_true", help="score each program without what was recorded from it alone"
    )
    args = parser.parse_args()
    counts, misses = score_unseen() if args.unseen else score(rows(args.half))
    for name, number in sorted(counts.items()):
        print(f"{number:5} {name}")
    if args.misses:
        print("\n".join(misses))


if __name__ == "__main__":
    main()
