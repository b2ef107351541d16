"""One look at an endpoint with `wssure check`, and what it said, beside the truth."""

from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from tests.faulty_endpoints import before_tls, certificate, handshake, names, proxies, software, upgrade
from tests.faulty_endpoints.endpoint import Endpoint, Material
from tests.faulty_endpoints.unseen.judged import JUDGED
from tests.peers.resolver import start_resolver

from wssure.tools.cli.main import guarded

__all__ = ["ENDPOINTS", "NAMED", "SOFTWARE", "Row", "look", "resolving", "table"]

ENDPOINTS = (
    *before_tls.ENDPOINTS,
    *handshake.ENDPOINTS,
    *certificate.ENDPOINTS,
    *upgrade.ENDPOINTS,
    *proxies.ENDPOINTS,
    # Those that are missed, and how, are in docs/accuracy.md; all are in test_unseen.py.
    *(one.endpoint for one in JUDGED if not one.missed and not one.unseen.more.get("names")),
)
SOFTWARE = (*software.ENDPOINTS, *proxies.SOFTWARE)
NAMED = names.ENDPOINTS


@dataclass(frozen=True)
class Row:
    """What `check` said of one endpoint.

    Args:
        endpoint: Its id.
        cause: The true one; "" for an endpoint that works.
        said: The cause said first; "" for a success.
        confidence: How sure it said it was.
        others: The alternatives, best first.
        experiments: How many were made.
        ms: What it took.
        words: Summary and fix.
        certificate: Whether any certificate was seen, in the connection or in an experiment.
        needs_experiment: As the endpoint says.
    """

    endpoint: str
    cause: str
    said: str
    confidence: str
    others: tuple[str, ...]
    experiments: int
    ms: float
    words: str
    certificate: bool
    needs_experiment: bool

    @property
    def right(self) -> bool:
        """True where the true cause was said first."""
        return self.said == self.cause

    def to_json(self) -> dict[str, Any]:
        """Return the row as a JSON object."""
        return asdict(self)

    @classmethod
    def of_json(cls, value: dict[str, Any]) -> Row:
        """Return the row of such an object."""
        return cls(**{**value, "others": tuple(value["others"])})


def look(endpoint: Endpoint, material: Material, flags: Iterable[str] = ()) -> Row:
    """Start an endpoint, check it as a user would, and end it.

    Args:
        endpoint: Which.
        material: The certificates.
        flags: More flags for `wssure check`.
    """
    with endpoint.start(material) as port:
        words = ["check", *endpoint.arguments(port, material), *flags, "--json"]
        began = time.perf_counter()
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
            guarded(words)
        ms = (time.perf_counter() - began) * 1000
    failure = json.loads(printed.getvalue())["failure"] or {}
    facts = failure.get("facts", ())
    kinds = {fact["kind"] for fact in facts}
    experiments = [fact["value"] for fact in facts if fact["kind"] == "probe.result"]
    return Row(
        endpoint.id,
        endpoint.cause,
        failure.get("cause", ""),
        failure.get("confidence", ""),
        tuple(one["cause"] for one in failure.get("alternatives", ())),
        len(experiments),
        round(ms, 1),
        f"{failure.get('summary', '')}\n{failure.get('fix', '')}",
        bool(kinds & {"tls.certificate", "tls.verify"}) or any("certificate" in one["variant"] for one in experiments),
        endpoint.needs_experiment,
    )


@contextlib.contextmanager
def resolving(endpoints: Iterable[Endpoint]) -> Iterator[None]:
    """Answer on port 53 for the names of these endpoints; only inside a namespace of our own."""
    table = {name: reply for endpoint in endpoints for name, reply in endpoint.names.items()}
    with start_resolver(table):
        yield


def table(rows: Iterable[Row]) -> str:
    """Return the rows as text: endpoint, true cause, said, confidence, experiments, ms."""
    cells = [("endpoint", "true cause", "said", "confidence", "experiments", "ms")]
    for row in rows:
        verdict = "" if row.right else "  <- among the others" if row.cause in row.others else "  <- WRONG"
        said = (row.said or "works") + verdict
        cells.append((row.endpoint, row.cause or "works", said, row.confidence, str(row.experiments), f"{row.ms:.0f}"))
    wide = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    return "\n".join(
        "  ".join(cell.ljust(size) for cell, size in zip(line, wide, strict=True)).rstrip() for line in cells
    )
