"""Counting the frames of the VIP at a port of the switch."""

from __future__ import annotations

import collections
import dataclasses
import socket
import struct
from typing import Callable, Sequence

from testbed.errors import TestbedError
from testbed.host import VIP
from testbed.namespace import Namespace
from testbed.waiting import try_until

_ETH_P_ALL = 3
_SO_RCVBUFFORCE = 33
_SOL_PACKET = 263
_PACKET_STATISTICS = 6
_BUFFER_BYTES = 64 << 20
_HEADERS_BYTES = 38  # Ethernet, IPv4 without options, TCP ports
_ETHERTYPE = slice(12, 14)
_SOURCE = slice(26, 30)
_DESTINATION = slice(30, 34)
_SOURCE_PORT = slice(34, 36)
_DESTINATION_PORT = slice(36, 38)
_IPV4 = b"\x08\x00"
_VIP = socket.inet_aton(VIP)
_UNDER_WAY_S = 30.0


@dataclasses.dataclass(frozen=True)
class VipFrames:
    """A host's frames of one connection: requests to the VIP, answers from it."""

    requests_received: int
    requests_sent: int
    answers_received: int
    answers_sent: int


class Tap:
    """Listens at the switch's port of a host, from its making to close().

    A packet socket, see packet(7): it sees what XDP programs on the host send
    and take, because it is at the other end of the cable.
    """

    def __init__(self, switch: Namespace, port: str) -> None:
        with switch.entered():
            # Protocol 0: nothing is received before it is bound to the port.
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
            self._socket.bind((port, _ETH_P_ALL))
        self._socket.setblocking(False)
        # By (to or from the VIP, the client's port, direction as the switch sees it).
        self._seen: collections.Counter = collections.Counter()

    def close(self) -> None:
        self._socket.close()

    def counts(self, client_port: int) -> VipFrames:
        """The frames of the connection from this port so far.

        Raises TestbedError when frames were missed.
        """
        self._drain()
        self._assert_complete()
        seen = {key[::2]: n for key, n in self._seen.items() if key[1] == client_port}
        return VipFrames(
            requests_received=seen.get(("to", socket.PACKET_OUTGOING), 0),
            requests_sent=seen.get(("to", socket.PACKET_HOST), 0),
            answers_received=seen.get(("from", socket.PACKET_OUTGOING), 0),
            answers_sent=seen.get(("from", socket.PACKET_HOST), 0),
        )

    def _drain(self) -> None:
        while True:
            try:
                headers, address = self._socket.recvfrom(_HEADERS_BYTES)
            except BlockingIOError:
                return
            self._seen[(*_kind(headers), _direction(address[2]))] += 1

    def _assert_complete(self) -> None:
        statistics = self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        _, dropped = struct.unpack("II", statistics)
        if dropped:
            raise TestbedError(f"the tap missed {dropped} frames")


def counts_when(
    taps: Sequence[Tap],
    client_port: int,
    complete: Callable[[list[VipFrames]], bool],
) -> list[VipFrames]:
    """The counts of each tap when they are complete, or after half a minute.

    The last frames may still be under way when a program has its answer. Closes
    the taps.
    """

    def counts() -> list[VipFrames]:
        return [tap.counts(client_port) for tap in taps]

    try:
        try_until(lambda: complete(counts()), _UNDER_WAY_S)
        return counts()
    finally:
        for tap in taps:
            tap.close()


def _kind(headers: bytes) -> tuple[str, int]:
    """To or from the VIP, and the client's port."""
    if headers[_ETHERTYPE] == _IPV4 and headers[_DESTINATION] == _VIP:
        return "to", int.from_bytes(headers[_SOURCE_PORT], "big")
    if headers[_ETHERTYPE] == _IPV4 and headers[_SOURCE] == _VIP:
        return "from", int.from_bytes(headers[_DESTINATION_PORT], "big")
    return "other", 0


def _direction(packet_type: int) -> int:
    """PACKET_OUTGOING for what the switch sends, PACKET_HOST for what it gets.

    What it gets is mostly addressed to others (PACKET_OTHERHOST).
    """
    outgoing = packet_type == socket.PACKET_OUTGOING
    return socket.PACKET_OUTGOING if outgoing else socket.PACKET_HOST
