"""A cold neighbour costs no packet; what moves is followed. Needs root.

One load balancer and three web servers.
"""

from __future__ import annotations

import re
import time
import unittest

from testbed.bed import Testbed
from testbed.binaries import Binaries
from testbed.client import Client
from testbed.host import FABRIC, FABRIC_INTERFACE
from testbed.load_balancer import LoadBalancer
from testbed.network import Network
from testbed.waiting import try_until, wait_until
from testbed.web_server import WebServer
from tests.agent.services_text import service_text
from tests.network.cold import (
    FrameTap,
    PacketSocket,
    announce,
    ask,
    ask_often,
    connect,
    flush_neighbours,
    forwarded,
    is_ready,
    mac_of,
    make_cold,
    make_failed,
    next_hop,
    numbered_frame,
    overtaken,
    slow_path,
    speak,
    text_of_mac,
    verdict,
)
from tests.network.flood import Flood, drop_at_servers

_DEADLINE_S = 30.0
_DEAD = "10.0.0.250"  # nobody has it
_DEAD_PORT = 81
_FAR = "10.9.0.1"  # on another subnet: it needs a route
_FAR_PORT = 82
_TIME_EXCEEDED = 11  # ICMP type
_SERVICES = "".join(
    [
        service_text(["10.0.0.101"]),
        service_text([_DEAD], port=_DEAD_PORT),
        service_text([_FAR], port=_FAR_PORT),
    ]
)

bed: Testbed


def setUpModule() -> None:
    global bed
    bed = unittest.enterModuleContext(Testbed("slow_path_test", Binaries.find(), lbs=1))
    bed.start()
    drop_at_servers(bed)


class SlowPathCase(unittest.TestCase):
    """Starts an agent for each test, whose counters begin at 0."""

    flags: tuple[str, ...] = ()

    def setUp(self) -> None:
        self.set_forwarding("0")
        self.addCleanup(ask_often, self.lb, 1000, 3)
        self.addCleanup(speak, self.web.host)
        self.restart(*self.flags)

    def restart(self, *flags: str) -> None:
        self.lb.agent.remove()
        # An entry of the test before may be one that the kernel has given up.
        flush_neighbours(self.lb.host)
        log = self.lb.host.folder / "lb_agent.log"
        self.log_offset = log.stat().st_size
        self.lb.agent.start(_SERVICES, ["--health=none", *flags])
        self.wait_until_ready()

    @property
    def lb(self) -> LoadBalancer:
        return bed.lbs[0]

    @property
    def web(self) -> WebServer:
        """The only backend of port 80."""
        return bed.web("web1")

    @property
    def client(self) -> Client:
        return bed.client

    def log(self) -> str:
        return self.lb.agent.process.log.read_text()[self.log_offset :]

    def wait_until_ready(self, address: str = "") -> None:
        backend = address or self.web.address
        wait_until(
            lambda: is_ready(self.lb.agent, backend), _DEADLINE_S, f"{backend} ready"
        )

    def tap(self, web: WebServer) -> FrameTap:
        return FrameTap(bed.network.namespace, Network.port(web.host, FABRIC))

    def tap_of_lb(self) -> FrameTap:
        return FrameTap(bed.network.namespace, Network.port(self.lb.host, FABRIC))

    def packet_socket(self, host) -> PacketSocket:
        packets = PacketSocket(host)
        self.addCleanup(packets.close)
        return packets

    def set_forwarding(self, value: str) -> None:
        self.lb.host.namespace.sysctl(
            f"net.ipv4.conf.{FABRIC_INTERFACE}.forwarding", value
        )


class ColdNeighbourTest(SlowPathCase):
    def test_a_first_connection_is_not_retransmitted(self) -> None:
        """Whose backend failed to answer ARP, and now would."""
        ask_often(self.lb, retry_ms=20, requests=1)
        for trial in range(10):
            with self.subTest(trial):
                make_failed(self.lb, self.web.host)
                before = slow_path(self.lb.agent)
                speak(self.web.host)
                connected = connect(self.client)
                self.assertEqual(connected.retransmissions, 0)
                after = slow_path(self.lb.agent)
                self.assertGreater(after.sent, before.sent)
                self.assertEqual(after.dropped, {})
                # The client may still be closing the connection.
                wait_until(self.all_are_counted, _DEADLINE_S, "all counted once")

    def all_are_counted(self) -> bool:
        by_program = verdict(self.lb.agent, "forward_tx")
        total = by_program + slow_path(self.lb.agent).sent
        return forwarded(self.lb.agent) == (total, total)

    def test_connections_when_the_whole_table_is_flushed(self) -> None:
        for trial in range(10):
            with self.subTest(trial):
                flush_neighbours(self.lb.host)
                self.assertEqual(connect(self.client).retransmissions, 0)

    def test_no_ping_and_no_arping(self) -> None:
        """The kernel asks, by ARP, and the agent starts no process."""
        pid = self.lb.agent.process.pid
        make_cold(self.lb, self.web.host)
        tap = self.tap_of_lb()
        speak(self.web.host)
        connect(self.client)
        frames = [f for f in tap.frames() if f.from_host]
        self.assertTrue(any(f.is_arp for f in frames))
        self.assertTrue(any(f.is_tcp_to(80) for f in frames))
        self.assertFalse(any(f.is_icmp for f in frames))
        children = f"/proc/{pid}/task/{pid}/children"
        self.assertEqual(self.lb.host.call("cat", children), "")

    def test_generic_mode(self) -> None:
        self.restart("--xdp_mode=generic")
        ask_often(self.lb, retry_ms=20, requests=1)
        make_failed(self.lb, self.web.host)
        speak(self.web.host)
        self.assertEqual(connect(self.client).retransmissions, 0)
        self.assertGreater(slow_path(self.lb.agent).sent, 0)

    def test_without_the_slow_path_a_first_connection_is_retransmitted(self) -> None:
        self.restart("--slow_path=off")
        ask_often(self.lb, retry_ms=20, requests=1)
        make_failed(self.lb, self.web.host)
        before = verdict(self.lb.agent, "drop_forwarding_off")

        def answer_when_a_syn_is_lost() -> None:
            wait_until(
                lambda: verdict(self.lb.agent, "drop_forwarding_off") > before,
                _DEADLINE_S,
                "a SYN that is dropped",
            )
            speak(self.web.host)

        connected = connect(self.client, meanwhile=answer_when_a_syn_is_lost)
        self.assertGreater(connected.retransmissions, 0)
        status = self.lb.agent.lbctl("status").stdout
        self.assertRegex(status, r"slow path: +off: --slow_path=off")

    def test_a_dead_agent_leaves_what_was_there_without_it(self) -> None:
        """Its sockets are gone from the program's map with it."""
        make_cold(self.lb, self.web.host)
        self.lb.agent.kill()
        self.addCleanup(self.lb.agent.start, _SERVICES, ["--health=none"])
        self.set_forwarding("1")
        # The kernel resolves it, and the program asks the FIB.
        speak(self.web.host)
        wait_until(
            lambda: self.lb.host.reaches(self.web.address), _DEADLINE_S, "an answer"
        )
        self.assertEqual(connect(self.client).retransmissions, 0)


class OrderTest(SlowPathCase):
    def send_through_a_cold_time(self, frames: int, cold: int) -> list[int]:
        """The first `cold` frames find no MAC address; the numbers that arrive."""
        # So that the kernel asks every few milliseconds, and does not give up.
        ask_often(self.lb, retry_ms=2, requests=1000)
        make_cold(self.lb, self.web.host)
        tap, lb_mac = self.tap(self.web), mac_of(self.lb.host)
        packets = self.packet_socket(self.client.host)
        for number in range(frames):
            if number == cold:
                speak(self.web.host)
            if number > cold:
                self.wait_for_room()
            packets.send(numbered_frame(lb_mac, number))
            time.sleep(0.001)  # the pace of the flow, not a wait
        wait_until(
            lambda: slow_path(self.lb.agent).waiting == 0,
            _DEADLINE_S,
            "nothing waiting",
        )
        arrived = [f for f in tap.frames() if f.is_tcp_to(80) and not f.from_host]
        return [frame.ip_id for frame in arrived]

    def wait_for_room(self) -> None:
        """A busy machine may be slow to learn the address; 64 frames wait."""
        wait_until(
            lambda: slow_path(self.lb.agent).waiting < 50,
            _DEADLINE_S,
            "room for a frame",
        )

    def assert_in_order(self) -> None:
        """What waits is sent before what comes later.

        A frame that is in the program in the microseconds in which the record is
        written may be overtaken by the next one.
        """
        numbers = self.send_through_a_cold_time(frames=120, cold=30)
        self.assertEqual(sorted(numbers), list(range(120)))
        self.assertLessEqual(overtaken(numbers), 1)
        self.assertGreaterEqual(slow_path(self.lb.agent).sent, 30)

    def test_frames_leave_in_their_order(self) -> None:
        self.assert_in_order()

    def test_frames_leave_in_their_order_with_forwarding_on(self) -> None:
        """Also when the FIB knows the way before the agent does."""
        self.set_forwarding("1")
        self.assert_in_order()


class BoundsTest(SlowPathCase):
    def test_64_frames_of_a_backend_for_3_seconds(self) -> None:
        ask_often(self.lb, retry_ms=1000, requests=1000)
        make_cold(self.lb, self.web.host)
        tap, lb_mac = self.tap(self.web), mac_of(self.lb.host)
        packets = self.packet_socket(self.client.host)
        began_s = time.monotonic()
        for number in range(100):
            packets.send(numbered_frame(lb_mac, number))
        wait_until(
            lambda: slow_path(self.lb.agent).handed_over == 100,
            _DEADLINE_S,
            "100 frames handed over",
        )
        wait_until(
            lambda: slow_path(self.lb.agent).balanced, _DEADLINE_S, "all taken in"
        )
        state = slow_path(self.lb.agent)
        self.assertEqual((state.waiting, state.dropped), (64, {"backend_full": 36}))
        waiting = next_hop(self.lb.agent, self.web.address)["frames_waiting"]
        self.assertEqual(waiting, 64)
        wait_until(
            lambda: slow_path(self.lb.agent).waiting == 0, _DEADLINE_S, "all expired"
        )
        self.assertGreaterEqual(time.monotonic() - began_s, 2.9)
        state = slow_path(self.lb.agent)
        self.assertEqual(state.dropped, {"backend_full": 36, "expired": 64})
        self.assertEqual(state.sent, 0)
        self.assertFalse(any(f.is_tcp_to(80) for f in tap.frames()))
        self.assertEqual(forwarded(self.lb.agent), (0, 0))

    def test_a_removed_backend_and_a_lost_route(self) -> None:
        packets = self.packet_socket(self.client.host)
        lb_mac = mac_of(self.lb.host)
        # 10.9.0.1 has no route yet.
        packets.send(numbered_frame(lb_mac, 1, _FAR_PORT))
        packets.send(numbered_frame(lb_mac, 2, _DEAD_PORT))
        wait_until(
            lambda: slow_path(self.lb.agent).waiting == 1,
            _DEADLINE_S,
            "one frame waiting",
        )
        self.lb.agent.lbctl("backend", "remove", _DEAD)
        wait_until(
            lambda: slow_path(self.lb.agent).dropped
            == {"no_route": 1, "no_backend": 1},
            _DEADLINE_S,
            "both dropped",
        )

    def test_a_flood_for_a_dead_backend(self) -> None:
        """10,000 SYNs a second; others do not notice, and all are counted."""
        resident = self.resident_kb()
        flood = Flood(bed, 10_000, False, port=_DEAD_PORT)
        self.addCleanup(flood.stop)
        slowest, connections = 0.0, 0
        while connections < 200 or verdict(self.lb.agent, "slow_path") < 30_000:
            connected = connect(self.client)
            self.assertEqual(connected.retransmissions, 0)
            slowest, connections = max(slowest, connected.seconds), connections + 1
            self.assertLessEqual(slow_path(self.lb.agent).waiting, 64)
        sent = flood.finish()
        wait_until(
            lambda: slow_path(self.lb.agent).balanced, _DEADLINE_S, "all accounted for"
        )
        wait_until(
            lambda: slow_path(self.lb.agent).waiting == 0, _DEADLINE_S, "expired"
        )
        state, frames = slow_path(self.lb.agent), verdict(self.lb.agent, "slow_path")
        self.assertEqual(state.sent, 0)
        self.assertEqual(sum(state.dropped.values()), frames)
        self.assertLessEqual(frames, sent)
        self.assertLess(self.resident_kb() - resident, 4096)
        print(
            f"flood: {connections} connections meanwhile, the slowest "
            f"{slowest * 1000:.1f} ms; {state.dropped}",
            flush=True,
        )

    def resident_kb(self) -> int:
        pid = self.lb.agent.process.pid
        text = self.lb.host.call("cat", f"/proc/{pid}/status")
        return int(re.search(r"^VmRSS:\s+(\d+) kB", text, re.M).group(1))


class TimeExceededTest(SlowPathCase):
    """What traceroute sees."""

    def send(self, frames: int) -> FrameTap:
        tap, lb_mac = self.tap_of_lb(), mac_of(self.lb.host)
        packets = self.packet_socket(self.client.host)
        for number in range(frames):
            packets.send(numbered_frame(lb_mac, number, ttl=1))
        return tap

    def test_a_ttl_that_ends_here_is_answered(self) -> None:
        tap = self.send(3)
        wait_until(
            lambda: slow_path(self.lb.agent).answered == 3, _DEADLINE_S, "answers"
        )
        self.assertEqual(verdict(self.lb.agent, "slow_path_ttl"), 3)
        self.assertTrue(slow_path(self.lb.agent).balanced)
        self.assertEqual(forwarded(self.lb.agent), (0, 0))
        answers = [f for f in tap.frames() if f.from_host and f.is_icmp]
        self.assertEqual([f.icmp_type for f in answers], [_TIME_EXCEEDED] * 3)
        self.assertEqual({f.source_address for f in answers}, {self.lb.host.address})
        self.assertEqual({f.destination for f in answers}, {mac_of(self.client.host)})

    def test_without_the_slow_path_it_is_dropped(self) -> None:
        self.restart("--slow_path=off")
        tap = self.send(3)
        wait_until(
            lambda: verdict(self.lb.agent, "drop_ttl_exceeded") == 3,
            _DEADLINE_S,
            "three dropped",
        )
        self.assertFalse(any(f.from_host and f.is_icmp for f in tap.frames()))


class FollowTest(SlowPathCase):
    def test_a_new_mac_address(self) -> None:
        """No frame to the old one after one to the new one."""
        old = mac_of(self.web.host)
        new = bytes.fromhex("02aa0a000065")
        self.addCleanup(self.set_mac, old)
        tap, lb_mac = self.tap_of_lb(), mac_of(self.lb.host)
        packets = self.packet_socket(self.client.host)
        packets.send(numbered_frame(lb_mac, 1))
        self.set_mac(new)
        packets.send(numbered_frame(lb_mac, 2))
        wait_until(
            lambda: next_hop(self.lb.agent, self.web.address)["next_hop"][
                "destination_mac"
            ]
            == text_of_mac(new),
            _DEADLINE_S,
            "the new MAC address",
        )
        for number in range(3, 50):
            packets.send(numbered_frame(lb_mac, number))
        frames = tap.frames()
        self.assertTrue(any(f.is_arp and f.headers[6:12] == new for f in frames))
        sent = [f for f in frames if f.from_host and f.is_tcp_to(80)]
        self.assertEqual({f.destination for f in sent}, {old, new})
        self.assertEqual({f.destination for f in sent if f.ip_id > 2}, {new})
        destinations = [f.destination for f in sent]
        self.assertNotIn(old, destinations[destinations.index(new) :])

    def set_mac(self, mac: bytes) -> None:
        web = self.web.host
        web.namespace.ip("link", "set", FABRIC_INTERFACE, "address", text_of_mac(mac))
        packets = self.packet_socket(web)
        packets.send(announce(web, web.address, mac))

    def test_a_route_that_appears(self) -> None:
        lb, ip, server = self.lb, self.lb.host.namespace.ip, bed.web("web2").host
        server.namespace.ip("addr", "add", f"{_FAR}/32", "dev", "lo")
        self.addCleanup(server.namespace.ip, "addr", "del", f"{_FAR}/32", "dev", "lo")
        packets, lb_mac = self.packet_socket(self.client.host), mac_of(lb.host)
        tap = self.tap_of_lb()
        packets.send(numbered_frame(lb_mac, 1, _FAR_PORT))
        ip("route", "replace", f"{_FAR}/32", "dev", FABRIC_INTERFACE)
        self.addCleanup(ip, "route", "flush", f"{_FAR}/32")
        self.wait_until_ready(_FAR)
        packets.send(numbered_frame(lb_mac, 2, _FAR_PORT))
        sent = [f for f in tap.frames() if f.from_host and f.is_tcp_to(_FAR_PORT)]
        to = {f.ip_id: f.destination for f in sent}
        self.assertEqual(to, {2: mac_of(server)})


class SeenTest(SlowPathCase):
    def test_explain_says_what_the_program_does(self) -> None:
        flow = ["explain", "10.0.0.1:40000", f"10.0.0.200:{_DEAD_PORT}"]
        explained = self.lb.agent.lbctl_json(*flow)
        self.assertEqual(explained["verdict"], "slow_path")
        before = verdict(self.lb.agent, "slow_path")
        packets = self.packet_socket(self.client.host)
        packets.send(numbered_frame(mac_of(self.lb.host), 1, _DEAD_PORT))
        wait_until(
            lambda: verdict(self.lb.agent, "slow_path") == before + 1,
            _DEADLINE_S,
            "the verdict counted",
        )

    def test_nexthop_list_metrics_and_status(self) -> None:
        text = self.lb.agent.lbctl("nexthop", "list").stdout
        self.assertRegex(
            text, rf"10\.0\.0\.101 +- +eth1 +{text_of_mac(mac_of(self.web.host))} +\w+ "
        )
        # The kernel asks three times, a second apart, before it gives up.
        wait_until(
            lambda: next_hop(self.lb.agent, _DEAD)["neighbour_state"] == "failed",
            _DEADLINE_S,
            "failed",
        )
        metrics = self.lb.host.call("curl", "-sS", "http://127.0.0.1:9275/metrics")
        for line in (
            r'l275_backend_neighbour_state\{backend="10\.0\.0\.250",interface="eth1",'
            r'gateway="",state="failed"\} 1',
            r"l275_slow_path_on 1",
            r"l275_slow_path_frames_waiting 0",
            r"l275_slow_path_frames_sent_total 0",
            r"l275_slow_path_frames_answered_total 0",
            r'l275_slow_path_frames_dropped_total\{reason="expired"\} 0',
            r"l275_netlink_resyncs_total 0",
        ):
            self.assertRegex(metrics, rf"(?m)^{line}$")
        self.assertRegex(self.lb.agent.lbctl("status").stdout, ", slow path copy\n")


class InterfaceTest(SlowPathCase):
    def test_an_interface_that_comes_back_has_its_slow_path(self) -> None:
        """Logged once each time; of an interface that only goes down, nothing."""
        ip = self.lb.host.namespace.ip
        ip("link", "add", "extra", "type", "veth", "peer", "name", "extra_peer")
        self.addCleanup(ip, "link", "delete", "extra")
        ip("link", "set", "extra", "up")
        ip("link", "set", "extra_peer", "up")
        self.restart(f"--interface={FABRIC_INTERFACE},extra")
        ip("link", "set", "extra", "down")
        ip("link", "set", "extra", "up")
        ip("link", "delete", "extra")
        wait_until(lambda: "extra is gone" in self.log(), _DEADLINE_S, "gone")
        ip("link", "add", "extra", "type", "veth", "peer", "name", "extra_peer")
        wait_until(
            lambda: self.log().count("attached to extra") == 2, _DEADLINE_S, "back"
        )
        found = try_until(self.extra_has_slow_path, _DEADLINE_S)
        self.assertTrue(found, ask(self.lb.agent, "status"))
        self.assertEqual(self.log().count("attached to extra"), 2)
        self.assertEqual(self.log().count("interface extra is gone"), 1)
        self.assertEqual(self.log().count("slow path of extra"), 2)

    def extra_has_slow_path(self) -> bool:
        interfaces = ask(self.lb.agent, "status")["interface"]
        [extra] = [i for i in interfaces if i["name"] == "extra"]
        return extra["slow_path"] == "copy"


if __name__ == "__main__":
    unittest.main()
