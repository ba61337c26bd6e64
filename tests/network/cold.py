"""Neighbours that are cold, and a look at what happens to frames meanwhile."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import select
import socket
import struct
import time
from typing import Any, Callable, Iterator, Optional

from testbed.agent import Agent
from testbed.client import Client
from testbed.errors import TestbedError
from testbed.host import FABRIC_INTERFACE, VIP, Host
from testbed.load_balancer import LoadBalancer
from testbed.namespace import Namespace
from testbed.unix_connection import UnixConnection
from testbed.waiting import wait_until

_DEADLINE_S = 30.0
_CONNECT_S = 30.0
_TCP_INFO_BYTES = 104
_TOTAL_RETRANSMISSIONS = struct.Struct("=100xI")  # of struct tcp_info
_ETH_P_ALL = 3
_SO_RCVBUFFORCE = 33
_SO_TIMESTAMPNS = 35
_SOL_PACKET = 263
_PACKET_STATISTICS = 6
_BUFFER_BYTES = 256 << 20
_TIMESPEC = struct.Struct("=qq")
_HEADERS_BYTES = 54
_IPV4, _ARP = 0x0800, 0x0806
_CLIENT_PORT = 50000  # of numbered frames


def ask(agent: Agent, what: str) -> Any:
    """GET /v1/<what> of an agent: faster than a process of lbctl."""
    with contextlib.closing(UnixConnection(str(agent.control_socket))) as connection:
        connection.request("GET", f"/v1/{what}")
        response = connection.getresponse()
        body = response.read()
    if response.status != 200:
        raise TestbedError(f"/v1/{what}: {response.status} {body!r}")
    return json.loads(body)


def next_hop(agent: Agent, backend: str) -> dict[str, Any]:
    """What the agent knows of a backend's next hop."""
    [found] = [n for n in ask(agent, "nexthops")["next_hop"] if n["address"] == backend]
    return found


def is_ready(agent: Agent, backend: str) -> bool:
    return next_hop(agent, backend)["next_hop"]["state"] == "ready"


@dataclasses.dataclass(frozen=True)
class SlowPath:
    """The slow path's counters, as the agent shows them."""

    handed_over: int
    waiting: int
    sent: int
    answered: int
    dropped: dict[str, int]  # by reason, without zeros

    @property
    def balanced(self) -> bool:
        """Whether every frame is accounted for."""
        known = self.waiting + self.sent + self.answered + sum(self.dropped.values())
        return self.handed_over == known


def slow_path(agent: Agent) -> SlowPath:
    found = ask(agent, "status")["slow_path"]
    drops = {d["reason"]: int(d["frames"]) for d in found["dropped"]}
    return SlowPath(
        int(found["handed_over"]),
        int(found["waiting"]),
        int(found["sent"]),
        int(found["answered"]),
        {reason: frames for reason, frames in drops.items() if frames},
    )


def verdict(agent: Agent, word: str) -> int:
    [found] = [v for v in ask(agent, "stats")["verdict"] if v["verdict"] == word]
    return int(found["counter"].get("packets", 0))


def forwarded(agent: Agent) -> tuple[int, int]:
    """Packets, summed over all services, and over all backends."""
    services = ask(agent, "stats")["service"]
    backends = [backend for service in services for backend in service["backend"]]
    of_services, of_backends = (
        sum(int(each["forwarded"].get("packets", 0)) for each in them)
        for them in (services, backends)
    )
    return of_services, of_backends


def be_silent(host: Host) -> None:
    """The host answers no ARP request, until speak()."""
    host.namespace.sysctl(f"net.ipv4.conf.{FABRIC_INTERFACE}.arp_ignore", "8")


def speak(host: Host) -> None:
    host.namespace.sysctl(f"net.ipv4.conf.{FABRIC_INTERFACE}.arp_ignore", "0")


def ask_often(lb: LoadBalancer, retry_ms: int, requests: int) -> None:
    """Sets how the kernel asks for a neighbour: how often until it has failed."""
    neighbours = f"net.ipv4.neigh.{FABRIC_INTERFACE}"
    lb.host.namespace.sysctl(f"{neighbours}.retrans_time_ms", str(retry_ms))
    lb.host.namespace.sysctl(f"{neighbours}.mcast_solicit", str(requests))


def flush_neighbours(host: Host) -> None:
    """All of them, but those that the agent asks for again meanwhile."""
    done = host.run(["ip", "neigh", "flush", "all"], may_fail=True)
    said = done.stdout + done.stderr
    if done.returncode != 0 and "Flush not complete" not in said:
        raise TestbedError(f"{host.name}: ip neigh flush: {said.strip()}")


def make_cold(lb: LoadBalancer, web: Host) -> None:
    """Leaves the web server silent, and its address unknown to the LB's program."""
    be_silent(web)
    lb.host.namespace.ip("neigh", "del", web.address, "dev", FABRIC_INTERFACE)
    wait_until(
        lambda: not is_ready(lb.agent, web.address), _DEADLINE_S, f"{web.name} cold"
    )


def make_failed(lb: LoadBalancer, web: Host) -> None:
    """As make_cold(), and the kernel has given up asking."""
    make_cold(lb, web)
    wait_until(
        lambda: next_hop(lb.agent, web.address)["neighbour_state"] == "failed",
        _DEADLINE_S,
        f"{web.name}'s neighbour entry failed",
    )


@dataclasses.dataclass(frozen=True)
class Connected:
    seconds: float
    retransmissions: int  # of the SYN


def connect(
    client: Client, port: int = 80, meanwhile: Callable[[], None] = lambda: None
) -> Connected:
    """Opens and closes a connection to the VIP.

    `meanwhile` is called when the first SYN has been sent.
    """
    with client.host.socket() as connection:
        connection.setblocking(False)
        start = time.perf_counter()
        connection.connect_ex((VIP, port))
        meanwhile()
        if not select.select([], [connection], [], _CONNECT_S)[1]:
            raise TestbedError(f"no connection within {_CONNECT_S:g} s")
        error = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise TestbedError(f"no connection: {os.strerror(error)}")
        seconds = time.perf_counter() - start
        info = connection.getsockopt(
            socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES
        )
    return Connected(seconds, _TOTAL_RETRANSMISSIONS.unpack(info)[0])


def mac_of(host: Host) -> bytes:
    [link] = json.loads(host.namespace.ip("-j", "link", "show", FABRIC_INTERFACE))
    return bytes.fromhex(link["address"].replace(":", ""))


def text_of_mac(mac: bytes) -> str:
    return mac.hex(":")


class PacketSocket:
    """Sends whole frames from a host's fabric interface."""

    def __init__(self, host: Host) -> None:
        with host.namespace.entered():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self._socket.bind((FABRIC_INTERFACE, 0))

    def send(self, frame: bytes) -> None:
        self._socket.send(frame)

    def close(self) -> None:
        self._socket.close()


def numbered_frame(lb_mac: bytes, number: int, port: int = 80, ttl: int = 64) -> bytes:
    """A TCP segment of one and the same flow; its IP id is `number`."""
    client_mac = b"\x02\x00\x0a\x00\x00\x01"
    ip = struct.pack(
        "!BBHHHBBH4s4s",
        *(0x45, 0, 40, number, 0, ttl, socket.IPPROTO_TCP, 0),
        socket.inet_aton("10.0.0.1"),
        socket.inet_aton(VIP),
    )
    ip = ip[:10] + struct.pack("!H", _checksum(ip)) + ip[12:]
    tcp = struct.pack("!HHIIBBHHH", _CLIENT_PORT, port, number, 1, 0x50, 0x10, 0, 0, 0)
    return lb_mac + client_mac + struct.pack("!H", _IPV4) + ip + tcp + bytes(6)


def announce(host: Host, address: str, mac: bytes) -> bytes:
    """A gratuitous ARP announcement (RFC 5227, section 3)."""
    return (
        b"\xff" * 6
        + mac
        + struct.pack("!HHHBBH", _ARP, 1, _IPV4, 6, 4, 1)
        + mac
        + socket.inet_aton(address)
        + bytes(6)
        + socket.inet_aton(address)
    )


@dataclasses.dataclass(frozen=True)
class Seen:
    """A frame at a port of the switch."""

    time_s: float  # of the wall clock, when the kernel saw it
    from_host: bool  # the host at the port sent it
    headers: bytes

    @property
    def destination(self) -> bytes:
        return self.headers[:6]

    @property
    def is_arp(self) -> bool:
        return int.from_bytes(self.headers[12:14], "big") == _ARP

    @property
    def is_icmp(self) -> bool:
        return self.headers[12:14] == b"\x08\x00" and self.headers[23] == 1

    @property
    def icmp_type(self) -> int:
        return self.headers[34]

    @property
    def source_address(self) -> str:
        return socket.inet_ntoa(self.headers[26:30])

    @property
    def ip_id(self) -> int:
        return int.from_bytes(self.headers[18:20], "big")

    def is_tcp_to(self, port: int) -> bool:
        """To that port of the VIP."""
        return (
            self.headers[12:14] == b"\x08\x00"
            and self.headers[30:34] == socket.inet_aton(VIP)
            and int.from_bytes(self.headers[36:38], "big") == port
        )


class FrameTap:
    """Listens at the switch's port of a host, from its making to frames()."""

    def __init__(self, switch: Namespace, port: str) -> None:
        with switch.entered():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            self._socket.bind((port, _ETH_P_ALL))
        self._socket.setblocking(False)

    def frames(self) -> list[Seen]:
        """Ends the listening. Raises TestbedError when frames were missed."""
        with self._socket:
            seen = list(self._drain())
            statistics = self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        if struct.unpack("II", statistics)[1]:
            raise TestbedError("the tap missed frames")
        return seen

    def _drain(self) -> Iterator[Seen]:
        while True:
            try:
                headers, ancillary, _, address = self._socket.recvmsg(
                    _HEADERS_BYTES, socket.CMSG_SPACE(_TIMESPEC.size)
                )
            except BlockingIOError:
                return
            [(_, _, stamp)] = ancillary
            seconds, nanoseconds = _TIMESPEC.unpack(stamp)
            from_host = address[2] != socket.PACKET_OUTGOING
            yield Seen(seconds + nanoseconds / 1e9, from_host, headers)


def overtaken(numbers: list[int]) -> int:
    """How many come behind a higher one."""
    highest, count = -1, 0
    for number in numbers:
        count += number < highest
        highest = max(highest, number)
    return count


def _checksum(header: bytes) -> int:
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
