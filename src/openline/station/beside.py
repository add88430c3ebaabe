"""Threads beside the event loop, for what blocks: the name service, files that are as long as the record.

Rules of this file: a station that stops waits for none of them, and neither does one that a slow name service keeps
waiting while it wants to write; so each call has a thread of its own, which ends with the process. What runs there must
be whole or worth nothing, wherever it is cut short.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class Beside(ThreadPoolExecutor):
    """An event loop's default executor."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Have it done at once, however much is being done already."""
        done: Future[T] = Future()

        def work() -> None:
            if done.set_running_or_notify_cancel():
                try:
                    done.set_result(fn(*args, **kwargs))
                except BaseException as error:
                    done.set_exception(error)

        threading.Thread(target=work, name="openline-beside", daemon=True).start()
        return done

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """What runs still is left to itself."""
