"""The client, and what it asks of the VIP."""

from __future__ import annotations

import collections
import dataclasses
import http.client
import socket
import subprocess
from typing import Counter

from testbed.errors import TestbedError
from testbed.host import VIP, Host
from testbed.nginx import LARGE_PATH

URL = f"http://{VIP}/"

_CONNECT_S = 20.0


@dataclasses.dataclass(frozen=True)
class Download:
    """Of the large file."""

    server: str
    size_bytes: int
    client_port: int


class Client:
    """The host that clients' programs run on. Each request is a connection."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def curl(
        self, *arguments: str, may_fail: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Runs curl to its end; `may_fail` as in Host.run()."""
        command = ["curl", "--silent", "--show-error", *arguments]
        return self.host.run(command, may_fail)

    def count_answers(self, requests: int, url: str = URL) -> Counter[str]:
        """Sends this many requests with curl, and counts who answered.

        Raises TestbedError when one has no answer within 5 s.
        """
        done = self._requests(f"{url}?[1-{requests}]")
        names = done.stdout.split()
        if done.returncode != 0 or len(names) != requests:
            raise TestbedError(
                f"{requests} requests to {url} got {len(names)} answers: "
                f"{done.stderr.strip()}"
            )
        return collections.Counter(names)

    def download_large(self) -> Download:
        """Gets the large file from the VIP."""
        # fmt: off
        done = self.curl(
            "--fail", "--output", "/dev/null",
            "--write-out", "%header{Server-Name} %{size_download} %{local_port}",
            f"{URL.rstrip('/')}{LARGE_PATH}",
        )
        # fmt: on
        server, size_bytes, port = done.stdout.split()
        return Download(server, int(size_bytes), int(port))

    def connect(self, count: int, port: int = 80) -> list[socket.socket]:
        """Opens this many connections to the VIP, to be closed by the caller."""
        return [self._connect(port) for _ in range(count)]

    def _requests(self, url: str) -> subprocess.CompletedProcess[str]:
        # fmt: off
        return self.curl(
            "--fail", "--fail-early", "--header", "Connection: close",
            "--max-time", f"{_CONNECT_S:g}", url,
            may_fail=True,
        )
        # fmt: on

    def _connect(self, port: int) -> socket.socket:
        connection = self.host.socket()
        connection.settimeout(_CONNECT_S)
        connection.connect((VIP, port))
        return connection


def ask(connection: socket.socket) -> str:
    """Sends a request over an open connection; returns who answered.

    Raises TestbedError when nobody does.
    """
    response = http.client.HTTPResponse(connection)
    try:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {VIP}\r\n\r\n".encode())
        response.begin()
        return response.read().decode().strip()
    except (OSError, http.client.HTTPException) as error:
        raise TestbedError(f"an open connection got no answer: {error}") from error
