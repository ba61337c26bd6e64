"""Load balancers without anybody else: what tests of the agent alone need."""

from __future__ import annotations

import contextlib
import json
import subprocess
from typing import Any, Optional, Sequence

from testbed.agent import Agent
from testbed.binaries import Binaries
from testbed.host import FABRIC_INTERFACE, Host
from testbed.namespace import Namespace
from testbed.runfiles import runfile
from testbed.signals import raise_on_signals, signals_ignored
from testbed.state import State, assert_root

_FIRST_NUMBER = 11
_XDP_PASS = "testbed/xdp_pass.bpf.o"


class LoadBalancer:
    """A host with one cable (eth1 to the port of its name) and an agent."""

    def __init__(self, host: Host, agent: Agent, pins: str) -> None:
        self.host = host
        self.agent = agent
        self._pins = pins

    def start(self, services: str, *flags: str) -> None:
        """Starts the agent without beacons; `flags` override. Waits for READY=1."""
        self.agent.start(services, ["--health=none", *flags])

    def stop(self) -> None:
        """Ends the agent if it runs, and what would outlive it."""
        self.agent.remove()

    def run_agent(
        self, *flags: str, wrapper: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Runs an agent that is expected to end by itself at once.

        The caller looks at its exit code.
        """
        environment = ["env", f"LIBXDP_BPFFS={self._pins}"]
        command = self.agent.command("--health=none", *flags)
        return self.host.run([*environment, *wrapper, *command], may_fail=True)

    def attached_program(self) -> Optional[int]:
        """The id of the XDP program on eth1; None when there is none."""
        text = self.host.namespace.ip("-j", "link", "show", FABRIC_INTERFACE)
        [link] = json.loads(text)
        return link["xdp"]["prog"]["id"] if "xdp" in link else None

    def attach_foreign_program(self) -> None:
        """Attaches a program that is not the agent's."""
        self._set_xdp("xdpdrv", "object", str(runfile(_XDP_PASS)), "section", "xdp")

    def detach_foreign_program(self) -> None:
        self._set_xdp("xdpdrv", "off")

    def know_neighbours(self, macs: dict[str, str]) -> None:
        """Gives neighbours, by address, other MAC addresses than 02:00:00:00:00:NUMBER."""
        for address, mac in macs.items():
            # fmt: off
            self.host.namespace.ip(
                "neigh", "replace", address, "lladdr", mac,
                "dev", FABRIC_INTERFACE, "nud", "permanent",
            )
            # fmt: on

    def config(self) -> Any:
        """What the agent was asked to do: the services of `lbctl export`."""
        return self.agent.lbctl_json("export")

    def _set_xdp(self, *arguments: str) -> None:
        self.host.namespace.ip("link", "set", FABRIC_INTERFACE, *arguments)


class Rig:
    """Load balancers in a namespace each, and the far ends of their cables.

        lb1: eth1 10.0.0.11 ──── lb1  \
        lb2: eth1 10.0.0.12 ──── lb2  / in one namespace, without addresses

    All other addresses of the network have permanent neighbour entries.

    Entering removes what a crashed run of this name left; leaving ends and
    removes everything. Needs root.
    """

    def __init__(self, name: str, lbs: int = 1) -> None:
        """`name` is 1 to 32 of a-z, 0-9 and _."""
        assert_root()
        self._name = name
        self._state = State(name)
        self.far_end = Namespace(name, "far")
        self._binaries = Binaries.find()
        self._lb_count = lbs
        self.lbs: list[LoadBalancer] = []

    @property
    def lb(self) -> LoadBalancer:
        """The first one."""
        return self.lbs[0]

    def __enter__(self) -> Rig:
        self._state.lock()
        raise_on_signals()
        with contextlib.ExitStack() as on_error:
            on_error.callback(self._leave)
            self._state.remove()
            self._state.create()
            self.far_end.create()
            for index in range(self._lb_count):
                self.lbs.append(self._make_lb(index))
            on_error.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    def _make_lb(self, index: int) -> LoadBalancer:
        name, number = f"lb{index + 1}", _FIRST_NUMBER + index
        host = Host(self._name, name, number, self._state.host_folder(name))
        host.namespace.create()
        self._plug(host)
        pins = self._state.mount_bpf(name)
        agent = Agent(host, self._binaries, pins, self._state.beacon_keys)
        return LoadBalancer(host, agent, str(pins))

    def _plug(self, host: Host) -> None:
        # fmt: off
        self.far_end.ip(
            "link", "add", host.name, "type", "veth",
            "peer", "name", FABRIC_INTERFACE, "netns", host.namespace.name,
        )
        # XDP_TX on a veth needs a program on the far end too.
        self.far_end.ip(
            "link", "set", host.name, "xdpdrv",
            "object", str(runfile(_XDP_PASS)), "section", "xdp",
        )
        # fmt: on
        self.far_end.ip("link", "set", host.name, "up")
        host.namespace.ip("addr", "add", f"{host.address}/24", "dev", FABRIC_INTERFACE)
        host.namespace.ip("link", "set", FABRIC_INTERFACE, "up")
        self._know_all_neighbours(host)

    @staticmethod
    def _know_all_neighbours(host: Host) -> None:
        """Nobody answers ARP here, and backends must not be unreachable for that."""
        batch = host.folder / "neighbours"
        batch.write_text(
            "".join(
                f"neigh replace 10.0.0.{number} lladdr 02:00:00:00:00:{number:02x} "
                f"dev {FABRIC_INTERFACE} nud permanent\n"
                for number in range(1, 255)
                if number != host.number
            )
        )
        host.call("ip", "-batch", str(batch))

    def _leave(self) -> None:
        with signals_ignored():
            for lb in self.lbs:
                lb.host.kill_all()
            self._state.remove()
            self._state.unlock()
