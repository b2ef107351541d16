"""What a server counts, and how often it may log: failures by cause for Prometheus, and no log that a stranger can fill."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from wssure.evidence import Failure

__all__ = ["INTERVAL_S", "RECORDS", "Tally"]

# As many failures of one cause are logged in full within an interval; the rest is one line at its end.
RECORDS: Final = 10
INTERVAL_S: Final = 60.0
Render = Callable[[Failure], str]


class Tally:
    """Counts of one server, and the limit on its log.

    Every counter is labelled with cause ids at most: nothing a peer chooses becomes a label or a line.

    Args:
        logger: Takes the records of failed connections, with the `Failure` as their attribute `failure`.
        records: How many of one cause are logged in an interval.
        interval_s: How long that is.
    """

    def __init__(
        self,
        logger: logging.Logger | logging.LoggerAdapter[Any],
        *,
        records: int = RECORDS,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self.accepted = 0
        self.opened = 0
        self.answered = 0
        self.left_early = 0
        self.failures: dict[str, int] = {}
        self.unlogged = 0
        self._logger = logger
        self._records = records
        self._interval_s = interval_s
        self._logged: dict[str, int] = {}
        self._timer: asyncio.TimerHandle | None = None

    def failed(self, peer: str, failure: Failure, render: Render) -> None:
        """Count a failed connection and log it, if its cause was not logged too often just now.

        Args:
            peer: Its address.
            failure: Why it failed.
            render: Makes the text, only where it is wanted.
        """
        cause = failure.cause
        self.failures[cause] = self.failures.get(cause, 0) + 1
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._interval_s, self._end_interval)
        seen = self._logged[cause] = self._logged.get(cause, 0) + 1
        if seen > self._records:
            self.unlogged += 1
            return
        self._logger.warning("no connection with %s: %s", peer, render(failure), extra={"failure": failure})

    def close(self) -> None:
        """Log what is still owed."""
        if self._timer is not None:
            self._timer.cancel()
            self._end_interval()

    def _end_interval(self) -> None:
        """Say in one line for each cause how many failures were not logged."""
        self._timer = None
        logged, self._logged = self._logged, {}
        for cause, seen in logged.items():
            if seen > self._records:
                self._logger.warning(
                    "%d more connections failed with %s within %g s and were not logged one by one",
                    seen - self._records,
                    cause,
                    self._interval_s,
                )

    def text(self, gauges: Mapping[str, tuple[str, float]]) -> str:
        """Return the counters in the text format of Prometheus (version 0.0.4).

        Args:
            gauges: Name -> help and value, of what is counted elsewhere.
        """
        lines: list[str] = []
        for name, (words, value) in gauges.items():
            lines += _family(name, "gauge", words, {"": value})
        for name, words, value in (
            ("wssure_accepted_total", "TCP connections accepted.", self.accepted),
            ("wssure_opened_total", "WebSocket connections opened.", self.opened),
            ("wssure_answered_total", "Requests answered otherwise than by opening a connection.", self.answered),
            ("wssure_left_early_total", "Clients that went away without sending a byte.", self.left_early),
            ("wssure_unlogged_total", "Failures counted but not logged one by one.", self.unlogged),
        ):
            lines += _family(name, "counter", words, {"": value})
        by_cause = {f'{{cause="{cause}"}}': count for cause, count in sorted(self.failures.items())}
        lines += _family(
            "wssure_failures_total", "counter", "Connections that failed before they were open, by cause.", by_cause
        )
        return "\n".join(lines) + "\n"


def _family(name: str, kind: str, words: str, values: Mapping[str, float]) -> list[str]:
    head = [f"# HELP {name} {words}", f"# TYPE {name} {kind}"]
    return head + [f"{name}{labels} {value}" for labels, value in values.items()]
