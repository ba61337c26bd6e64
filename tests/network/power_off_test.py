"""Load balancers that lose power, and those that lose sight of each other.

Needs root.
"""

from __future__ import annotations

import json
import time
import unittest

from testbed.bed import Testbed
from testbed.binaries import Binaries
from testbed.host import FABRIC, VIP
from testbed.keepalived import CALM_ADVERT_INTERVAL_S
from testbed.load_balancer import LoadBalancer
from testbed.waiting import wait_until
from tests.agent.prometheus_text import Samples, parse
from tests.network.connections import Connections
from tests.network.flood import drop_at_servers
from tests.network.frame_prober import FrameProber

_CONNECTIONS = 200
_DEADLINE_S = 30.0
# About 90 ms are measured; here it only has to be VRRP that ends it, and not a
# timeout of ARP's (15 s at least) or of the switch's (300 s).
_LONG_GAP_S = 10.0
_HELD = f'l275_vip_held{{vip="{VIP}"}}'
_MOVES = f'l275_vip_moves_total{{vip="{VIP}"}}'
_STRAYS = f'l275_vip_stray_packets_total{{vip="{VIP}"}}'

bed: Testbed
prober: FrameProber


def setUpModule() -> None:
    global bed, prober
    bed = unittest.enterModuleContext(
        Testbed(
            "power_off_test", Binaries.find(), advert_interval_s=CALM_ADVERT_INTERVAL_S
        )
    )
    bed.start()
    drop_at_servers(bed)
    prober = unittest.enterModuleContext(FrameProber(bed))


def holders() -> list[LoadBalancer]:
    return [lb for lb in bed.lbs if lb.keepalived.active()]


def takeovers() -> int:
    return sum(lb.keepalived.takeovers() for lb in bed.lbs)


def metrics(lb: LoadBalancer) -> Samples:
    return parse(lb.host.call("curl", "-sS", "http://127.0.0.1:9275/metrics"))


def shown(lb: LoadBalancer) -> str:
    return lb.agent.lbctl("status").stdout


def vip_line(lb: LoadBalancer) -> str:
    """What `lbctl status` says about the VIP."""
    lines = shown(lb).splitlines()
    return next(line for line in lines if line.startswith("VIP:"))


class TwoLoadBalancersTest(unittest.TestCase):
    def setUp(self) -> None:
        self.active = bed.wait_until_served()
        self.standby = bed.other_lb(self.active)
        self.connections = self.enterContext(Connections(bed.client))
        self.connections.open(_CONNECTIONS)

    def assert_nobody_broke(self) -> None:
        self.connections.wait_until_all_have_talked()
        self.assertEqual(self.connections.broken(), [])


class StrayTest(TwoLoadBalancersTest):
    def test_a_backup_that_gets_the_vips_frames_tells(self) -> None:
        """And forwards them."""
        of_active = metrics(self.active)[_STRAYS]
        [link] = json.loads(self.standby.host.call("ip", "-j", "link", "show", "eth1"))
        self.set_vips_neighbour("replace", "lladdr", link["address"])
        self.addCleanup(self.set_vips_neighbour, "del")
        wait_until(
            lambda: metrics(self.standby)[_STRAYS] > _CONNECTIONS,
            _DEADLINE_S,
            "strays at the standby",
        )
        self.assertRegex(
            vip_line(self.standby), r"not held for \d+ s(, moved \d+ times)?; \d+ "
        )
        self.assertEqual(metrics(self.active)[_STRAYS], of_active)
        self.assert_nobody_broke()

    def set_vips_neighbour(self, action: str, *arguments: str) -> None:
        """Where the client believes the VIP to be."""
        nud = ("nud", "permanent") if arguments else ()
        neighbour = [action, VIP, *arguments, *nud, "dev", "eth1"]
        bed.client.host.namespace.ip("neigh", *neighbour)


class NoHolderTest(TwoLoadBalancersTest):
    def test_both_say_that_nobody_holds_it(self) -> None:
        moves = metrics(self.active)[_MOVES]
        for lb in bed.lbs:
            self.addCleanup(bed.wait_until_served)
            self.addCleanup(lb.keepalived.start)
            lb.keepalived.stop()
        text = f"no holder: {VIP} is on no load balancer"
        for lb in bed.lbs:
            wait_until(lambda: text in shown(lb), _DEADLINE_S, f"{lb.name}: {text}")
            warning = f'l275_warning{{check="no_holder",subject="{VIP}"}}'
            self.assertEqual(metrics(lb)[warning], 1)
            self.assertIn(f"warning: {text}", lb.agent.process.log_text())
        self.assertGreater(metrics(self.active)[_MOVES], moves)
        self.assertRegex(vip_line(self.active), r"not held for \d+ s, moved \d+ time")


class PowerOffTest(TwoLoadBalancersTest):
    def power_off(self) -> None:
        bed.power_off(self.active)
        wait_until(self.standby.keepalived.active, _DEADLINE_S, "the other one active")

    def power_on(self) -> None:
        bed.power_on(self.active)
        bed.wait_until_active(web.address for web in bed.webs)

    def test_nothing_is_left_of_it_but_files(self) -> None:
        """Or the tests below would not be about a loss of power."""
        self.power_off()
        self.addCleanup(self.power_on)
        host = self.active.host
        self.assertEqual(host.addresses("eth1"), [host.address])
        self.assertNotIn("xdp", host.namespace.ip("link", "show", "eth1"))
        self.assertFalse((self.active.agent.pins / "maps").exists())
        self.assertTrue(self.active.agent.services_file.exists())

    def test_connections_outlive_both_in_turn(self) -> None:
        """Each boots as the standby: nobody notices that it is back."""
        for _ in bed.lbs:
            since, before = time.monotonic(), takeovers()
            self.power_off()
            self.assert_nobody_broke()
            loss = prober.loss(since)
            self.assertGreater(loss.lost, 0)
            self.assertLess(loss.gap_s, _LONG_GAP_S)
            since = time.monotonic()
            self.power_on()
            self.assert_nobody_broke()
            self.assertEqual(prober.loss(since).lost, 0)
            self.assertEqual(holders(), [self.standby])
            self.assertEqual(takeovers(), before + 1)
            self.active, self.standby = self.standby, self.active


class SplitBrainTest(TwoLoadBalancersTest):
    """Until healed the lower address has announced the VIP last, and steps back.

    Both have the same priority; then the address decides (RFC 5798, 6.4.3).
    """

    def setUp(self) -> None:
        self.hand_over_to(bed.lbs[1])
        super().setUp()
        self.addCleanup(bed.wait_until_served)
        self.addCleanup(bed.network.heal_path)
        bed.network.cut_path(self.active.host, self.standby.host)
        wait_until(lambda: len(holders()) == 2, _DEADLINE_S, "two holders of the VIP")

    def hand_over_to(self, lb: LoadBalancer) -> None:
        active = bed.wait_until_served()
        if active is not lb:
            active.keepalived.stop()
            wait_until(lb.keepalived.active, _DEADLINE_S, f"{lb.name} active")
            active.keepalived.start()

    def test_both_say_that_they_hold_the_vip(self) -> None:
        for lb in bed.lbs:
            wait_until(
                lambda: metrics(lb)[_HELD] == 1, _DEADLINE_S, f"{lb.name} holds it"
            )
            self.assertRegex(vip_line(lb), rf"{VIP}, held for \d+ s")

    def test_both_say_that_it_is_a_split_brain(self) -> None:
        """They hear each other by the health network; only VRRP is cut here."""
        bed.network.heal_path()
        bed.wait_until_served()
        bed.network.cut_path(self.active.host, self.standby.host, FABRIC)
        for lb in bed.lbs:
            other = bed.other_lb(lb).host.health_address
            text = f"split brain: {VIP} is held by this host and by peer {other}"
            wait_until(lambda: text in shown(lb), _DEADLINE_S, f"{lb.name}: {text}")
            warning = f'l275_warning{{check="split_brain",subject="{VIP}"}}'
            self.assertEqual(metrics(lb)[warning], 1)
            held = f'l275_peer_vip_held{{peer="{other}",vip="{VIP}"}}'
            self.assertEqual(metrics(lb)[held], 1)
            self.assertIn(f"warning: {text}", lb.agent.process.log_text())
        bed.network.heal_path()
        for lb in bed.lbs:
            wait_until(
                lambda: "split brain" not in shown(lb), _DEADLINE_S, "one holder"
            )

    def test_no_connection_is_lost(self) -> None:
        """Not while there are two, nor when one of them steps back."""
        self.assert_nobody_broke()
        bed.network.heal_path()
        bed.wait_until_served()
        self.assert_nobody_broke()

    def test_the_higher_address_keeps_the_vip_and_gets_its_frames(self) -> None:
        """It announces the VIP again, for the other one did so last."""
        strays = metrics(self.standby)[_STRAYS]
        bed.network.heal_path()
        self.assertIs(bed.wait_until_served(), self.active)
        self.wait_until_forwards(self.active)
        self.assertEqual(metrics(self.standby)[_HELD], 0)
        self.assertRegex(vip_line(self.standby), rf"{VIP}, not held for \d+ s")
        self.assertEqual(metrics(self.standby)[_STRAYS], strays)

    def wait_until_forwards(self, lb: LoadBalancer) -> None:
        before = self.forwarded(lb)
        wait_until(
            lambda: self.forwarded(lb) > before + _CONNECTIONS,
            _DEADLINE_S,
            f"frames by way of {lb.name}",
        )

    def forwarded(self, lb: LoadBalancer) -> int:
        return int(lb.agent.lbctl_json("status")["forwarded"]["packets"])


if __name__ == "__main__":
    unittest.main()
