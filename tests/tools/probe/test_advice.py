"""No advice repeats an experiment, or a change that one refuted: for every cause and every set of experiments."""

from __future__ import annotations

import itertools
import re

from tests.causes.test_evidence import CASES

from wssure.diagnose import conclude
from wssure.evidence import Confidence, Failure
from wssure.facts import ProbeResult, RequestSeen
from wssure.fixes import Reader, fix, format_fixes
from wssure.tools.probe.compare import compare

# The words that an experiment without effect forbids, in a fix and in the way to decide.
FORBIDS = {
    "origin.own": r"--origin https://b\.example\.net|the Origin that the (service|server) expects|own Origin",
    "origin.none": r"send no Origin|without one",
    "version.1.2": r"--tls-max 1\.2|TLS 1\.2 only|each TLS version alone|enable TLS 1\.2",
    "version.old": r"only older versions",
    "alpn.http1": r"--alpn http/1\.1",
    "alpn.none": r'--alpn ""|without ALPN',
    "hello.suites": r"common cipher suite|RSA and ECDSA suites",
    "hello.groups": r"common group|P-256, P-384",
    "hello.small": r"small hello|in one packet",
    "sni.none": r"without SNI|without a server name",
    "sni.other": r"(an)?other SNI|another server name",
    "address.family": r"dial the (other )?family|other address",
    "host.other": r"another Host|site's name into the URL",
    "plain.http": r"and plain HTTP|and its ws URL",
    "plain.tls": r"(?m)^connect to wss://",
    "request.bare": r"without additional headers",
    "route.direct": r"go without the proxy",
}
OF_CLIENTS = [
    (index, failure)
    for index, case in enumerate(CASES)
    if (failure := conclude(case.stage, case.facts, case.attempts)).cause == case.cause
    and (failure.confidence is not Confidence.CERTAIN or failure.alternatives)
]


def without(experiment: str, *, silent: bool = False) -> ProbeResult:
    note = "no answer in its time" if silent else "makes no difference"
    return ProbeResult(experiment, f"asking {experiment}", None, "closed", "closed", False, note, 1.0)


def advice(failure: Failure) -> str:
    """Return every fix and every way to decide, without the list of excluded causes."""
    texts = [format_fixes(failure.fixes, Reader.FLAGS)]
    for one in failure.alternatives:
        texts += [format_fixes(one.fixes, Reader.FLAGS), one.probe or ""]
    return "\n".join(line for text in texts for line in text.splitlines() if not line.startswith("experiments exclude"))


def test_no_advice_repeats_an_experiment_or_what_it_refuted():
    for _, failure in OF_CLIENTS:
        spoken_of = [name for name, words in FORBIDS.items() if re.search(words, advice(failure))]
        for size in range(1, len(spoken_of) + 1):
            for names in itertools.combinations(spoken_of, size):
                left = advice(compare(failure, [without(name) for name in names]))
                for name in names:
                    assert not re.search(FORBIDS[name], left), (failure.cause, names, left)
                assert left.strip(), (failure.cause, names)


def test_the_law_has_cases_of_every_experiment():
    everything = "\n".join(advice(failure) for _, failure in OF_CLIENTS)
    silent = {name for name, words in FORBIDS.items() if not re.search(words, everything)}
    # These follow only from an experiment, or stand in a cause that is certain.
    assert silent <= {"origin.none", "version.old", "alpn.http1", "route.direct", "request.bare"}


def of(cause: str) -> Failure:
    return next(failure for _, failure in OF_CLIENTS if failure.cause == cause)


def test_if_nothing_helps_the_log_the_path_and_the_excluded_are_named():
    names = ("sni.none", "sni.other", "version.1.2", "hello.groups", "hello.suites", "alpn.none")
    settled = compare(of("tls.eof-in-handshake"), [without(name) for name in names])
    assert settled.fix == (
        "read the server's log for the same second, and connect from another network: a device between may be the cause\n"
        "experiments exclude a filter of this server name, the TLS version, the key-exchange groups, the cipher suites and"
        " signature algorithms, ALPN"
    )


def test_silence_excludes_nothing():
    settled = compare(of("tls.timeout-after-hello"), [without("version.1.2", silent=True)])
    assert "experiments exclude" not in settled.fix


def test_alert_40_to_every_hello_is_not_called_a_lack_of_common_parameters():
    settled = compare(of("tls.no-common-params"), [without("hello.suites"), without("hello.groups")])
    assert "supports none" not in settled.summary
    assert "tls.no-common-group" not in [one.cause for one in settled.alternatives]


def test_the_origin_that_was_sent_is_not_advised():
    before = of("http.403")
    sent = RequestSeen("GET", "b.example.net", "https://b.example.net")
    before = Failure(**{**{name: getattr(before, name) for name in before.__slots__}, "facts": (*before.facts, sent)})
    before = Failure(
        **{
            **{name: getattr(before, name) for name in before.__slots__},
            "fixes": (fix("http.origin", origin="https://b.example.net"), fix("http.404")),
        }
    )
    assert [one.id for one in compare(before, [without("host.other")]).fixes] == ["http.404", "remains.server"]
