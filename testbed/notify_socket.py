"""Readiness of a Type=notify service, see sd_notify(3)."""

from __future__ import annotations

import os
import pathlib
import socket
from typing import Mapping


class NotifySocket:
    """The socket on which a program says READY=1 to who started it."""

    def __init__(self, path: pathlib.Path) -> None:
        path.unlink(missing_ok=True)
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(os.fspath(path))
        self._socket.setblocking(False)
        self._ready = False

    def environment(self) -> Mapping[str, str]:
        """What the program has to be started with."""
        return {"NOTIFY_SOCKET": os.fspath(self._path)}

    def ready(self) -> bool:
        """Whether it has said READY=1."""
        while message := self._receive():
            self._ready = self._ready or b"READY=1" in message.split(b"\n")
        return self._ready

    def close(self) -> None:
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(4096)
        except BlockingIOError:
            return b""
