"""Load balancers tell each other where flows belong: a failover moves none.

Needs root.
"""

from __future__ import annotations

import time
import unittest
from typing import Any, Iterable

from testbed.agent import services_text
from testbed.bed import Testbed
from testbed.binaries import Binaries
from testbed.client import URL
from testbed.host import VIP
from testbed.keepalived import CALM_ADVERT_INTERVAL_S
from testbed.load_balancer import LoadBalancer
from testbed.waiting import wait_until
from tests.agent.control_api import ControlApi
from tests.agent.prometheus_text import parse
from tests.network.connections import Connections

_FIRST = ["10.0.0.101", "10.0.0.102", "10.0.0.103"]
_ADDED = ["10.0.0.104", "10.0.0.105"]
_CONNECTIONS = 300
_LATER_CONNECTIONS = 150
_DEADLINE_S = 30.0

bed: Testbed


def setUpModule() -> None:
    global bed
    bed = unittest.enterModuleContext(
        Testbed(
            "sync_test",
            Binaries.find(),
            webs=5,
            advert_interval_s=CALM_ADVERT_INTERVAL_S,
        )
    )
    for web in bed.webs:
        web.start()


def peer_of(lb: LoadBalancer) -> dict:
    [peer] = lb.agent.lbctl_json("status")["peer"]
    return peer


def slots_tracked(lb: LoadBalancer) -> int:
    return lb.agent.lbctl_json("status").get("slots_tracked", 0)


def metric(lb: LoadBalancer, name: str, more_labels: str = "") -> float:
    """Of the load balancer's one peer."""
    text = lb.host.call("curl", "-sS", "http://127.0.0.1:9275/metrics")
    return parse(text)[f'{name}{{peer="{peer_of(lb)["address"]}"{more_labels}}}']


def is_ready(lb: LoadBalancer) -> bool:
    pins = f"--bpffs_dir={lb.agent.pins}"
    return lb.agent.lbctl("ready", pins, may_fail=True).returncode == 0


class SyncTest(unittest.TestCase):
    """Each test has new load balancers, without a history, and three backends."""

    def setUp(self) -> None:
        self.addCleanup(self.remove_lbs)
        services = services_text(_FIRST)
        for lb in bed.lbs:
            lb.agent.start(services)
        bed.wait_until_active(_FIRST)
        bed.start_vrrp()
        self.active = bed.wait_until_served()
        self.standby = bed.other_lb(self.active)
        self.connections = self.enterContext(Connections(bed.client))
        servers = self.connections.open(_CONNECTIONS)
        self.assertEqual(set(servers), {"web1", "web2", "web3"})
        self.assertEqual([slots_tracked(lb) for lb in bed.lbs], [0, 0])

    @staticmethod
    def remove_lbs() -> None:
        for lb in bed.lbs:
            bed.network.heal(lb.host)
            if lb.keepalived.running:
                lb.keepalived.stop()
            lb.agent.remove()

    def lbctl(self, lb: LoadBalancer, *arguments: str) -> None:
        lb.agent.lbctl(*arguments)

    def add_two(self, lbs: list[LoadBalancer]) -> None:
        for lb in lbs:
            for address in _ADDED:
                self.lbctl(lb, "backend", "add", address)
        wait_until(
            lambda: all(len(lb.agent.active_backends()) == 5 for lb in lbs),
            _DEADLINE_S,
            "five active backends",
        )

    def open_more(self) -> None:
        servers = self.connections.open(_LATER_CONNECTIONS)
        self.assertEqual(len(servers), 5)

    def fail_over(self) -> None:
        """The active one is cut off; every connection is heard of again.

        How soon the standby has each entry is what //bench:failover measures.
        """
        self.wait_until_flows_are_known()
        bed.network.cut(self.active.host)
        wait_until(self.standby.keepalived.active, _DEADLINE_S, "a new active one")
        self.assert_nothing_moved()

    def assert_nothing_moved(self) -> None:
        self.connections.wait_until_all_have_talked()
        self.assertEqual(self.connections.broken(), [])

    def test_right_after_a_change(self) -> None:
        self.add_two(bed.lbs)
        self.open_more()
        self.fail_over()

    def test_the_standby_knows_the_change_later(self) -> None:
        """It is told of backends that it does not have yet."""
        self.add_two([self.active])
        self.open_more()
        wait_until(
            lambda: peer_of(self.standby).get("difference", []),
            _DEADLINE_S,
            "the difference",
        )
        since_s = time.monotonic()
        self.add_two([self.standby])
        self.wait_until_told(self.standby, since_s)
        self.fail_over()

    def test_the_standby_knows_the_change_first(self) -> None:
        self.add_two([self.standby])
        self.add_two([self.active])
        self.open_more()
        self.fail_over()

    def test_histories_differ(self) -> None:
        """What the standby went through meanwhile does not count."""
        self.lbctl(self.standby, "backend", "remove", _FIRST[0])
        self.lbctl(self.standby, "backend", "add", _FIRST[0])
        self.add_two(bed.lbs)
        self.open_more()
        self.lbctl(self.standby, "backend", "weight", _FIRST[1], "1")
        self.lbctl(self.standby, "backend", "weight", _FIRST[1], "100")
        self.fail_over()

    def test_a_load_balancer_that_comes_back_empty(self) -> None:
        self.add_two(bed.lbs)
        self.open_more()
        # Without keepalived: it is not to become active by its own choice.
        self.standby.keepalived.stop()
        self.standby.agent.remove()
        self.standby.agent.start(bed.services())
        wait_until(
            lambda: is_ready(self.standby),
            _DEADLINE_S,
            "a ready load balancer",
        )
        bed.wait_until_active(_FIRST + _ADDED)
        self.standby.keepalived.start()
        self.fail_over()

    def test_there_and_back(self) -> None:
        """What the second one placed, the first one knows when it has it back."""
        self.add_two(bed.lbs)
        self.fail_over()
        self.open_more()
        since_s = time.monotonic()
        bed.network.heal(self.active.host)
        self.assertIs(bed.wait_until_served(), self.standby)
        self.assert_nothing_moved()
        self.wait_until_told(self.active, since_s)
        self.active, self.standby = self.standby, self.active
        self.fail_over()

    def test_peers_show(self) -> None:
        """Who is heard, who has the VIP, and what is declared otherwise."""
        wait_until(self.standby_hears_the_active, _DEADLINE_S, "an active peer")
        peer = peer_of(self.standby)
        self.assertEqual(peer["address"], f"{self.active.host.health_address}:9276")
        self.assertEqual(peer.get("difference", []), [])
        # Nothing has changed, so there were no flows to tell.
        for result in ["stored", "needless", "unknown_backend", "full"]:
            labels = f',result="{result}"'
            self.assertEqual(
                metric(self.standby, "l275_peer_flows_total", labels), 0, result
            )
        self.lbctl(self.active, "backend", "weight", _FIRST[0], "7")
        wait_until(
            lambda: "weight" in "".join(peer_of(self.standby).get("difference", [])),
            _DEADLINE_S,
            "the difference",
        )
        self.assertEqual(metric(self.standby, "l275_peer_differences"), 1)
        self.assertEqual(metric(self.standby, "l275_peer_heard"), 1)
        self.assertGreaterEqual(metric(self.standby, "l275_peer_resyncs_total"), 1)
        shown = self.standby.agent.lbctl("status").stdout
        self.assertIn("differs:", shown)
        self.active.agent.kill()
        wait_until(
            lambda: not peer_of(self.standby).get("heard", False),
            _DEADLINE_S,
            "a peer that is not heard",
        )
        self.assertIn("NOT HEARD", self.standby.agent.lbctl("status").stdout)
        self.active.agent.start(services_text(_FIRST))
        bed.client.curl(URL)

    def standby_hears_the_active(self) -> bool:
        peer = peer_of(self.standby)
        heard = peer.get("heard", False) and peer.get("connected", False)
        return heard and peer.get("held_vip", []) == [VIP]

    def wait_until_flows_are_known(self) -> None:
        """Until the standby has an entry for each that the active one has."""
        ports = list(self.connections.server_of_port())
        wait_until(
            lambda: self.knows_entries(self.explain(self.active, ports)),
            _DEADLINE_S,
            f"{self.standby.name} knows where connections belong",
        )

    def knows_entries(self, of_the_active: dict[int, Any]) -> bool:
        """An owner that says the same needs no entry while its slot is not tracked."""
        recorded = {
            p: it for p, it in of_the_active.items() if it.get("recorded", False)
        }
        return all(
            it["backend"]["address"] == recorded[port]["backend"]["address"]
            and (it.get("recorded", False) or not it.get("tracked", False))
            for port, it in self.explain(self.standby, recorded).items()
        )

    @staticmethod
    def explain(lb: LoadBalancer, ports: Iterable[int]) -> dict[int, Any]:
        """What the load balancer says of these ports of the client."""
        client = bed.client.host.address
        with ControlApi(lb.agent.control_socket) as api:
            return {
                port: api.explain(f"{client}:{port}", f"{VIP}:80") for port in ports
            }

    def wait_until_told(self, lb: LoadBalancer, since_s: float) -> None:
        """Until it has made use of all that its peer sent, once more since then.

        `since_s` is of time.monotonic().
        """

        def knows_all() -> bool:
            peer = peer_of(lb)
            if peer.get("resyncing", False) or peer.get("incomplete", False):
                return False
            age_s = int(peer.get("resynced_ms", 1e9)) / 1000
            return age_s < time.monotonic() - since_s

        wait_until(knows_all, _DEADLINE_S, f"{lb.name} knows all")


if __name__ == "__main__":
    unittest.main()
