"""ICMP "fragmentation needed" for a VIP: counted and said. Needs root."""

from __future__ import annotations

import json
import socket
import struct
import unittest

from testbed.host import FABRIC_INTERFACE, VIP
from testbed.waiting import wait_until
from tests.agent.prometheus_text import parse
from tests.agent.rig import Rig
from tests.agent.services_text import service_text

_SERVICES = service_text(["10.0.0.101"], table_size=251)
_SERVICE = f"tcp:{VIP}:80"
_ROUTER = "192.0.2.1"
_CLIENT = "198.51.100.7"
_DEADLINE_S = 10.0

rig: Rig


def setUpModule() -> None:
    global rig
    rig = unittest.enterModuleContext(Rig("pmtu_test"))


def checksum(data: bytes) -> int:
    """RFC 1071, of an even number of bytes."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip_header(source: str, destination: str, protocol: int, payload: int) -> bytes:
    def header(check: int) -> bytes:
        return struct.pack(
            "!BBHHHBBH4s4s",
            *(0x45, 0, 20 + payload, 1, 0x4000, 63, protocol, check),
            socket.inet_aton(source),
            socket.inet_aton(destination),
        )

    return header(checksum(header(0)))


def fragmentation_needed(mtu: int, port: int = 80) -> bytes:
    """What a router says of a segment of 1500 bytes from the VIP to the client."""
    segment = ip_header(VIP, _CLIENT, socket.IPPROTO_TCP, 1480)
    segment += struct.pack("!HHL", port, 40000, 1)
    message = struct.pack("!BBHHH", 3, 4, 0, 0, mtu) + segment
    check = struct.pack("!H", checksum(message))
    message = message[:2] + check + message[4:]
    return ip_header(_ROUTER, VIP, socket.IPPROTO_ICMP, len(message)) + message


class PmtuTest(unittest.TestCase):
    def setUp(self) -> None:
        self.lb = rig.lb
        self.addCleanup(self.lb.stop)
        namespace = self.lb.host.namespace
        namespace.ip("addr", "add", f"{VIP}/32", "dev", FABRIC_INTERFACE)
        self.addCleanup(
            namespace.ip, "addr", "del", f"{VIP}/32", "dev", FABRIC_INTERFACE
        )
        # The router's address is not routed back to: no strict rp_filter.
        for interface in ("all", FABRIC_INTERFACE):
            namespace.sysctl(f"net.ipv4.conf.{interface}.rp_filter", "0")

    def send(self, packet: bytes) -> None:
        """From the far end of the cable."""
        text = self.lb.host.namespace.ip("-j", "link", "show", FABRIC_INTERFACE)
        [link] = json.loads(text)
        mac = bytes.fromhex(link["address"].replace(":", ""))
        with rig.far_end.entered():
            raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        with raw:
            raw.bind((self.lb.host.name, 0))
            raw.send(mac + b"\x02\0\0\0\0\x01" + b"\x08\x00" + packet)

    def count(self) -> float:
        metrics = self.lb.host.call("curl", "-sS", "http://127.0.0.1:9275/metrics")
        name = f'l275_service_fragmentation_needed_total{{service="{_SERVICE}"}}'
        return parse(metrics)[name]

    def status(self) -> str:
        return self.lb.agent.lbctl("status").stdout

    def test_it_is_counted_and_said_with_the_flag_that_helps(self) -> None:
        self.lb.start(_SERVICES)
        self.assertEqual(self.count(), 0)
        self.assertNotIn("too long", self.status())
        self.send(fragmentation_needed(1400, port=81))  # no service's
        self.send(fragmentation_needed(1492))
        self.send(fragmentation_needed(1400))
        wait_until(lambda: self.count() == 2, _DEADLINE_S, "two messages")
        self.assertRegex(
            self.status(),
            rf"warning: +{_SERVICE}: 2 times a router said .*{_CLIENT}:40000 "
            r"\(MTU 1400\).* give dnat --mss=1360 on each web server",
        )
        wait_until(
            lambda: f"warning: {_SERVICE}: " in self.lb.agent.process.log_text(),
            _DEADLINE_S,
            "a line in the log",
        )


if __name__ == "__main__":
    unittest.main()
