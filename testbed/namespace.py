"""Network namespaces."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pathlib
from typing import Iterator, Sequence

from testbed.programs import assert_can_start, run

_FOLDER = pathlib.Path("/run/netns")
_PREFIX = "l275-"
_CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


def call(command: Sequence[str]) -> str:
    """Runs a command that has to succeed, and returns its output."""
    return run(command).stdout


class Namespace:
    """A named network namespace of a testbed: l275-<testbed>-<host>.

    Programs enter it with nsenter(1) and not with `ip netns exec`, which mounts
    a new /sys and so hides the BPF file system.
    """

    def __init__(self, bed: str, host: str) -> None:
        self.name = f"{_PREFIX}{bed}-{host}"
        self.path = _FOLDER / self.name

    def create(self) -> None:
        call(["ip", "netns", "add", self.name])
        # No address configuration of IPv6 among the frames that are counted.
        self.sysctl("net.ipv6.conf.all.disable_ipv6", "1")
        self.sysctl("net.ipv6.conf.default.disable_ipv6", "1")
        self.ip("link", "set", "lo", "up")

    def exists(self) -> bool:
        return self.path.exists()

    def inode(self) -> int:
        """What identifies it: the inode of /proc/PID/ns/net of those inside."""
        return self.path.stat().st_ino

    def enter(self, command: Sequence[str]) -> list[str]:
        """The command that runs `command` inside.

        Raises TestbedError when there is no such program.
        """
        assert_can_start(command[0])
        return ["nsenter", f"--net={self.path}", "--", *command]

    def call(self, command: Sequence[str]) -> str:
        return call(self.enter(command))

    def ip(self, *arguments: str) -> str:
        """Runs ip(8) on what is inside."""
        return call(["ip", "-n", self.name, *arguments])

    def sysctl(self, name: str, value: str) -> None:
        """Sets one of the settings that each namespace has for itself."""
        path = pathlib.Path("/proc/sys", *name.split("."))
        with self.entered():
            if path.exists():
                path.write_text(value)

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Has the calling thread inside, for example to make a socket there."""
        with open("/proc/thread-self/ns/net") as home, open(self.path) as inside:
            _set_namespace(inside.fileno())
            try:
                yield
            finally:
                _set_namespace(home.fileno())


def namespaces_of(bed: str) -> list[str]:
    """The names of all namespaces that a testbed of this name has now."""
    prefix = f"{_PREFIX}{bed}-"
    if not _FOLDER.is_dir():
        return []
    return sorted(n for n in os.listdir(_FOLDER) if n.startswith(prefix))


def remove_namespaces_of(bed: str) -> None:
    for name in namespaces_of(bed):
        call(["ip", "netns", "delete", name])


def _set_namespace(fd: int) -> None:
    if _libc.setns(fd, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
