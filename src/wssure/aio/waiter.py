"""A future that one task awaits until input came, and that can run the task at once.

Theory. A result set on an `asyncio.Future` wakes its task by `call_soon`: the loop comes round once more, with a system
call, before the task sees its message. If the loop has just called us and no task is running, the task's step can as
well run now. So `wake(True)` calls the callback that the task passed to `add_done_callback`, in its context. If another
task is running, asyncio refuses that before anything has happened, and it falls back to `call_soon`; in the loop's
debug mode it does so always. A woken task that wakes another one is a task that is running: the second one waits for the
loop, so this never nests.

It keeps the part of the Future's protocol that tasks use; `asyncio.isfuture` says yes. One is used for many waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextvars import Context
from typing import Any


class Waiter:
    """Awaited by one task at a time, and only by tasks.

    Args:
        loop: The running event loop; whether it is in debug mode is looked at here.

    Attributes:
        waiting: True until it is woken.
        engaged: True until the task that waits has gone on, which may be a turn of the loop later.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._debug = loop.get_debug()
        self._asyncio_future_blocking = False
        self._callback: Callable[[Any], object] | None = None
        self._context: Context | None = None
        self._message: object = None
        self._done = True
        self._cancelled = False
        self.waiting = False
        self.engaged = False

    def begin(self) -> Waiter:
        """Return itself, ready for one more `await`."""
        self._done = False
        self._cancelled = False
        self._callback = None
        self._context = None
        self.waiting = True
        self.engaged = True
        return self

    def wake(self, at_once: bool) -> None:
        """Let the waiting task go on; without one, or a second time, do nothing.

        Args:
            at_once: True runs its step here, if that is possible.
        """
        if self._done:
            return
        self._done = True
        self.waiting = False
        callback = self._callback
        if callback is None:
            return  # Not awaited yet: the await will return at once.
        if at_once and not self._debug and self._context is not None:
            self._callback = None
            try:
                self._context.run(callback, self)
            except RuntimeError:
                pass  # no task's step may begin inside another one's; errors of the step itself stay in the task
            else:
                return
        self._loop.call_soon(callback, self, context=self._context)

    # Used by the awaiting coroutine.

    def __await__(self) -> Generator[Any, Any, None]:
        return self  # type: ignore[return-value]

    def __iter__(self) -> Waiter:
        return self

    def __next__(self) -> Waiter:
        if self._done:
            self.engaged = False
            raise StopIteration
        # `asyncio.Task` checks this flag to tell a future from a bare `yield`.
        self._asyncio_future_blocking = True
        return self

    # A wait ends in exactly one of `__next__`, `throw` and `close`, so nothing else may clear `engaged`.

    def throw(self, kind: Any, value: Any = None, trace: Any = None) -> Any:
        """End the wait with an exception: the task was cancelled, perhaps after something had come."""
        self.close()
        if value is None:
            value = kind() if isinstance(kind, type) else kind
        raise value

    def close(self) -> None:
        """End the wait of a coroutine that is dropped."""
        self._done = True
        self._callback = None
        self.waiting = False
        self.engaged = False

    # Used by the task.

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop it belongs to."""
        return self._loop

    def add_done_callback(self, callback: Callable[[Any], object], *, context: Context | None = None) -> None:
        """Store the callback of the task."""
        self._callback = callback
        self._context = context

    def remove_done_callback(self, callback: Callable[[Any], object]) -> int:
        """Remove the callback of the task."""
        if self._callback is None:
            return 0
        self._callback = None
        return 1

    def cancel(self, msg: object = None) -> bool:
        """End the wait with CancelledError; False if it has ended."""
        if self._done:
            return False
        self._cancelled = True
        self._message = msg
        self.wake(False)
        return True

    def done(self) -> bool:
        """Tell whether the wait has ended."""
        return self._done

    def cancelled(self) -> bool:
        """Tell whether it was cancelled."""
        return self._cancelled

    def result(self) -> None:
        """Return nothing: the input is in the queue.

        Raises:
            asyncio.CancelledError: The wait was cancelled.
        """
        if self._cancelled:
            raise asyncio.CancelledError() if self._message is None else asyncio.CancelledError(self._message)

    def exception(self) -> None:
        """Return None: a wait only ends or is cancelled."""
