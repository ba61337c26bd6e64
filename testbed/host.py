"""A host: a network namespace with a cable to each network."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import socket
import subprocess
from typing import Mapping, Optional, Sequence

from testbed.errors import TestbedError
from testbed.namespace import Namespace
from testbed.process import Process
from testbed.programs import run

FABRIC = "fabric"
HEALTH = "health"
# A host's interface on each network.
INTERFACES = {FABRIC: "eth1", HEALTH: "eth2"}
FABRIC_INTERFACE = INTERFACES[FABRIC]
HEALTH_INTERFACE = INTERFACES[HEALTH]
_PREFIXES = {FABRIC: "10.0.0", HEALTH: "10.1.0"}

VIP = "10.0.0.200"


def address_on(network: str, number: int) -> str:
    """The address of the host with this number: 10.0.0.NUMBER, 10.1.0.NUMBER."""
    return f"{_PREFIXES[network]}.{number}"


@dataclasses.dataclass(frozen=True)
class FrameCount:
    """What an interface has received and sent since it was made."""

    rx_frames: int
    rx_bytes: int
    tx_frames: int
    tx_bytes: int

    def __sub__(self, earlier: FrameCount) -> FrameCount:
        return FrameCount(
            self.rx_frames - earlier.rx_frames,
            self.rx_bytes - earlier.rx_bytes,
            self.tx_frames - earlier.tx_frames,
            self.tx_bytes - earlier.tx_bytes,
        )


class Host:
    """One of the testbed's hosts. `number` is the last part of its addresses."""

    def __init__(self, bed: str, name: str, number: int, folder: pathlib.Path) -> None:
        self.name = name
        self.number = number
        self.namespace = Namespace(bed, name)
        self.folder = folder  # its configurations, logs and sockets
        self.folder.mkdir(parents=True, exist_ok=True)
        self._started: list[Process] = []

    @property
    def address(self) -> str:
        """On the fabric; for a web server that is the backend's address."""
        return address_on(FABRIC, self.number)

    @property
    def health_address(self) -> str:
        return address_on(HEALTH, self.number)

    def run(
        self, command: Sequence[str], may_fail: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end, see programs.run().

        Raises TestbedError when it fails. With `may_fail` the caller looks at the
        exit code.
        """
        return run(self.namespace.enter(command), may_fail)

    def reaches(self, address: str) -> bool:
        """Whether an ICMP echo request is answered within a second."""
        done = self.run(["ping", "-c", "1", "-W", "1", address], may_fail=True)
        if done.returncode > 1:  # 1: no answer, see ping(8)
            raise TestbedError(f"{self.name}: ping {address}: {done.stderr.strip()}")
        return done.returncode == 0

    def call(self, *command: str) -> str:
        """Runs a command that has to succeed, and returns its output."""
        return self.namespace.call(command)

    def start(
        self,
        name: str,
        command: Sequence[str],
        extra_environment: Optional[Mapping[str, str]] = None,
    ) -> Process:
        """Starts a long-running program; the testbed's removal ends it."""
        self._started.append(
            Process(name, self.namespace, command, self.folder, extra_environment)
        )
        return self._started[-1]

    def kill_all(self) -> None:
        """Ends every program that start() started here and that still runs."""
        for process in self._started:
            if process.running:
                process.kill()

    def socket(self, kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
        """An IPv4 socket of this host; it stays one wherever it is used."""
        with self.namespace.entered():
            return socket.socket(socket.AF_INET, kind)

    def addresses(self, interface: str) -> list[str]:
        """The IPv4 addresses that an interface has now."""
        links = json.loads(self.namespace.ip("-j", "-4", "addr", "show", interface))
        return [a["local"] for link in links for a in link.get("addr_info", [])]

    def reset_interfaces(self) -> None:
        """As they are after a boot: own addresses only, no neighbours known."""
        for network, interface in INTERFACES.items():
            own = address_on(network, self.number)
            for address in self.addresses(interface):
                if address != own:
                    self.namespace.ip("addr", "del", f"{address}/32", "dev", interface)
            self.namespace.ip("link", "set", interface, "down")
            self.namespace.ip("link", "set", interface, "up")

    def frames(self, interface: str) -> FrameCount:
        return frames_of(self.namespace, interface)


def frames_of(namespace: Namespace, interface: str) -> FrameCount:
    """The interface's own counters."""
    [link] = json.loads(namespace.ip("-j", "-s", "link", "show", interface))
    rx, tx = link["stats64"]["rx"], link["stats64"]["tx"]
    return FrameCount(rx["packets"], rx["bytes"], tx["packets"], tx["bytes"])
