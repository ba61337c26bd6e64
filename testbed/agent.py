"""lb_agent and lbctl on a load balancer."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import pathlib
import signal
import subprocess
from typing import Any, Iterable, Optional, Sequence

from testbed.binaries import Binaries
from testbed.host import FABRIC_INTERFACE, HEALTH_INTERFACE, VIP, Host
from testbed.notify_socket import NotifySocket
from testbed.process import Process

CONTROL_SOCKET_NAME = "agent.sock"
PINS_NAME = "l275"  # in the host's BPF file system
SERVICE = f"tcp:{VIP}:80"
SYNC_PORT = 9276

_READY_S = 60.0


@dataclasses.dataclass(frozen=True)
class Backend:
    """What lbctl says about a backend of a service."""

    service: str
    address: str
    health: str
    active: bool


def services_text(backends: Iterable[str], vip: str = VIP, port: int = 80) -> str:
    """A services file of one TCP service with backends at these addresses."""
    lines = [f'  backend {{ address: "{address}" }}' for address in backends]
    return "\n".join(
        ["service {", f'  vip: "{vip}"', f"  port: {port}", *lines, "}", ""]
    )


class Agent:
    """lb_agent, and lbctl that talks to it.

    All hosts see the same file system, so each agent has its control socket in
    its host's folder, and its pins (LIBXDP_BPFFS) in a BPF file system there.
    """

    def __init__(
        self,
        host: Host,
        binaries: Binaries,
        bpf_folder: pathlib.Path,
        beacon_keys: pathlib.Path,
        peers: Sequence[str] = (),
    ) -> None:
        """`beacon_keys` is the file of the keys whose beacons it believes.

        `peers` are the other load balancers' addresses on the health network.
        """
        self._host = host
        self._binaries = binaries
        self._bpf_folder = bpf_folder
        self._beacon_keys = beacon_keys
        self._peers = peers
        self.program = binaries.lb_agent  # what the next start() runs
        self.control_socket = host.folder / CONTROL_SOCKET_NAME
        self.pins = bpf_folder / PINS_NAME
        self.state_file = host.folder / "agent.state"
        self.services_file = host.folder / "services.textproto"
        self.process: Optional[Process] = None
        self._extra_flags: Sequence[str] = ()

    def start(self, services: str, extra_flags: Sequence[str] = ()) -> None:
        """Starts it with a services file of this text; returns when it is ready.

        `extra_flags` come last, so they override the flags of command().
        """
        self.services_file.write_text(services)
        self._extra_flags = extra_flags
        self.start_again()

    def start_again(self) -> None:
        """With the services file that is there and the flags of the last start."""
        with contextlib.closing(NotifySocket(self._host.folder / "notify")) as notify:
            self.process = self._host.start(
                "lb_agent",
                self.command(
                    f"--services_file={self.services_file}", *self._extra_flags
                ),
                {**notify.environment(), "LIBXDP_BPFFS": str(self._bpf_folder)},
            )
            self.process.wait_until_ready(notify.ready, _READY_S, "lb_agent's READY=1")

    def command(self, *flags: str) -> list[str]:
        """The command line that runs an agent of this host, with more flags."""
        return [
            str(self.program),
            f"--interface={FABRIC_INTERFACE}",
            f"--beacon_interface={HEALTH_INTERFACE}",
            f"--beacon_keys_file={self._beacon_keys}",
            f"--beacon_state_file={self._host.folder}/beacons",
            # Here servers come and go on purpose.
            "--flap_max=0",
            f"--control_socket={self.control_socket}",
            f"--bpffs_dir={self.pins}",
            f"--state_file={self.state_file}",
            "--xdp_mode=native",
            *self._sync_flags(),
            *flags,
        ]

    def _sync_flags(self) -> list[str]:
        if not self._peers:
            return []
        peers = ",".join(f"{peer}:{SYNC_PORT}" for peer in self._peers)
        listen = f"{self._host.health_address}:{SYNC_PORT}"
        return [f"--sync_listen={listen}", f"--sync_peers={peers}"]

    def reload(self, services: str) -> None:
        """Writes the services file again and sends SIGHUP; does not wait."""
        self.services_file.write_text(services)
        self.process.signal(signal.SIGHUP)

    def stop(self) -> None:
        """Ends it; the program stays attached, and the next agent takes over."""
        self.process.stop()

    def remove(self) -> None:
        """Ends it if it runs, and takes away all that outlives it."""
        if self.process is not None and self.process.running:
            self.process.stop()
        self.detach()
        self.state_file.unlink(missing_ok=True)

    def detach(self) -> None:
        """Takes the program, and the maps with their flows, from the kernel."""
        self._host.call(*self.detach_command())

    def detach_command(self) -> list[str]:
        """The command line that takes away what an agent of this host left."""
        command = [str(self._binaries.lb_agent), "--detach"]
        command.append(f"--bpffs_dir={self.pins}")
        return ["env", f"LIBXDP_BPFFS={self._bpf_folder}", *command]

    def kill(self) -> int:
        return self.process.kill()

    def lbctl_command(self, *arguments: str) -> list[str]:
        return [
            str(self._binaries.lbctl),
            f"--control_socket={self.control_socket}",
            *arguments,
        ]

    def lbctl(
        self, *arguments: str, may_fail: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Runs lbctl to its end; `may_fail` as in Host.run()."""
        return self._host.run(self.lbctl_command(*arguments), may_fail)

    def lbctl_json(self, *arguments: str) -> Any:
        """Runs lbctl --output=json, which has to succeed, and parses its output."""
        return json.loads(self.lbctl("--output=json", *arguments).stdout)

    def backends(self) -> list[Backend]:
        """Every backend of every service, as `lbctl backend list` has them."""
        return [
            Backend(
                service["service"],
                state["address"],
                state.get("health", "UNKNOWN"),
                state.get("active", False),
            )
            for service in self.lbctl_json("backend", "list").get("service", [])
            for state in service.get("backend", [])
        ]

    def active_backends(self) -> set[str]:
        """The addresses of the backends that get flows."""
        return {backend.address for backend in self.backends() if backend.active}
