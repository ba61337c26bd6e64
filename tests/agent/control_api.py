"""The agent's control API, over one connection that stays open."""

from __future__ import annotations

import http.client
import json
import os
import pathlib
import socket
from typing import Any

_TIMEOUT_S = 60.0


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: pathlib.Path) -> None:
        super().__init__("localhost", timeout=_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(os.fspath(self._path))


class ControlApi:
    """Faster than lbctl, whose every call is a process; for thousands of calls.

    with ControlApi(agent.control_socket) as api:
        api.explain("192.0.2.1:40000", "10.0.0.200:80")["backend"]["address"]
    """

    def __init__(self, control_socket: pathlib.Path) -> None:
        self._connection = _UnixConnection(control_socket)

    def __enter__(self) -> ControlApi:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def get(self, path: str) -> Any:
        """What the agent answers; raises AssertionError unless it is a success."""
        status, answer = self.request("GET", path)
        assert status == 200, f"GET {path}: {status} {answer}"
        return answer

    def explain(self, source: str, destination: str) -> Any:
        return self.get(f"/v1/explain?source={source}&destination={destination}")

    def post(self, path: str, message: Any) -> tuple[int, Any]:
        """The HTTP status and the parsed answer."""
        return self.request("POST", path, json.dumps(message))

    def request(self, method: str, path: str, body: str | None = None) -> Any:
        self._connection.request(method, path, body)
        response = self._connection.getresponse()
        return response.status, json.loads(response.read())
