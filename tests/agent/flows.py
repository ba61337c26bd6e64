"""Random flows, as text for people and as TCP segments for the wire."""

from __future__ import annotations

import dataclasses
import ipaddress
import random
import socket
import struct
from typing import Optional, Sequence

SYN, ACK = 0x02, 0x10


@dataclasses.dataclass(frozen=True)
class Flow:
    source_address: str
    source_port: int
    address: str
    port: int

    @property
    def source(self) -> str:
        return f"{self.source_address}:{self.source_port}"

    @property
    def destination(self) -> str:
        return f"{self.address}:{self.port}"

    def syn(self, source_mac: bytes, destination_mac: bytes) -> bytes:
        """The frame that opens the connection."""
        return self.segment(source_mac, destination_mac, SYN)

    def segment(self, source_mac: bytes, destination_mac: bytes, flags: int) -> bytes:
        """A frame without data, with these of TCP's flags."""
        addresses = socket.inet_aton(self.source_address)
        addresses += socket.inet_aton(self.address)
        # fmt: off
        tcp = struct.pack("!HHIIBBHHH", self.source_port, self.port, 0, 0,
                          5 << 4, flags, 65535, 0, 0)
        pseudo = addresses + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(tcp))
        tcp = _with_checksum(tcp, 16, pseudo)
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0,
                         64, socket.IPPROTO_TCP, 0) + addresses
        # fmt: on
        ethernet = destination_mac + source_mac + b"\x08\x00"
        return ethernet + _with_checksum(ip, 10) + tcp

    @staticmethod
    def of_frame(frame: bytes) -> Flow:
        """Of a frame like segment()'s."""
        source_port, port = struct.unpack("!HH", frame[34:38])
        source, destination = frame[26:30], frame[30:34]
        return Flow(
            socket.inet_ntoa(source), source_port, socket.inet_ntoa(destination), port
        )


def random_flows(
    generator: random.Random,
    count: int,
    destinations: Sequence[tuple[str, Optional[int]]],
) -> list[Flow]:
    """Different flows to these addresses and ports; None is any port."""
    flows: dict[Flow, None] = {}
    while len(flows) < count:
        address, port = generator.choice(destinations)
        flows[_random_flow(generator, address, port)] = None
    return list(flows)


def _random_flow(generator: random.Random, address: str, port: Optional[int]) -> Flow:
    # 1.0.0.0 to 126.255.255.255: unicast, and nobody's loopback.
    source = ipaddress.IPv4Address(generator.randrange(1 << 24, 127 << 24))
    if port is None:
        port = generator.randrange(1, 1 << 16)
    return Flow(str(source), generator.randrange(1, 1 << 16), address, port)


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071) of an even number of bytes."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _with_checksum(header: bytes, offset: int, pseudo: bytes = b"") -> bytes:
    value = struct.pack("!H", checksum(pseudo + header))
    return header[:offset] + value + header[offset + 2 :]
