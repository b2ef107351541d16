"""All of the unseen forty."""

from __future__ import annotations

from tests.faulty_endpoints.unseen import above, below, certificate

__all__ = ["UNSEEN"]

UNSEEN = (*below.UNSEEN, *certificate.UNSEEN, *above.UNSEEN)
