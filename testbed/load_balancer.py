"""A load balancer: lb_agent and keepalived."""

from __future__ import annotations

import pathlib
from typing import Sequence

from testbed.agent import Agent
from testbed.binaries import Binaries
from testbed.host import Host
from testbed.keepalived import Keepalived


class LoadBalancer:
    """A host that forwards the VIP's packets while it is the active one."""

    def __init__(
        self,
        host: Host,
        binaries: Binaries,
        bpf_folder: pathlib.Path,
        beacon_keys: pathlib.Path,
        peers: Sequence[str],
    ) -> None:
        """`bpf_folder` is a BPF file system."""
        self.host = host
        self.agent = Agent(host, binaries, bpf_folder, beacon_keys, peers)
        ready = self.agent.lbctl_command(
            "ready", f"--bpffs_dir={self.agent.pins}", "--timeout_ms=1000"
        )
        self.keepalived = Keepalived(host, ready, [*ready, "--preferred"])

    @property
    def name(self) -> str:
        return self.host.name

    def lose_power(self) -> None:
        """All of it ends at once, and with it what is in memory; files stay.

        Its cables have to be cut before, or it says goodbye.
        """
        self.host.kill_all()
        self.keepalived.remove_pid_files()
        self.agent.detach()
        self.host.reset_interfaces()

    def boot(self) -> None:
        """In the order of the units: keepalived when the agent is ready."""
        self.agent.start_again()
        self.keepalived.start()

    def prepare(self) -> None:
        """Settings of the host itself."""
        # The XDP program asks the kernel's routes where it has no next hop
        # record, and the kernel answers only where it forwards itself.
        self.host.namespace.sysctl("net.ipv4.ip_forward", "1")
