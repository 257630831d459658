"""A wait with a bound."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar, Union

T = TypeVar("T")


async def wait_within(work: Union[Coroutine[Any, Any, T], asyncio.Future[T]], seconds: float) -> T:
    """The result of ``work``. Raises ``TimeoutError``, and cancels it, when it takes longer.

    Before Python 3.12, ``asyncio.wait_for`` may lose a cancellation that comes with the result, so that a task that was
    told to end goes on. Here, it never does.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
    except asyncio.CancelledError:
        task.cancel()
        if task.done() and not task.cancelled():
            task.exception()  # Nobody asks for it any more.
        raise
    if task.cancelled():
        raise TimeoutError
    return task.result()
