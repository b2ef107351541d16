import pytest

from wssure.diagnose import conclude
from wssure.evidence import Attempt, Fault, Stage
from wssure.facts import EndpointHost, OsErrorSeen

pytestmark = pytest.mark.matrix

REFUSED = OsErrorSeen(errno=111, name="ECONNREFUSED", text="Connection refused", call="connect").at(1.0)


def test_a_cause_with_its_evidence_names_where():
    failure = conclude(Stage.DIAL, [REFUSED], [Attempt("192.0.2.7:443", ok=False, error="refused", errno=111)])
    assert failure.cause == "tcp.refused"
    assert "192.0.2.7:443" in failure.summary


def test_no_cause_without_its_evidence():
    facts = (EndpointHost("a.example"),)
    failure = conclude(Stage.TLS, facts)
    assert (failure.cause, failure.fault, failure.facts) == ("unknown.tls", Fault.UNKNOWN, facts)
