"""Signals that end a program, and the removal that has to happen first."""

from __future__ import annotations

import contextlib
import signal
import sys
from typing import Iterator

_ENDING = (signal.SIGTERM, signal.SIGHUP)
_DISTURBING = (*_ENDING, signal.SIGINT, signal.SIGALRM)


def raise_on_signals() -> None:
    """Has SIGTERM and SIGHUP raise SystemExit, as SIGINT raises KeyboardInterrupt."""
    for number in _ENDING:
        signal.signal(number, _exit)


@contextlib.contextmanager
def signals_ignored() -> Iterator[None]:
    """For what has to be done to its end."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _DISTURBING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _exit(number: int, _: object) -> None:
    sys.exit(128 + number)
