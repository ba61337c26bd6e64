"""What a testbed leaves on the machine, and its removal."""

from __future__ import annotations

import errno
import os
import pathlib
import re
import shutil
import socket
from typing import Optional

from testbed.beacon_keys import write_beacon_keys
from testbed.errors import TestbedError
from testbed.namespace import call, namespaces_of, remove_namespaces_of
from testbed.process import end_recorded

_BPF_FOLDER = "bpf"
_BEACON_KEYS = "beacon.keys"


def assert_root() -> None:
    if os.geteuid() != 0:
        raise TestbedError("not root: network namespaces need it, use sudo")


class State:
    """The folder /run/l275-testbed-<name>: configurations, logs, sockets, records.

    Everything that a testbed makes is found by its name alone: processes by the
    records in this folder, namespaces and mounts by their names. So a later run
    can remove what a crashed one left. A lock keeps two runs of one name apart.
    """

    def __init__(self, bed: str) -> None:
        if not re.fullmatch("[a-z0-9_]{1,32}", bed):
            raise TestbedError(
                f"testbed name {bed!r}: expected 1 to 32 of a-z, 0-9 and _"
            )
        self.bed = bed
        self.folder = pathlib.Path(f"/run/l275-testbed-{bed}")
        self._lock: Optional[socket.socket] = None

    def host_folder(self, host: str) -> pathlib.Path:
        return self.folder / host

    def lock(self) -> None:
        """Raises TestbedError while another process has it."""
        # An abstract name, see unix(7), is no file and goes with the process.
        self._lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._lock.bind(f"\0l275-testbed-{self.bed}")
        except OSError as error:
            self._lock.close()
            if error.errno != errno.EADDRINUSE:
                raise
            raise TestbedError(
                f"testbed {self.bed}: another process is using it now"
            ) from None

    def unlock(self) -> None:
        self._lock.close()

    def create(self) -> None:
        self.folder.mkdir()
        write_beacon_keys(self.beacon_keys)

    @property
    def beacon_keys(self) -> pathlib.Path:
        """The file of keys that all hosts share."""
        return self.folder / _BEACON_KEYS

    def hosts(self) -> list[str]:
        """The names of the hosts that are there now."""
        names = [name.rpartition("-")[2] for name in namespaces_of(self.bed)]
        return [name for name in names if name != "net"]

    def leftovers(self) -> bool:
        """Whether there is anything to remove."""
        return self.folder.exists() or bool(namespaces_of(self.bed))

    def bpf_folder(self, host: str) -> pathlib.Path:
        return self.host_folder(host) / _BPF_FOLDER

    def mount_bpf(self, host: str) -> pathlib.Path:
        """A BPF file system for one host's pins, which go when it is removed."""
        folder = self.bpf_folder(host)
        folder.mkdir()
        call(["mount", "-t", "bpf", "bpf", str(folder)])
        return folder

    def remove(self) -> None:
        """Ends the processes, removes namespaces, mounts and the folder."""
        if self.folder.exists():
            end_recorded(self.folder)
        remove_namespaces_of(self.bed)
        for folder in self.folder.glob(f"*/{_BPF_FOLDER}"):
            if os.path.ismount(folder):
                call(["umount", str(folder)])
        if self.folder.exists():
            shutil.rmtree(self.folder)
