"""The laws of exceptions: ordinary ones, each carrying its failure."""

from __future__ import annotations

import contextlib
import copy
import json
import pickle
import socket
import ssl
import traceback

import pytest

from wssure import errors
from wssure.evidence import Alternative, Attempt, Confidence, Failure, Fault, Phase, Recorder, Stage, failure_from_json
from wssure.facts import AlertSeen, EndpointPort, HttpEof, OtherFact, TlsEof
from wssure.fixes import fix

pytestmark = pytest.mark.matrix

FAILURE = Failure(
    stage=Stage.TLS,
    cause="tls.sni-missing",
    fault=Fault.CALLER,
    summary="the hello carried no server_name and the server closed",
    fixes=(fix("usage.address", text="drop the flag"), fix("cert.no-trust-store")),
    facts=(AlertSeen("received", "fatal", 40).at(1.5, (5, 7)), OtherFact("note", None)),
    attempts=(Attempt("192.0.2.7:443", ok=True),),
    confidence=Confidence.LIKELY,
    alternatives=(Alternative("tls.version", Confidence.POSSIBLE, "alert 40 also means this", "repeat with TLS 1.2"),),
)
CLASSES = sorted(
    {value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, errors.WssError)},
    key=str,
)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_an_exception_survives_pickle_copy_with_and_add_note(cls):
    error = cls(FAILURE, 104)
    error.add_note("mine")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is cls
        assert twin.failure == FAILURE
        assert str(twin) == str(error)
        assert twin.__notes__ == error.__notes__
        assert getattr(twin, "errno", None) == getattr(error, "errno", None)
    with pytest.raises(cls), contextlib.ExitStack():
        raise error


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_str_is_one_line_with_the_cause(cls):
    assert str(cls(FAILURE)) == "tls.sni-missing: the hello carried no server_name and the server closed"


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_only_a_connection_that_closed_normally_may_have_no_failure(cls):
    if cls in (errors.WssError, errors.ConnectionClosed, errors.ConnectionClosedOK):
        assert cls().failure is None
    else:
        with pytest.raises(TypeError):
            cls()


def test_a_traceback_shows_the_fix_and_the_command_that_says_more():
    text = "".join(traceback.format_exception(errors.TLSFailed(FAILURE)))
    assert "fix   drop the flag" in text
    assert "fix   install ca-certificates" in text
    assert "wssure explain tls.sni-missing" in text


STANDARD = [
    (errors.UsageError, ValueError),
    (errors.ConnectFailed, OSError),
    (errors.ResolveFailed, socket.gaierror),
    (errors.DialRefused, ConnectionRefusedError),
    (errors.TLSFailed, ssl.SSLError),
    (errors.CertificateFailed, ssl.SSLCertVerificationError),
    *[(cls, TimeoutError) for cls in CLASSES if cls.__name__.endswith("TimedOut")],
]


@pytest.mark.parametrize(("ours", "theirs"), STANDARD, ids=[cls.__name__ for cls, _ in STANDARD])
def test_code_that_catches_the_standard_exception_catches_ours(ours, theirs):
    with pytest.raises(theirs):
        raise ours(FAILURE, 104)


def test_a_normal_close_is_the_only_error_without_a_failure():
    assert str(errors.ConnectionClosedOK()) == "closed normally"
    assert errors.ConnectionClosedOK().code == 1006


def test_names_users_know_are_the_same_classes():
    assert errors.InvalidHandshake is errors.UpgradeFailed
    assert errors.InvalidURI is errors.UsageError
    assert issubclass(errors.InvalidStatus, errors.InvalidHandshake)


def test_a_failure_survives_json():
    again = failure_from_json(json.loads(json.dumps(FAILURE.to_json())))
    assert again == FAILURE
    assert again.to_json() == FAILURE.to_json()


@pytest.mark.parametrize("fixes", [None, [{"id": "quic.new", "values": {}}]], ids=["older", "newer"])
def test_the_fix_of_another_version_is_kept_as_its_text(fixes):
    data = FAILURE.to_json()
    data.update(fix="do this;\nor that\x1b[31m")
    del data["fixes"]
    if fixes is not None:
        data["fixes"] = fixes
    again = failure_from_json(data)
    assert again.fix == "do this;\nor that\\x1b[31m"
    assert failure_from_json(again.to_json()) == again


def test_a_failure_hands_out_its_last_fact_of_a_kind():
    assert FAILURE.fact(AlertSeen) == AlertSeen("received", "fatal", 40)
    assert FAILURE.fact(TlsEof) is None


def test_a_recorder_evaluates_lazy_values_only_when_asked():
    ticks = iter(range(0, 100_000_000, 1_000_000))
    recorder = Recorder(lambda: next(ticks))
    asked = []

    def late(number):
        asked.append(number)
        return HttpEof(number).at(span=(0, number)), EndpointPort(number)

    recorder.note(late, 4)
    recorder.note(AlertSeen, "sent", "fatal", number=40)
    assert not asked
    facts = recorder.facts([TlsEof(True, "done")])
    assert asked == [4]
    assert [(fact, fact.t_ms, fact.span) for fact in facts] == [
        (HttpEof(4), 1.0, (0, 4)),
        (EndpointPort(4), 1.0, None),
        (AlertSeen("sent", "fatal", 40), 2.0, None),
        (TlsEof(True, "done"), None, None),
    ]
    assert recorder.elapsed_ms() == 3.0


def test_a_phase_writes_its_json():
    assert Phase("tls", "192.0.2.7:443", 1.0, 2.0, ok=False).to_json() == {
        "name": "tls",
        "address": "192.0.2.7:443",
        "start_ms": 1.0,
        "ms": 2.0,
        "ok": False,
    }
