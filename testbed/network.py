"""The two networks, and the cables between them and the hosts."""

from __future__ import annotations

import pathlib
from typing import Iterable, Sequence

from testbed.host import (
    FABRIC,
    HEALTH,
    INTERFACES,
    FrameCount,
    Host,
    address_on,
    frames_of,
)
from testbed.namespace import Namespace
from testbed.tap import Tap

_PREFIX_LENGTH = 24
_CUT_TABLE = "table bridge path_cut"
# What the switches forward, multicast and XDP's frames included.
_PATH_CUT = f"""\
{_CUT_TABLE} {{{{
  chain forward {{{{
    type filter hook forward priority filter;
    {{rules}}
  }}}}
}}}}
"""


class Network:
    """Two Ethernet switches, fabric and health, in a namespace of their own.

    A switch is a bridge, a cable is a veth pair. The switch's end of a cable is
    named <network>-<host>, for example fabric-lb1; cables are made in this
    namespace and the hosts' only, so the machine's own network stays as it is.
    """

    def __init__(self, bed: str) -> None:
        self.namespace = Namespace(bed, "net")

    def create(self) -> None:
        self.namespace.create()
        # A switch does not look at what it forwards.
        self.namespace.sysctl("net.bridge.bridge-nf-call-iptables", "0")
        for switch in (FABRIC, HEALTH):
            # Without snooping, multicast reaches every port; nobody here sends
            # the IGMP queries that snooping lives on.
            self._ip("link", "add", switch, "type", "bridge", "mcast_snooping", "0")
            self._ip("link", "set", switch, "up")

    def plug(self, host: Host) -> None:
        """Connects a host to both switches."""
        for switch in (FABRIC, HEALTH):
            self._plug(host, switch)

    def pass_xdp(self, host: Host, xdp_pass: pathlib.Path) -> None:
        """Attaches a passing program to the switch's end of the fabric cable.

        Native XDP on a veth sends frames only when the peer has a program too.
        """
        port = self.port(host, FABRIC)
        self._ip(
            "link", "set", port, "xdpdrv", "object", str(xdp_pass), "section", "xdp"
        )

    def cut(self, host: Host, *switches: str) -> None:
        """The host's cables to these switches, by default all, lose their link."""
        self._set_ports(host, switches, "down")

    def heal(self, host: Host, *switches: str) -> None:
        self._set_ports(host, switches, "up")

    def cut_path(self, one: Host, other: Host, *switches: str) -> None:
        """No frame gets from one to the other; all else does.

        On both networks, unless `switches` names some. One path at a time, until
        heal_path().
        """
        switches = switches or (FABRIC, HEALTH)
        there = _drop_between(one, other, switches)
        back = _drop_between(other, one, switches)
        self.namespace.call(["nft", _PATH_CUT.format(rules="\n".join(there + back))])

    def heal_path(self) -> None:
        """What cut_path() cut, if anything."""
        self.namespace.call(["nft", f"add {_CUT_TABLE}; delete {_CUT_TABLE}"])

    def frames(self, host: Host, switch: str = FABRIC) -> FrameCount:
        """Of the switch's port: rx is what the host sent, tx what it was sent.

        That is all traffic of the host, XDP's included.
        """
        return frames_of(self.namespace, self.port(host, switch))

    def tap(self, host: Host) -> Tap:
        """Listens at the host's port of the fabric from now on."""
        return Tap(self.namespace, self.port(host, FABRIC))

    @staticmethod
    def port(host: Host, switch: str) -> str:
        return f"{switch}-{host.name}"

    def _plug(self, host: Host, switch: str) -> None:
        port, interface = self.port(host, switch), INTERFACES[switch]
        address = address_on(switch, host.number)
        # fmt: off
        self._ip("link", "add", port, "type", "veth",
                 "peer", "name", interface, "address", _mac(address),
                 "netns", host.namespace.name)
        # fmt: on
        self._ip("link", "set", port, "master", switch, "up")
        # A veth leaves checksums and segmentation to hardware that is not there.
        host.call("ethtool", "-K", interface, "tx", "off")
        host.namespace.ip(
            "addr", "add", f"{address}/{_PREFIX_LENGTH}", "dev", interface
        )
        host.namespace.ip("link", "set", interface, "up")

    def _set_ports(self, host: Host, switches: Sequence[str], state: str) -> None:
        for switch in switches or (FABRIC, HEALTH):
            self._ip("link", "set", self.port(host, switch), state)

    def _ip(self, *arguments: str) -> None:
        self.namespace.ip(*arguments)


def _drop_between(
    source: Host, destination: Host, switches: Iterable[str]
) -> list[str]:
    return [
        f'iifname "{Network.port(source, switch)}" '
        f'oifname "{Network.port(destination, switch)}" drop'
        for switch in switches
    ]


def _mac(address: str) -> str:
    """A locally administered address that shows the IPv4 address, in hex."""
    return ":".join(["02", "00", *(f"{int(part):02x}" for part in address.split("."))])
