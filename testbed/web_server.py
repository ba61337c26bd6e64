"""A web server: nginx behind DNAT, and its beacon."""

from __future__ import annotations

import subprocess
from typing import Optional, Sequence

from testbed.agent import SERVICE
from testbed.binaries import Binaries
from testbed.errors import TestbedError
from testbed.host import FABRIC_INTERFACE, HEALTH_INTERFACE, Host
from testbed.nginx import Nginx
from testbed.process import Process


class WebServer:
    """A host that serves the VIP without owning it."""

    def __init__(self, host: Host, binaries: Binaries, port: int = 80) -> None:
        """`port` is where nginx listens; DNAT translates the VIP's port 80 to it."""
        self.host = host
        self.nginx = Nginx(host, port)
        self._binaries = binaries
        self._port = port
        self.beacon: Optional[Process] = None

    @property
    def name(self) -> str:
        return self.host.name

    @property
    def address(self) -> str:
        """The backend's address."""
        return self.host.address

    def start(self) -> None:
        """nginx, then the rules, then the beacon that promises both."""
        self.nginx.start()
        self.apply_dnat()
        self.start_beacon()

    def apply_dnat(self) -> None:
        done = self.dnat("apply", *self.dnat_flags())
        if done.returncode != 0:
            raise TestbedError(f"{self.name}: dnat apply: {done.stderr.strip()}")

    def dnat_flags(self) -> list[str]:
        return [
            f"--service={SERVICE}",
            f"--local={self.address}:{self._port}",
            f"--interface={FABRIC_INTERFACE}",
        ]

    def dnat(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs dnat to its end. The caller looks at its exit code."""
        return self.host.run([str(self._binaries.dnat), *arguments])

    def start_beacon(self, extra_flags: Sequence[str] = ()) -> None:
        """Starts healthbeacon. The agents hear it soon after this returns."""
        command = [
            str(self._binaries.healthbeacon),
            f"--interface={HEALTH_INTERFACE}",
            f"--address={self.address}",
            *extra_flags,
        ]
        self.beacon = self.host.start("healthbeacon", command)

    def stop_beacon(self) -> None:
        """SIGTERM: it says goodbye."""
        self.beacon.stop()

    def kill_beacon(self) -> None:
        """SIGKILL: silence, as when the machine dies."""
        self.beacon.kill()
