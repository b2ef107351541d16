"""Define findings: faults of an endpoint that works for us and will fail other clients."""

from typing import Any

from wssure.evidence import Confidence
from wssure.frozen import frozen


@frozen
class Finding:
    """One weakness of an endpoint that works.

    Args:
        cause: Id of the cause that will fail other clients.
        summary: One line, lower case, no final stop: the observation and the clients it concerns.
        fix: The steps to take, in the imperative.
        confidence: How sure it is that a client fails.
    """

    cause: str
    summary: str
    fix: str
    confidence: Confidence = Confidence.LIKELY

    def to_json(self) -> dict[str, Any]:
        """Return the object of the JSON interface."""
        return {
            "cause": self.cause,
            "summary": self.summary,
            "fix": self.fix,
            "confidence": self.confidence.value,
        }
