"""What a proxy answered to our CONNECT, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wssure.diagnose.view import Evidence, text_of
from wssure.evidence import Stage

__all__ = ["ProxyAnswer", "proxy_answer"]


@dataclass(frozen=True, slots=True)
class ProxyAnswer:
    """The proxy's status line and headers.

    Args:
        status: None where no answer came.
        text: Status and reason.
        headers: As they came.
    """

    status: int | None
    text: str
    headers: Mapping[str, Any]

    def header(self, name: str) -> str:
        """Return a header by its lower-case name, "" where it is absent."""
        return next((text_of(value) for key, value in self.headers.items() if str(key).lower() == name), "")


def proxy_answer(evidence: Evidence) -> ProxyAnswer:
    """Return what the proxy said; only in the proxy stage, so that a server's own 403 is never taken for it."""
    record = evidence.record("proxy.response")
    if evidence.stage is not Stage.PROXY or not isinstance(record.get("status"), int):
        return ProxyAnswer(None, "", {})
    headers = record.get("headers")
    text = f"{record['status']} {text_of(record.get('reason'))}".strip()
    return ProxyAnswer(record["status"], text, headers if isinstance(headers, Mapping) else {})
