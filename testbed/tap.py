"""Counting the frames of the VIP at a port of the switch."""

from __future__ import annotations

import collections
import dataclasses
import socket
import struct

from testbed.errors import TestbedError
from testbed.host import VIP
from testbed.namespace import Namespace

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


@dataclasses.dataclass(frozen=True)
class VipFrames:
    """A host's frames of one connection: requests to the VIP, answers from it."""

    requests_received: int
    requests_sent: int
    answers_received: int
    answers_sent: int


class Tap:
    """Listens at the switch's port of a host, from its making to counts().

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

    def counts(self, client_port: int) -> VipFrames:
        """Ends the listening; counts the frames of the connection from this port.

        Raises TestbedError when frames were missed.
        """
        with self._socket:
            seen = self._drain(client_port)
            self._assert_complete()
        return VipFrames(
            requests_received=seen["to", socket.PACKET_OUTGOING],
            requests_sent=seen["to", socket.PACKET_HOST],
            answers_received=seen["from", socket.PACKET_OUTGOING],
            answers_sent=seen["from", socket.PACKET_HOST],
        )

    def _drain(self, client_port: int) -> collections.Counter:
        """Frames by (to or from the VIP, direction as the switch sees it)."""
        seen: collections.Counter = collections.Counter()
        while True:
            try:
                headers, address = self._socket.recvfrom(_HEADERS_BYTES)
            except BlockingIOError:
                return seen
            seen[_kind(headers, client_port), _direction(address[2])] += 1

    def _assert_complete(self) -> None:
        statistics = self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        _, dropped = struct.unpack("II", statistics)
        if dropped:
            raise TestbedError(f"the tap missed {dropped} frames")


def _kind(headers: bytes, client_port: int) -> str:
    port = client_port.to_bytes(2, "big")
    if headers[_ETHERTYPE] != _IPV4:
        return "other"
    if headers[_DESTINATION] == _VIP and headers[_SOURCE_PORT] == port:
        return "to"
    if headers[_SOURCE] == _VIP and headers[_DESTINATION_PORT] == port:
        return "from"
    return "other"


def _direction(packet_type: int) -> int:
    """PACKET_OUTGOING for what the switch sends, PACKET_HOST for what it gets.

    What it gets is mostly addressed to others (PACKET_OTHERHOST).
    """
    outgoing = packet_type == socket.PACKET_OUTGOING
    return socket.PACKET_OUTGOING if outgoing else socket.PACKET_HOST
