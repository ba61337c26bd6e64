"""Asking the VIP all the time, to see when who answers."""

from __future__ import annotations

import collections
import dataclasses
import errno
import itertools
import re
import selectors
import socket
import struct
import threading
import time
from typing import Counter, Optional

from testbed.host import VIP, Host

_INTERVAL_S = 0.005
# Later than TCP's first retransmission (1 s, RFC 6298).
_RETRANSMITTED_S = 1.1
_PATIENCE_S = 10.0
_TCP_SYN_SENT = 2
_TCP_INFO_BYTES = 104
_TCP_INFO = struct.Struct("=B99xI")  # state and total retransmissions of tcp_info
_REQUEST = f"GET / HTTP/1.0\r\nHost: {VIP}\r\n\r\n".encode()
_SERVER_NAME = re.compile(rb"^Server-Name: (\S+)\r$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Attempt:
    """One request over a connection of its own."""

    start: float  # time.monotonic()
    server: Optional[str]  # None: nobody answered


class Prober:
    """Sends a request every 5 ms from a thread of its own, while entered.

    A request is lost when its SYN had to be sent again, when it is refused or
    reset, and after 10 s without an answer. What is slow is not lost: a busy
    machine is. Leaving waits until each is decided.

    with Prober(client_host) as prober:
        ...
        prober.gap_s(since)
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._attempts: list[Attempt] = []  # append-only, by the thread
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Prober:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def attempts(self, since: float, until: float = float("inf")) -> list[Attempt]:
        """Those that began in this time and are decided, by their start."""
        chosen = [a for a in list(self._attempts) if since <= a.start < until]
        return sorted(chosen, key=lambda attempt: attempt.start)

    def answers(self, since: float, until: float = float("inf")) -> Counter[str]:
        """How often each server answered."""
        return collections.Counter(
            a.server for a in self.attempts(since, until) if a.server
        )

    def last_answer_of(self, server: str, since: float) -> float:
        """When the last request began that this server answered; else `since`."""
        starts = [a.start for a in self.attempts(since) if a.server == server]
        return max(starts, default=since)

    def gap_s(self, since: float) -> float:
        """The longest time within which no request began that was answered."""
        starts = [a.start for a in self.attempts(since) if a.server]
        return max((b - a for a, b in zip(starts, starts[1:])), default=float("inf"))

    def lost(self, since: float) -> int:
        """Requests that nobody answered."""
        return sum(a.server is None for a in self.attempts(since))

    def _run(self) -> None:
        with self._host.namespace.entered(), selectors.DefaultSelector() as selector:
            requests = _Requests(selector, self._attempts)
            while not self._stopping.is_set():
                requests.begin()
                requests.serve(time.monotonic() + _INTERVAL_S)
            while requests.under_way():
                requests.serve(time.monotonic() + _INTERVAL_S)


class _Requests:
    """The requests that are under way. One thread."""

    def __init__(
        self, selector: selectors.BaseSelector, attempts: list[Attempt]
    ) -> None:
        self._selector = selector
        self._attempts = attempts
        self._starts: dict[socket.socket, float] = {}  # oldest first

    def begin(self) -> None:
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.setblocking(False)
        self._starts[connection] = time.monotonic()
        self._selector.register(connection, selectors.EVENT_WRITE)
        if connection.connect_ex((VIP, 80)) not in (0, errno.EINPROGRESS):
            self._end(connection, None)

    def serve(self, until: float) -> None:
        """Handles what happens until then, time.monotonic()."""
        while (left := until - time.monotonic()) > 0:
            for key, events in self._selector.select(left):
                self._advance(key.fileobj, events)
        self._give_up(until)

    def under_way(self) -> bool:
        return bool(self._starts)

    def _advance(self, connection: socket.socket, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                if _retransmissions(connection):
                    return self._end(connection, None)
                connection.sendall(_REQUEST)
                self._selector.modify(connection, selectors.EVENT_READ)
            else:
                self._end(connection, _server_name(connection.recv(4096)))
        except OSError:  # refused, reset, unreachable
            self._end(connection, None)

    def _give_up(self, now: float) -> None:
        late = list(
            itertools.takewhile(
                lambda c: self._starts[c] < now - _RETRANSMITTED_S, self._starts
            )
        )
        for connection in late:
            if self._starts[connection] < now - _PATIENCE_S or _syn_is_lost(connection):
                self._end(connection, None)

    def _end(self, connection: socket.socket, server: Optional[str]) -> None:
        self._selector.unregister(connection)
        connection.close()
        self._attempts.append(Attempt(self._starts.pop(connection), server))


def _tcp_info(connection: socket.socket) -> tuple[int, int]:
    """Its state, and how often segments were sent again. See tcp(7), TCP_INFO."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
    return _TCP_INFO.unpack(info)


def _retransmissions(connection: socket.socket) -> int:
    return _tcp_info(connection)[1]


def _syn_is_lost(connection: socket.socket) -> bool:
    state, retransmissions = _tcp_info(connection)
    return state == _TCP_SYN_SENT and retransmissions > 0


def _server_name(answer: bytes) -> Optional[str]:
    found = _SERVER_NAME.search(answer)
    return found.group(1).decode() if found else None
