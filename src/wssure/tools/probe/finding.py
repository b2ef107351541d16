"""What is not wrong for us and will be for others: findings about an endpoint that works."""

from __future__ import annotations

from typing import Any

from wssure.evidence import Confidence
from wssure.frozen import frozen

__all__ = ["Finding"]


@frozen
class Finding:
    """One weakness of an endpoint that works.

    Args:
        cause: Id of the cause that will fail somebody.
        summary: One line, lower case, no final stop: what was seen and whom it concerns.
        fix: What to do, in the imperative.
        confidence: How sure it is that somebody fails.
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
