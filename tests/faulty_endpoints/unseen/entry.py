"""One endpoint of the unseen forty: a source, the true cause in the field's words, and how to start it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faulty_endpoints.endpoint import Endpoint, Start


@dataclass(frozen=True)
class Unseen:
    """One endpoint whose true cause was written down before the first score.

    Args:
        id: Its own.
        source: A public address, or RFC and section.
        truth: The true cause, as a maintainer would say it.
        start: Opens it; gives the port.
        more: The other arguments of its `Endpoint`.
    """

    id: str
    source: str
    truth: str
    start: Start
    more: Mapping[str, Any] = field(default_factory=dict)

    def endpoint(self, cause: str) -> Endpoint:
        """Return it as an endpoint with the id of the true cause."""
        return Endpoint(self.id, cause, self.start, **self.more)


def unseen(id_: str, source: str, truth: str, start: Start, **more: Any) -> Unseen:
    """Return one, with the other arguments of its `Endpoint` by name."""
    return Unseen(id_, source, truth, start, more)
