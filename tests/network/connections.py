"""Many connections to the VIP that stay open, and talk."""

from __future__ import annotations

import collections
import dataclasses
import select
import socket
import threading
import time
from typing import Counter, Deque, Optional

from testbed.client import Client
from testbed.errors import TestbedError
from testbed.host import VIP
from testbed.waiting import wait_until

_REQUEST = f"GET / HTTP/1.1\r\nHost: {VIP}\r\n\r\n".encode()
_PAUSE_S = 0.5  # between an answer and the next request
_ANSWER_S = 12.0  # more than TCP needs to send a lost segment five times
_POLL_S = 0.05
_OPENED_S = 60.0


@dataclasses.dataclass(frozen=True)
class Broken:
    """What became of a connection that did not stay as it was."""

    server: str  # that answered first; empty: none ever did
    reason: str
    opened_s: float  # of time.time()
    broken_s: float


class _Connection:
    def __init__(self, stream: socket.socket) -> None:
        self.stream = stream
        self.server = ""
        self.opened_s = time.time()
        self.asked_s: Optional[float] = None  # of time.monotonic(); no answer yet
        self.answered_s = 0.0
        self.received = b""


class Connections:
    """Connections of a client that ask who serves them, again and again.

        with Connections(client) as connections:
            connections.open(2000)
            ...
            connections.wait_until_all_have_talked()
            assert not connections.broken()

    Each remembers which server answered it first. It breaks when another one
    does, when it is reset or closed, and when an answer takes longer than 12 s.

    A thread of its own does the talking; the rest is for the thread that made
    it. Leaving closes them all.
    """

    def __init__(self, client: Client) -> None:
        self._host = client.host
        self._poll = select.epoll()
        self._lock = threading.Lock()
        self._open: dict[int, _Connection] = {}  # by file descriptor
        self._broken: list[Broken] = []
        # Both in the order of time.
        self._pausing: Deque[_Connection] = collections.deque()
        self._asking: Deque[tuple[float, _Connection]] = collections.deque()
        self._ended = threading.Event()
        self._failure: Optional[BaseException] = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Connections:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        for connection in self._open.values():
            connection.stream.close()
        self._poll.close()

    def open(self, count: int) -> Counter[str]:
        """Opens this many more; returns by whom they are served.

        Raises TestbedError when one gets no answer.
        """
        opened = [self._connect() for _ in range(count)]
        wait_until(
            lambda: self._is_alive() and all(c.server for c in opened),
            _OPENED_S,
            f"{count} more connections",
        )
        return collections.Counter(c.server for c in opened)

    def wait_until_all_have_talked(self) -> None:
        """Until each that is open has got an answer to a request made from now on."""
        asked_from = time.monotonic()
        wait_until(
            lambda: self._is_alive() and self._oldest_request() > asked_from,
            _ANSWER_S + 2 * _PAUSE_S + 3,
            "an answer to every connection",
        )

    def servers(self) -> Counter[str]:
        """How many connections are open, by server."""
        with self._lock:
            return collections.Counter(c.server for c in self._open.values())

    def server_of_port(self) -> dict[int, str]:
        """Of those that are open, by the client's port."""
        with self._lock:
            connections = list(self._open.values())
            return {c.stream.getsockname()[1]: c.server for c in connections}

    def broken(self) -> list[Broken]:
        """All that have broken so far."""
        self._is_alive()
        with self._lock:
            return list(self._broken)

    def _connect(self) -> _Connection:
        stream = self._host.socket()
        stream.setblocking(False)
        stream.connect_ex((VIP, 80))
        connection = _Connection(stream)
        with self._lock:
            self._open[stream.fileno()] = connection
        # Writable means connected; then it asks for the first time.
        self._poll.register(stream, select.EPOLLOUT)
        return connection

    def _is_alive(self) -> bool:
        """Raises when the thread has failed: nobody talks any more."""
        if self._failure is not None:
            raise TestbedError("the connections' thread failed") from self._failure
        return True

    def _oldest_request(self) -> float:
        with self._lock:
            return min((c.answered_s for c in self._open.values()), default=0)

    def _run(self) -> None:
        try:
            while not self._ended.is_set():
                for fd, _ in self._poll.poll(_POLL_S):
                    self._on_event(self._open[fd])
                now = time.monotonic()
                self._ask_again(now)
                self._give_up(now)
        except BaseException as failure:  # reported by _is_alive()
            self._failure = failure

    def _on_event(self, connection: _Connection) -> None:
        try:
            if connection.asked_s is None:
                self._poll.modify(connection.stream, select.EPOLLIN)
                self._ask(connection, time.monotonic())
            else:
                self._receive(connection)
        except OSError as error:
            self._drop(connection, error.strerror)

    def _ask(self, connection: _Connection, now: float) -> None:
        connection.stream.send(_REQUEST)
        connection.asked_s = now
        self._asking.append((now, connection))

    def _receive(self, connection: _Connection) -> None:
        received = connection.stream.recv(4096)
        if not received:
            return self._drop(connection, "closed by the server")
        connection.received += received
        _, blank_line, body = connection.received.partition(b"\r\n\r\n")
        if blank_line and body.endswith(b"\n"):
            connection.received = b""
            self._on_answer(connection, body.decode().strip())

    def _on_answer(self, connection: _Connection, server: str) -> None:
        if server != (connection.server or server):
            return self._drop(connection, f"moved to {server}")
        connection.answered_s = connection.asked_s
        connection.server = server
        self._pausing.append(connection)

    def _ask_again(self, now: float) -> None:
        while self._pausing and self._pausing[0].asked_s + _PAUSE_S <= now:
            connection = self._pausing.popleft()
            if connection.stream.fileno() < 0:
                continue
            try:
                self._ask(connection, now)
            except OSError as error:
                self._drop(connection, error.strerror)

    def _give_up(self, now: float) -> None:
        while self._asking and self._asking[0][0] + _ANSWER_S < now:
            asked_s, connection = self._asking.popleft()
            if connection.asked_s == asked_s and connection.answered_s != asked_s:
                self._drop(connection, "timed out")

    def _drop(self, connection: _Connection, reason: str) -> None:
        with self._lock:
            if self._open.pop(connection.stream.fileno(), None) is None:
                return
            self._broken.append(
                Broken(connection.server, reason, connection.opened_s, time.time())
            )
        connection.stream.close()
