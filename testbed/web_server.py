"""A web server: nginx behind DNAT, and its beacon."""

from __future__ import annotations

import pathlib
import signal
import subprocess
from typing import Optional, Sequence

from testbed.agent import SERVICE
from testbed.binaries import Binaries
from testbed.host import FABRIC_INTERFACE, HEALTH_INTERFACE, Host
from testbed.nginx import Nginx
from testbed.process import Process


class WebServer:
    """A host that serves the VIP without owning it."""

    def __init__(
        self,
        host: Host,
        binaries: Binaries,
        beacon_keys: pathlib.Path,
        port: int = 80,
    ) -> None:
        """`beacon_keys` is the file of the key that its beacons are signed with;
        `port` is where nginx listens; DNAT translates the VIP's port 80 to it."""
        self.host = host
        self.nginx = Nginx(host, port)
        self._binaries = binaries
        self._beacon_keys = beacon_keys
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
        self.dnat("apply", *self.dnat_flags())

    def dnat_flags(self) -> list[str]:
        return [
            f"--service={SERVICE}",
            f"--local={self.address}:{self._port}",
            f"--interface={FABRIC_INTERFACE}",
        ]

    def dnat(
        self, *arguments: str, may_fail: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Runs dnat to its end; `may_fail` as in Host.run()."""
        return self.host.run([str(self._binaries.dnat), *arguments], may_fail)

    def start_beacon(self, extra_flags: Sequence[str] = ()) -> None:
        """Starts healthbeacon. The agents hear it soon after this returns.

        It vouches for the host only; check_flag() has it look at nginx.
        """
        self.beacon = self.host.start(
            "healthbeacon", self.beacon_command(self.address, *extra_flags)
        )

    def beacon_command(self, address: str, *flags: str) -> list[str]:
        """The command line that speaks for an address, with more flags."""
        return [
            str(self._binaries.healthbeacon),
            f"--interface={HEALTH_INTERFACE}",
            f"--address={address}",
            f"--key_file={self._beacon_keys}",
            f"--state_file={self.host.folder}/beacon-{address}.epoch",
            *flags,
        ]

    def check_flag(self) -> str:
        """For start_beacon(): the server is up while nginx answers."""
        return f"--check=http://{self.address}:{self._port}/"

    def stop_beacon(self) -> None:
        """SIGINT: it says "down", which takes the server out at once."""
        self.beacon.stop(signal.SIGINT)

    def restart_beacon(self, extra_flags: Sequence[str] = ()) -> None:
        """SIGTERM, and the next one: what an upgrade does."""
        self.beacon.stop()
        self.start_beacon(extra_flags)

    def kill_beacon(self) -> None:
        """SIGKILL: silence, as when the machine dies."""
        self.beacon.kill()
