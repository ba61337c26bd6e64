"""A server that no frame reaches gets no new flows. Needs root.

One load balancer and three web servers. The beacons of a server whose service
cable is cut still come, over the health network, and say that it is up.
"""

from __future__ import annotations

import re
import unittest
from typing import Iterator

from testbed.bed import Testbed
from testbed.binaries import Binaries
from testbed.client import ask
from testbed.host import FABRIC, FABRIC_INTERFACE
from testbed.load_balancer import LoadBalancer
from testbed.waiting import try_until, wait_until
from testbed.web_server import WebServer
from tests.agent.prometheus_text import Samples, parse
from tests.agent.services_text import service_text
from tests.network.cold import flush_neighbours

_REQUESTS = 60
_SERVICE = "tcp:10.0.0.200:80"
# A server is asked every 2 s, has failed after 3 s more, and counts as
# unreachable after further 4 s. The rest is for a machine that is busy.
_NOTICED_S = 60.0
_BACK_S = 30.0

bed: Testbed


def setUpModule() -> None:
    global bed
    bed = unittest.enterModuleContext(
        Testbed("reachability_test", Binaries.find(), lbs=1)
    )
    bed.start()


def lb() -> LoadBalancer:
    return bed.lbs[0]


class ReachabilityCase(unittest.TestCase):
    flags: tuple[str, ...] = ()

    def setUp(self) -> None:
        """Each test begins with an agent that reaches all servers."""
        lb().agent.remove()
        lb().agent.start(bed.services(), self.flags)
        self.wait_until_active(*bed.webs)

    def cut(self, web: WebServer) -> None:
        bed.network.cut(web.host, FABRIC)
        self.addCleanup(bed.network.heal, web.host, FABRIC)

    def heal(self, web: WebServer) -> None:
        bed.network.heal(web.host, FABRIC)

    def wait_until_active(self, *webs: WebServer) -> None:
        bed.wait_until_active({web.address for web in webs}, _NOTICED_S)

    def states(self) -> dict[str, str]:
        """The column STATE of `lbctl backend list`, by address."""
        text = lb().agent.lbctl("backend", "list").stdout
        row = re.compile(r"(?m)^tcp:\S+ +(10\.\S+) +\d+ +(\S+) ")
        return {match.group(1): match.group(2) for match in row.finditer(text)}

    def metrics(self) -> Samples:
        return parse(lb().host.call("curl", "-sS", "http://127.0.0.1:9275/metrics"))

    def unreachable(self) -> set[str]:
        """Addresses, by the metrics."""
        name = re.compile(r'l275_backend_unreachable\{.*backend="([\d.]+)"\}')
        found = [(name.fullmatch(k), v) for k, v in self.metrics().items()]
        return {match.group(1) for match, value in found if match and value == 1}

    def in_panic(self) -> bool:
        name = f'l275_service_reachability_panic{{service="{_SERVICE}"}}'
        return self.metrics()[name] == 1

    def wait_for_panic(self) -> None:
        wait_until(self.in_panic, _NOTICED_S, "a panic")

    def explanations_of(self, web: WebServer) -> Iterator[str]:
        """Of flows that are this server's."""
        for port in range(40_000, 41_000):
            flow = [f"10.0.0.1:{port}", "10.0.0.200:80"]
            text = lb().agent.lbctl("explain", *flow).stdout
            if web.address in text:
                yield text

    def assert_answered_by(self, *webs: WebServer) -> None:
        """Not one request is lost, and all of these answer."""
        answers = bed.client.count_answers(_REQUESTS)
        self.assertEqual(set(answers), {web.name for web in webs})


class CutCableTest(ReachabilityCase):
    def test_its_share_goes_to_the_others_until_it_answers_again(self) -> None:
        web1, web2, web3 = bed.webs
        connections = bed.client.connect(9)
        for connection in connections:
            self.addCleanup(connection.close)
        servers = [ask(connection) for connection in connections]
        self.cut(web1)
        self.wait_until_active(web2, web3)
        self.assert_answered_by(web2, web3)
        self.assertEqual(self.states()[web1.address], "unreachable")
        self.assertEqual(self.unreachable(), {web1.address})
        self.assertFalse(self.in_panic())
        self.assert_said(web1)
        self.heal(web1)
        bed.wait_until_active({web.address for web in bed.webs}, _BACK_S)
        self.assertEqual(self.states()[web1.address], "active")
        self.assertEqual(self.unreachable(), set())
        self.assert_answered_by(*bed.webs)
        # It kept its connections.
        self.assertIn(web1.name, servers)
        self.assertEqual([ask(connection) for connection in connections], servers)

    def assert_said(self, web: WebServer) -> None:
        """It is in `lbctl health`, with its reason, in the log, and a warning."""
        reason = f"no ARP answer from {web.address} on {FABRIC_INTERFACE}"
        self.assertRegex(
            lb().agent.lbctl("health").stdout,
            rf"(?m)^{re.escape(web.address)} +all +unreachable .* {reason}$",
        )
        self.assertIn(
            f"backend {web.address} is unreachable: {reason}",
            lb().agent.process.log.read_text(),
        )
        self.assertRegex(
            lb().agent.lbctl("status").stdout,
            rf"(?m)^warning: +backend {re.escape(web.address)} is unreachable, .*"
            f"{reason}$",
        )

    def test_a_server_that_is_away_for_a_moment_stays(self) -> None:
        web1 = bed.webs[0]
        before = lb().agent.lbctl_json("backend", "list")
        bed.network.cut(web1.host, FABRIC)
        bed.network.heal(web1.host, FABRIC)
        flush_neighbours(lb().host)
        self.assert_answered_by(*bed.webs)
        self.assertEqual(self.unreachable(), set())
        after = lb().agent.lbctl_json("backend", "list")
        self.assertEqual(self.slots(before), self.slots(after))

    @staticmethod
    def slots(listed) -> list[int]:
        return [b["slots"] for s in listed["service"] for b in s["backend"]]

    def test_a_new_agent_leaves_it_out_at_once(self) -> None:
        web1, web2, web3 = bed.webs
        self.cut(web1)
        self.wait_until_active(web2, web3)
        lb().agent.stop()
        lb().agent.start_again()
        self.assertEqual(lb().agent.active_backends(), {web2.address, web3.address})
        self.assert_answered_by(web2, web3)

    def test_a_cold_start_waits_as_long(self) -> None:
        web1, web2, web3 = bed.webs
        self.cut(web1)
        lb().agent.remove()
        lb().host.namespace.ip("link", "set", FABRIC_INTERFACE, "down")
        lb().host.namespace.ip("link", "set", FABRIC_INTERFACE, "up")
        lb().agent.start_again()
        self.wait_until_active(web2, web3)
        self.assertEqual(self.unreachable(), {web1.address})
        bed.wait_until_served()
        self.assert_answered_by(web2, web3)


class PanicTest(ReachabilityCase):
    def test_two_of_three_are_not_believed(self) -> None:
        web1, web2, web3 = bed.webs
        self.cut(web1)
        self.cut(web2)
        self.wait_for_panic()
        self.assertEqual(self.unreachable(), {web1.address, web2.address})
        states = self.states()
        self.assertEqual(states[web1.address], "unreachable,trusted")
        self.assertEqual(states[web3.address], "active")
        self.heal(web1)
        # Two of three are enough: the panic ends, and the third is left out.
        self.wait_until_active(web1, web3)
        self.assertFalse(self.in_panic())
        self.assert_answered_by(web1, web3)
        self.heal(web2)
        bed.wait_until_active({web.address for web in bed.webs}, _BACK_S)

    def test_the_load_balancers_own_cable_empties_no_table(self) -> None:
        before = lb().agent.lbctl_json("backend", "list")
        bed.network.cut(lb().host, FABRIC)
        self.addCleanup(bed.network.heal, lb().host, FABRIC)
        never_empty = True

        def panicked() -> bool:
            nonlocal never_empty
            never_empty &= len(lb().agent.active_backends()) == len(bed.webs)
            return self.in_panic()

        wait_until(panicked, _NOTICED_S, "a panic")
        self.assertTrue(never_empty)
        self.assertEqual(len(self.unreachable()), len(bed.webs))
        bed.network.heal(lb().host, FABRIC)
        bed.wait_until_served(_NOTICED_S)
        wait_until(lambda: not self.unreachable(), _BACK_S, "all reachable")
        self.assert_answered_by(*bed.webs)
        after = lb().agent.lbctl_json("backend", "list")
        self.assertEqual(CutCableTest.slots(before), CutCableTest.slots(after))


class WithoutBeaconsTest(ReachabilityCase):
    flags = ("--health=none",)

    def test_its_share_goes_to_the_others_until_it_answers_again(self) -> None:
        web1, web2, web3 = bed.webs
        self.cut(web1)
        self.wait_until_active(web2, web3)
        self.assert_answered_by(web2, web3)
        self.assertEqual(self.states()[web1.address], "unreachable")
        self.heal(web1)
        bed.wait_until_active({web.address for web in bed.webs}, _BACK_S)
        self.assert_answered_by(*bed.webs)

    def test_two_of_three_are_not_believed(self) -> None:
        for web in bed.webs[:2]:
            self.cut(web)
        self.wait_for_panic()
        self.assertEqual(
            lb().agent.active_backends(), {web.address for web in bed.webs}
        )


class BoundTest(ReachabilityCase):
    flags = ("--unreachable_after_ms=600000",)

    def test_the_bound_is_a_flag(self) -> None:
        """A server that failed to answer stays: the control of the others."""
        web1 = bed.webs[0]
        self.cut(web1)
        failed = f'backend="{web1.address}",interface="eth1",gateway="",state="failed"'
        wait_until(
            lambda: f"l275_backend_neighbour_state{{{failed}}}" in self.metrics(),
            _NOTICED_S,
            "the neighbour failed",
        )
        self.assertEqual(self.states()[web1.address], "active")
        explained = next(self.explanations_of(web1))
        self.assertIn("no ARP answer", explained)


class RouterTest(ReachabilityCase):
    """A backend that only a router reaches: it would send the packets back."""

    _FAR = "10.9.0.1"

    def test_it_gets_no_flows(self) -> None:
        web1 = bed.webs[0]
        lb().host.namespace.ip("route", "add", f"{self._FAR}/32", "via", web1.address)
        self.addCleanup(lb().host.namespace.ip, "route", "flush", f"{self._FAR}/32")
        lb().agent.remove()
        lb().agent.start(
            service_text([self._FAR, bed.webs[1].address]), ["--health=none"]
        )
        self.assertEqual(lb().agent.active_backends(), {bed.webs[1].address})
        self.assertEqual(self.states()[self._FAR], "unreachable")
        reason = (
            f"behind router {web1.address}: the next hop has to be the server itself"
        )
        self.assertIn(reason, lb().agent.lbctl("backend", "list").stdout)
        self.assertRegex(
            lb().agent.lbctl("nexthop", "list").stdout,
            rf"(?m)^{re.escape(self._FAR)} .* unusable .* {reason}$",
        )
        self.assert_answered_by(bed.webs[1])
        # With a route to the server itself it is one like any other.
        bed.webs[2].host.namespace.ip("addr", "add", f"{self._FAR}/32", "dev", "lo")
        self.addCleanup(
            bed.webs[2].host.namespace.ip, "addr", "del", f"{self._FAR}/32", "dev", "lo"
        )
        lb().host.namespace.ip(
            "route", "replace", f"{self._FAR}/32", "dev", FABRIC_INTERFACE
        )
        self.assertTrue(
            try_until(
                lambda: lb().agent.active_backends()
                == {self._FAR, bed.webs[1].address},
                _BACK_S,
            )
        )
        self.assert_answered_by(bed.webs[1], bed.webs[2])

    def test_alone_it_gets_none_either(self) -> None:
        """No panic: a route that leads elsewhere is no fault that passes."""
        lb().host.namespace.ip(
            "route", "add", f"{self._FAR}/32", "via", bed.webs[0].address
        )
        self.addCleanup(lb().host.namespace.ip, "route", "flush", f"{self._FAR}/32")
        lb().agent.remove()
        lb().agent.start(service_text([self._FAR]), ["--health=none"])
        self.assertEqual(lb().agent.active_backends(), set())


if __name__ == "__main__":
    unittest.main()
