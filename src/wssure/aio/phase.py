"""The clock of an opening: which step runs, since when, and which limit ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from wssure.evidence import Phase, Recorder, Stage
from wssure.facts import TimedOut

__all__ = ["Clock"]


class Clock:
    """Bounds an opening as a whole and each of its steps; an asynchronous context manager.

    After it raised `TimeoutError`, `expired` is True and a `timeout` fact names the step.

    Args:
        recorder: Takes the timed phases.
        whole_s: For everything together; None is no limit.
        limits: Seconds by phase name.
    """

    def __init__(self, recorder: Recorder, whole_s: float | None, limits: Mapping[str, float] | None = None) -> None:
        self._recorder = recorder
        self._whole_s = whole_s
        self._limits = limits or {}
        self._end: float | None = None
        self._timeout = asyncio.timeout(None)
        self._limit_s = whole_s
        self._address: str | None = None
        self._began_ms = 0.0
        self._running = False
        self.stage = Stage.RESOLVE

    async def __aenter__(self) -> Clock:
        loop = asyncio.get_running_loop()
        if self._whole_s is not None:
            self._end = loop.time() + self._whole_s
        self._timeout = asyncio.timeout_at(self._end)
        await self._timeout.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)  # type: ignore[arg-type]
        finally:
            if self.expired:
                self._recorder.note(TimedOut, self.stage.value, self._limit_s)
            if kind is not None:
                self._end_phase(ok=False)

    @property
    def expired(self) -> bool:
        """True where a limit ended it, and not something else that timed out."""
        return self._timeout.expired()

    def begin(self, stage: Stage, address: str | None = None) -> None:
        """Begin a step; its own limit holds from here, within the limit of the whole."""
        self._end_phase(ok=True)
        self.stage = stage
        self._address = address
        self._began_ms = self._recorder.elapsed_ms()
        self._running = True
        own_s = self._limits.get(stage.value)
        if self._limits:
            self._reschedule(own_s)

    def _reschedule(self, own_s: float | None) -> None:
        when, limit = self._end, self._whole_s
        if own_s is not None:
            own_end = asyncio.get_running_loop().time() + own_s
            if when is None or own_end < when:
                when, limit = own_end, own_s
        self._limit_s = limit
        self._timeout.reschedule(when)

    def expire(self, limit_s: float) -> None:
        """End the running step now, for a limit of seconds that is checked elsewhere."""
        if self._running:
            self._limit_s = limit_s
            self._timeout.reschedule(asyncio.get_running_loop().time())

    def finish(self) -> None:
        """End the last step."""
        self._end_phase(ok=True)

    def _end_phase(self, *, ok: bool) -> None:
        if not self._running:
            return
        self._running = False
        # Dialling records a phase for each address by itself.
        if self.stage is not Stage.DIAL:
            took = self._recorder.elapsed_ms() - self._began_ms
            self._recorder.phases.append(Phase(self.stage.value, self._address, self._began_ms, took, ok))
