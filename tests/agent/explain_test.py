"""`explain` agrees with what the XDP program does to real frames. Needs root."""

from __future__ import annotations

import random
import socket
import unittest
from typing import Iterator, Optional

from testbed.waiting import wait_until
from tests.agent.control_api import ControlApi
from tests.agent.flows import ACK, SYN, Flow, checksum, random_flows
from tests.agent.rig import Rig
from tests.agent.services_text import service_text

_FLOWS = 10_000
_BATCH = 100  # what the queues of a veth and of a socket hold easily
_WEB = [f"10.0.0.{number}" for number in range(101, 121)]
_SERVICES = [
    service_text([_WEB[0], f"{_WEB[1]}@50", f"{_WEB[2]}@1000"]),
    service_text(_WEB, port=443, table_size=4099),
    service_text(_WEB[3:9], vip="10.0.0.201", port=0, table_size=251),
    service_text(_WEB[9:12], vip="10.0.0.201", port=8080),
    service_text([f"{_WEB[0]}@0"], vip="10.0.0.202", port=80),  # has no backend
]
_DESTINATIONS = [
    ("10.0.0.200", 80),
    ("10.0.0.200", 443),
    ("10.0.0.201", None),
    ("10.0.0.201", 8080),
    ("10.0.0.200", None),  # hardly ever a service
    ("10.0.0.202", 80),
]
# Comes back after everything that was sent before it.
_LAST = Flow("192.0.2.1", 1, "10.0.0.200", 80)
_CLIENT_MAC = bytes.fromhex("020000000001")
_PACKET_IGNORE_OUTGOING = 23
_SOL_PACKET = 263
_TTL = 22

rig: Rig


def setUpModule() -> None:
    global rig
    rig = unittest.enterModuleContext(Rig("explain_test"))


def mac_of(address: str) -> bytes:
    """Of a web server that does not exist but in the neighbour table."""
    return b"\x02\x01" + socket.inet_aton(address)


class Wire:
    """The far end of the load balancer's cable, frame by frame.

    One cable with one queue: frames come back in the order in which they went.
    """

    def __init__(self, lb_mac: bytes) -> None:
        self._lb_mac = lb_mac
        with rig.far_end.entered():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self._socket.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
            self._socket.bind((rig.lb.host.name, 0x0800))
        self._socket.settimeout(60)

    def close(self) -> None:
        self._socket.close()

    def send(self, flows: list[Flow], flags: int = SYN) -> dict[Flow, bytes]:
        """Sends a segment of each; returns the frames that came back."""
        returned: dict[Flow, bytes] = {}
        for first in range(0, len(flows), _BATCH):
            for flow in [*flows[first : first + _BATCH], _LAST]:
                self._socket.send(flow.segment(_CLIENT_MAC, self._lb_mac, flags))
            returned.update(self._until_last())
        return returned

    def _until_last(self) -> Iterator[tuple[Flow, bytes]]:
        while (flow := Flow.of_frame(frame := self._socket.recv(2048))) != _LAST:
            yield flow, frame


class ExplainTest(unittest.TestCase):
    def setUp(self) -> None:
        lb = rig.lb
        lb.know_neighbours({web: mac_of(web).hex(":") for web in _WEB})
        lb.start("".join(_SERVICES), "--hash_seed=18446744073709551615")
        self.addCleanup(lb.stop)
        [interface] = lb.agent.lbctl_json("status")["interface"]
        self.lb_mac = bytes.fromhex(interface["mac"].replace(":", ""))
        self.api = self.enterContext(ControlApi(lb.agent.control_socket))
        self.wire = Wire(self.lb_mac)
        self.addCleanup(self.wire.close)
        self.flows = random_flows(random.Random(1), _FLOWS, _DESTINATIONS)

    def verdicts(self) -> dict[str, int]:
        counters = self.api.get("/v1/stats")["verdict"]
        return {v["verdict"]: int(v["counter"].get("packets", 0)) for v in counters}

    def expected_mac(self, explanation: dict) -> Optional[bytes]:
        """None when the explanation says that nothing is sent."""
        if explanation["verdict"] != "forward_tx":
            return None
        return mac_of(explanation["backend"]["address"])

    def assert_forwarded(self, flow: Flow, frame: bytes, mac: bytes) -> None:
        """Only the Ethernet header, the TTL and its checksum are new."""
        sent = flow.syn(self.lb_mac, mac)
        self.assertEqual(frame[:14], sent[:14])
        self.assertEqual(frame[_TTL], sent[_TTL] - 1)
        self.assertEqual(checksum(frame[14:34]), 0)
        self.assertEqual(frame[14:_TTL], sent[14:_TTL])
        self.assertEqual(frame[26:54], sent[26:54])

    def test_agrees_with_the_program(self) -> None:
        before = self.verdicts()
        returned = self.wire.send(self.flows)
        after = self.verdicts()
        explained: dict[str, int] = {}
        for flow in self.flows:
            explanation = self.api.explain(flow.source, flow.destination)
            verdict, mac = explanation["verdict"], self.expected_mac(explanation)
            explained[verdict] = explained.get(verdict, 0) + 1
            frame = returned.get(flow)
            self.assertEqual(frame is None, mac is None, f"{flow}: {explanation}")
            if frame is not None:
                self.assert_forwarded(flow, frame, mac)
        explained["forward_tx"] += _FLOWS // _BATCH  # _LAST
        counted = {v: after[v] - before[v] for v in after if after[v] != before[v]}
        self.assertEqual(counted, explained)
        self.assertEqual(
            set(explained), {"forward_tx", "pass_no_service", "drop_no_backend"}
        )

    def test_agrees_about_sources(self) -> None:
        """Of addresses that no client has, the VIP, and the service's backends."""
        sources = ["0.1.2.3", "127.0.0.1", "224.0.0.1", "255.255.255.255"]
        sources += ["240.0.0.1", "10.0.0.200", "10.0.0.201", *_WEB[:4]]
        flows = [
            Flow(source, port, "10.0.0.200", 80)
            for source in sources
            for port in range(1000, 1020)
        ]
        before = self.verdicts()
        returned = self.wire.send(flows)
        after = self.verdicts()
        explanations = {
            flow: self.api.explain(flow.source, flow.destination) for flow in flows
        }
        bad = [f for f in flows if explanations[f]["verdict"] == "drop_bad_source"]
        self.assertEqual(set(flows) - set(bad), set(returned))
        self.assertEqual(after["drop_bad_source"] - before["drop_bad_source"], len(bad))
        bad_of = {
            source: sum(f.source_address == source for f in bad) for source in sources
        }
        for source in sources[:4] + ["10.0.0.200"]:
            self.assertEqual(bad_of[source], 20, source)
        for source in ("240.0.0.1", "10.0.0.201", _WEB[3]):  # not this service's
            self.assertEqual(bad_of[source], 0, source)
        # The picked backend's own connections, and nobody says that all is well.
        self.assertGreater(bad_of[_WEB[2]], 0)
        self.assertLess(bad_of[_WEB[1]], 20)
        for flow, explanation in explanations.items():
            self.assertEqual(
                "is a backend of this service" in explanation["reason"],
                flow.source_address in _WEB[:3],
                flow,
            )

    def test_agrees_after_every_kind_of_change(self) -> None:
        """The tables are the same ones, written to in place."""
        lbctl = rig.lb.agent.lbctl
        for change in (
            ["backend", "disable", _WEB[1]],
            ["backend", "remove", _WEB[4], "--service=tcp:10.0.0.201:0"],
            ["backend", "weight", _WEB[2], "1", "--service=tcp:10.0.0.200:80"],
            ["service", "remove", "tcp:10.0.0.201:8080"],
            ["service", "add", "tcp:10.0.0.200:8443", f"--backends={_WEB[9]}"],
        ):
            lbctl(*change)
        destinations = [*_DESTINATIONS, ("10.0.0.200", 8443)]
        flows = random_flows(random.Random(2), 1000, destinations)
        returned = self.wire.send(flows)
        for flow in flows:
            explanation = self.api.explain(flow.source, flow.destination)
            frame = returned.get(flow)
            mac = frame[:6] if frame else None
            self.assertEqual(
                mac, self.expected_mac(explanation), f"{flow}: {explanation}"
            )

    def test_agrees_in_tracked_slots(self) -> None:
        """Entries that count and that do not, none, SYNs and other packets."""
        lbctl = rig.lb.agent.lbctl
        generator = random.Random(3)
        destinations = _DESTINATIONS[:4]
        flows = random_flows(generator, _FLOWS, destinations)
        older, newer = flows[:2000], flows[2000:4000]
        self.wire.send(flows[:1000])
        lbctl("backend", "drain", _WEB[0])
        lbctl("backend", "weight", _WEB[3], "300")
        lbctl("service", "remove", "tcp:10.0.0.201:8080")
        for flags in (SYN, ACK):
            self.wire.send(generator.sample(older, 1000), flags)
        # Some entries are void now: of another slot, of a backend that was dead.
        lbctl(
            "service", "add", "tcp:10.0.0.201:8080", f"--backends={_WEB[9]},{_WEB[10]}"
        )
        lbctl("backend", "disable", _WEB[5])
        lbctl("backend", "drain", _WEB[4])
        lbctl("backend", "enable", _WEB[5])
        for flags in (SYN, ACK):
            self.wire.send(generator.sample(newer, 1000), flags)
        seen: dict[tuple[int, bool, bool], int] = {}
        for first in range(0, _FLOWS, _BATCH):
            batch, flags = flows[first : first + _BATCH], generator.choice((SYN, ACK))
            explained = {f: self.api.explain(f.source, f.destination) for f in batch}
            returned = self.wire.send(batch, flags)
            for flow, explanation in explained.items():
                elsewhere = "established" in explanation
                mac = self.expected_mac(explanation)
                if flags == ACK and elsewhere:
                    self.assertEqual(explanation["established_verdict"], "forward_tx")
                    mac = mac_of(explanation["established"]["address"])
                frame = returned.get(flow)
                self.assertEqual(
                    frame and frame[:6], mac, f"{flow}, flags {flags}: {explanation}"
                )
                if explanation.get("tracked"):
                    kind = flags, explanation.get("recorded", False), elsewhere
                    seen[kind] = seen.get(kind, 0) + 1
        for flags in (SYN, ACK):
            for recorded, elsewhere in (False, False), (False, True), (True, False):
                self.assertGreater(
                    seen.get((flags, recorded, elsewhere), 0), 30, f"{seen}"
                )

    def test_a_drain_ends_after_a_change_that_was_refused(self) -> None:
        """The change would have ended the drain at once."""
        service, lbctl = service_text(_WEB[:1]), rig.lb.agent.lbctl
        rig.lb.stop()
        rig.lb.start(service, "--max_slots=70000")
        api = self.enterContext(ControlApi(rig.lb.agent.control_socket))

        def open_at() -> Optional[str]:
            explanation = api.explain(_LAST.source, _LAST.destination)
            return explanation.get("established", {}).get("address")

        self.wire.send([Flow("192.0.2.1", 2, "10.0.0.200", 80)])
        lbctl("backend", "drain", _WEB[0], "--deadline=3s")
        file = rig.lb.host.folder / "too_many.conf"
        file.write_text(service + service_text(_WEB, port=443))
        refused = lbctl("apply", "-f", str(file), may_fail=True)
        self.assertIn("no room for 65537 more slots", refused.stderr)
        self.assertEqual(open_at(), _WEB[0])
        wait_until(lambda: open_at() is None, 60.0, "the drain's end")


if __name__ == "__main__":
    unittest.main()
