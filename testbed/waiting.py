"""Waiting for conditions."""

from __future__ import annotations

import time
from typing import Callable, Optional, TypeVar

from testbed.errors import TestbedError

_POLL_S = 0.01

T = TypeVar("T")


def wait_until(condition: Callable[[], T], deadline_s: float, what: str) -> T:
    """Asks `condition` every 10 ms until it is true; returns its value.

    Raises TestbedError "<what>: not within <deadline_s> s" when time is up.
    """
    value = try_until(condition, deadline_s)
    if not value:
        raise TestbedError(f"{what}: not within {deadline_s:g} s")
    return value


def try_until(condition: Callable[[], T], deadline_s: float) -> Optional[T]:
    """Like wait_until(), but returns the last value when time is up."""
    end = time.monotonic() + deadline_s
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(_POLL_S)
    return value
