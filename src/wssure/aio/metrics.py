"""Counters of a server in the format of Prometheus, and the limit on the log records that clients can cause."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final

from wssure.aio.openings import SILENT, STALLED
from wssure.aio.options import Logger
from wssure.evidence import Failure

# As many records of one kind, such as failures of one cause, are logged within an interval; the rest is one line.
RECORDS: Final = 10
INTERVAL_S: Final = 60.0
Render = Callable[[Failure], str]


class Metrics:
    """Counts of one server, and the limit on its log.

    The labels are cause ids and reasons of our own: nothing that a client chooses becomes a label or a line.

    Args:
        logger: Takes the records of failed connections, with the `Failure` as their attribute `failure`.
        records: How many of one kind are logged in an interval.
        interval_s: How long that is.
    """

    def __init__(
        self,
        logger: Logger,
        *,
        records: int = RECORDS,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self.accepted = 0
        self.opened = 0
        self.answered = 0
        self.left_early = 0
        self.failures: dict[str, int] = {}
        self.evicted: dict[str, int] = {}
        self.unlogged = 0
        self._logger = logger
        self._records = records
        self._interval_s = interval_s
        self._logged: dict[str, tuple[int, int]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def count_failure(self, peer: str, failure: Failure, render: Render, level: int = logging.WARNING) -> None:
        """Count a failed connection and log it, if its cause was not logged too often just now.

        Args:
            peer: Its address.
            failure: Why it failed.
            render: Makes the text; called only if it is logged.
            level: Of the record.
        """
        cause = failure.cause
        self.failures[cause] = self.failures.get(cause, 0) + 1
        if self.may_log(level, f"connections failed with {cause}"):
            self._logger.log(level, "no connection with %s: %s", peer, render(failure), extra={"failure": failure})

    def count_eviction(self, peer: str, reason: str, limit: str) -> None:
        """Count an opening that was closed because its place was needed, and log it at a limited rate.

        Args:
            peer: Its address.
            reason: `silent` or `stalled`.
            limit: The limit that was reached.
        """
        self.evicted[reason] = self.evicted.get(reason, 0) + 1
        what = f"openings gave way ({reason})"
        self.log(logging.WARNING, what, "%s gave way to another client (%s): %s", peer, reason, limit)

    def log(self, level: int, what: str, text: str, *values: object, exc_info: bool = False) -> None:
        """Log a record that a client can cause, if as many of its kind were not logged within the interval.

        Args:
            level: Of the record, and of the line that counts those left out.
            what: The kind of event, as that line names it: "requests were answered".
            text: The record, with its `values` as in `logging`.
            values: For the text.
            exc_info: True adds the traceback of the exception being handled.
        """
        if self._logger.isEnabledFor(level) and self.may_log(level, what):
            self._logger.log(level, text, *values, exc_info=exc_info)

    def may_log(self, level: int, what: str) -> bool:
        """Count one record of a kind, and return True if it may be logged."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._interval_s, self._end_interval)
        seen = self._logged.get(what, (level, 0))[1] + 1
        self._logged[what] = level, seen
        self.unlogged += seen > self._records
        return seen <= self._records

    def close(self) -> None:
        """Log the counts that were not logged yet."""
        if self._timer is not None:
            self._timer.cancel()
            self._end_interval()

    def _end_interval(self) -> None:
        """Log in one line for each kind how many records were left out."""
        self._timer = None
        logged, self._logged = self._logged, {}
        for what, (level, seen) in logged.items():
            if seen > self._records:
                text = "%d more %s within %g s and were not logged one by one"
                self._logger.log(level, text, seen - self._records, what, self._interval_s)

    def text(self, gauges: Mapping[str, tuple[str, float]]) -> str:
        """Return the counters in the text format of Prometheus (version 0.0.4).

        Args:
            gauges: Name -> help and value of the figures that are counted elsewhere.
        """
        lines: list[str] = []
        for name, (words, value) in gauges.items():
            lines += _family(name, "gauge", words, {"": value})
        for name, words, value in (
            ("wssure_accepted_total", "TCP connections accepted.", self.accepted),
            ("wssure_opened_total", "WebSocket connections opened.", self.opened),
            ("wssure_answered_total", "Requests answered otherwise than by opening a connection.", self.answered),
            ("wssure_left_early_total", "Clients that went away without sending a byte.", self.left_early),
            ("wssure_unlogged_total", "Records counted but not logged one by one.", self.unlogged),
        ):
            lines += _family(name, "counter", words, {"": value})
        by_reason = {f'{{reason="{reason}"}}': self.evicted.get(reason, 0) for reason in (SILENT, STALLED)}
        lines += _family(
            "wssure_evicted_total", "counter", "Openings closed because another client needed the place.", by_reason
        )
        by_cause = {f'{{cause="{cause}"}}': count for cause, count in sorted(self.failures.items())}
        lines += _family(
            "wssure_failures_total", "counter", "Connections that failed before they were open, by cause.", by_cause
        )
        return "\n".join(lines) + "\n"


def _family(name: str, kind: str, words: str, values: Mapping[str, float]) -> list[str]:
    head = [f"# HELP {name} {words}", f"# TYPE {name} {kind}"]
    return head + [f"{name}{labels} {value}" for labels, value in values.items()]
