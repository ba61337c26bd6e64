"""New connections, opened one after another while something happens."""

from __future__ import annotations

import concurrent.futures
import threading

from testbed.client import Client, ask
from testbed.errors import TestbedError

_CALLERS = 8
_PAUSE_S = 0.05


class Newcomers:
    """Opens connections until it is left: connect, ask once, close.

        with Newcomers(client) as newcomers:
            ...
        assert newcomers.failed == 0

    One that is not established and answered within some seconds has failed.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._ended = threading.Event()
        self._pool = concurrent.futures.ThreadPoolExecutor(_CALLERS)
        self._callers: list[concurrent.futures.Future[tuple[int, int]]] = []
        self.succeeded = 0
        self.failed = 0

    @property
    def total(self) -> int:
        return self.succeeded + self.failed

    def __enter__(self) -> Newcomers:
        self._callers = [self._pool.submit(self._call) for _ in range(_CALLERS)]
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        with self._pool:
            for caller in self._callers:
                succeeded, failed = caller.result()
                self.succeeded += succeeded
                self.failed += failed

    def _call(self) -> tuple[int, int]:
        results = [0, 0]
        while not self._ended.wait(_PAUSE_S):
            results[self._fails()] += 1
        return results[0], results[1]

    def _fails(self) -> bool:
        try:
            [connection] = self._client.connect(1)
            with connection:
                return not ask(connection)
        except (OSError, TestbedError):
            return True
