"""Two load balancers with keepalived: one forwards, the other is ready to.

Needs root.
"""

from __future__ import annotations

import subprocess
import unittest

from testbed.bed import Testbed
from testbed.binaries import Binaries
from testbed.client import URL, ask
from testbed.host import VIP
from testbed.keepalived import CALM_ADVERT_INTERVAL_S
from testbed.load_balancer import LoadBalancer
from testbed.waiting import wait_until

_ALL = {"web1", "web2", "web3"}
_REQUESTS = 60
_CONNECTIONS = 20
_DEADLINE_S = 30.0

bed: Testbed


def setUpModule() -> None:
    global bed
    bed = unittest.enterModuleContext(
        Testbed(
            "failover_test", Binaries.find(), advert_interval_s=CALM_ADVERT_INTERVAL_S
        )
    )
    bed.start()


def forwarded(lb: LoadBalancer) -> int:
    """Packets that the load balancer has sent to backends."""
    return int(lb.agent.lbctl_json("status")["forwarded"]["packets"])


def takeovers() -> int:
    return sum(lb.keepalived.takeovers() for lb in bed.lbs)


class FailoverTest(unittest.TestCase):
    def setUp(self) -> None:
        self.active = bed.wait_until_served()
        self.standby = bed.other_lb(self.active)
        bed.wait_until_active(web.address for web in bed.webs)

    def tearDown(self) -> None:
        for lb in bed.lbs:
            bed.network.heal(lb.host)

    def assert_served_by(self, lb: LoadBalancer) -> None:
        """Every request is answered, by way of this load balancer alone."""
        other = bed.other_lb(lb)
        before = forwarded(lb), forwarded(other)
        self.assertEqual(set(bed.client.count_answers(_REQUESTS)), _ALL)
        # A connection is a SYN, an ACK, a request and a FIN at least.
        self.assertGreaterEqual(forwarded(lb), before[0] + 4 * _REQUESTS)
        self.assertEqual(forwarded(other), before[1])

    def wait_until_active_is(self, lb: LoadBalancer) -> None:
        """Until it answers, which is after the switch has learnt of the VIP's move."""
        wait_until(lb.keepalived.active, _DEADLINE_S, f"{lb.name} active")
        wait_until(self.is_answered, _DEADLINE_S, f"an answer by way of {lb.name}")

    def is_answered(self) -> bool:
        done = bed.client.curl("--connect-timeout", "0.3", URL, may_fail=True)
        return done.returncode == 0

    def test_the_standby_forwards_nothing(self) -> None:
        self.assert_served_by(self.active)

    def test_the_active_one_is_cut_off(self) -> None:
        bed.network.cut(self.active.host)
        self.wait_until_active_is(self.standby)
        self.assert_served_by(self.standby)
        bed.network.heal(self.active.host)
        bed.wait_until_active(web.address for web in bed.webs)
        self.assertIs(bed.wait_until_served(), self.standby)
        self.assert_served_by(self.standby)

    def test_connections_outlive_the_load_balancer(self) -> None:
        connections = bed.client.connect(_CONNECTIONS)
        for connection in connections:
            self.addCleanup(connection.close)
        servers = [ask(connection) for connection in connections]
        self.assertEqual(set(servers), _ALL)
        bed.network.cut(self.active.host)
        self.wait_until_active_is(self.standby)
        self.assertEqual([ask(connection) for connection in connections], servers)

    def test_the_active_one_hands_over(self) -> None:
        self.addCleanup(self.active.keepalived.start)
        self.active.keepalived.stop()
        self.wait_until_active_is(self.standby)
        self.assertNotIn(VIP, self.active.host.addresses("eth1"))
        self.assert_served_by(self.standby)

    def test_the_active_ones_program_is_gone(self) -> None:
        """Its keepalived sees what `lbctl ready` says."""
        lb = self.active
        self.addCleanup(bed.wait_until_active, [web.address for web in bed.webs])
        self.addCleanup(lb.agent.start, bed.services())
        self.addCleanup(lb.agent.remove)
        lb.agent.kill()  # it would attach its program again
        lb.host.namespace.ip("link", "set", "eth1", "xdpdrv", "off")
        self.wait_until_active_is(self.standby)
        self.assertEqual(set(bed.client.count_answers(_REQUESTS)), _ALL)

    def test_traffic_flows_while_the_agent_is_killed(self) -> None:
        """The program and its tables are the kernel's."""
        self.kill_agent(self.active)
        self.assertEqual(set(bed.client.count_answers(_REQUESTS)), _ALL)

    def test_a_load_balancer_without_an_agent_gives_way(self) -> None:
        """And stays backup when its agent is back."""
        self.kill_agent(self.active)
        self.wait_until_active_is(self.standby)
        self.assertEqual(set(bed.client.count_answers(_REQUESTS)), _ALL)
        self.active.agent.start_again()
        self.wait_until_preferred(self.active)
        self.assertIs(bed.wait_until_served(), self.standby)

    def test_without_any_agent_the_vip_stays(self) -> None:
        """Each would give way to the other; so nobody does."""
        self.kill_agent(self.standby)
        self.wait_until_preferred(self.standby, False)
        before = takeovers()
        self.kill_agent(self.active)
        self.wait_until_preferred(self.active, False)
        self.assertIs(bed.wait_until_served(), self.active)
        self.assertEqual(takeovers(), before)
        self.assertEqual(set(bed.client.count_answers(_REQUESTS)), _ALL)

    def test_who_reaches_no_server_gives_way(self) -> None:
        """If neither does, the VIP stays; it goes to the one that does again."""
        self.cut_off_from_servers(self.active)
        self.wait_until_active_is(self.standby)
        self.assert_served_by(self.standby)

        before = takeovers()
        self.cut_off_from_servers(self.standby)
        self.wait_until_preferred(self.standby, False)
        self.assertIs(bed.wait_until_served(), self.standby)
        self.assertEqual(takeovers(), before)

        self.reconnect_to_servers(self.active)
        self.wait_until_active_is(self.active)
        self.assert_served_by(self.active)

    def cut_off_from_servers(self, lb: LoadBalancer) -> None:
        """Until the test is over."""
        for web in bed.webs:
            lb.host.namespace.ip("route", "add", "unreachable", f"{web.address}/32")
        self.addCleanup(self.reconnect_to_servers, lb)
        self.wait_until_preferred(lb, False)
        asked = self.lbctl_ready(lb, "--preferred")
        self.assertEqual(asked.returncode, 1)
        self.assertIn("not preferred: no backend of tcp:10.0.0.200:80 is", asked.stderr)
        self.assertEqual(self.lbctl_ready(lb).returncode, 0)

    def reconnect_to_servers(self, lb: LoadBalancer) -> None:
        lb.host.namespace.ip("route", "flush", "type", "unreachable")
        self.wait_until_preferred(lb)

    @staticmethod
    def lbctl_ready(lb: LoadBalancer, *flags: str) -> subprocess.CompletedProcess[str]:
        pins = f"--bpffs_dir={lb.agent.pins}"
        return lb.agent.lbctl("ready", pins, *flags, may_fail=True)

    def test_a_restart_of_the_agent_moves_nothing(self) -> None:
        before = takeovers()
        self.active.agent.stop()
        self.active.agent.start_again()
        self.assertIs(bed.wait_until_served(), self.active)
        self.assertEqual(takeovers(), before)
        self.assertTrue(self.active.keepalived.preferred())

    def kill_agent(self, lb: LoadBalancer) -> None:
        """Until the test is over."""
        lb.agent.kill()
        self.addCleanup(self.revive_agent, lb)

    def revive_agent(self, lb: LoadBalancer) -> None:
        if not lb.agent.process.running:
            lb.agent.start_again()
        self.wait_until_preferred(lb)

    def wait_until_preferred(self, lb: LoadBalancer, preferred: bool = True) -> None:
        """By keepalived's own view: it asks once a second."""
        wait_until(
            lambda: lb.keepalived.preferred() == preferred,
            _DEADLINE_S,
            f"{lb.name} preferred: {preferred}",
        )


if __name__ == "__main__":
    unittest.main()
