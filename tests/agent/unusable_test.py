"""Backends whose addresses are no server's. Needs root."""

from __future__ import annotations

import unittest

from tests.agent.rig import Rig
from tests.agent.services_text import service_text

_WEB = "10.0.0.101"

rig: Rig


def setUpModule() -> None:
    global rig
    rig = unittest.enterModuleContext(Rig("unusable_test"))
    rig.lb.know_neighbours({_WEB: "02:00:00:00:01:65"})
    ip = rig.lb.host.namespace.ip
    ip("addr", "add", "10.0.0.201/32", "dev", "eth1")
    ip("route", "add", "10.9.0.0/24", "via", "10.0.0.254")
    ip("route", "add", "blackhole", "10.8.0.0/24")


class UnusableTest(unittest.TestCase):
    def setUp(self) -> None:
        self.addCleanup(rig.lb.stop)

    def test_it_gets_no_flows_and_says_why(self) -> None:
        own = "it is an address of this host"
        nobody = "it is not the address of one host"
        reasons = {
            rig.lb.host.address: own,
            "10.0.0.201": own,  # a VIP that is here
            "10.0.0.255": nobody,
            "10.9.0.7": "behind router 10.0.0.254: the next hop has to be the "
            "server itself",
        }
        rig.lb.start(service_text([*reasons, _WEB]))
        self.assertEqual(rig.lb.agent.active_backends(), {_WEB})
        [service] = rig.lb.agent.lbctl_json("backend", "list")["service"]
        for state in service["backend"]:
            reason = reasons.get(state["address"], "")
            hop = state["next_hop"]
            self.assertEqual(hop.get("reason", ""), reason, state["address"])
            self.assertEqual(hop["state"], "unusable" if reason else "ready")
            self.assertEqual(state.get("unreachable", False), bool(reason))
            self.assertEqual(state.get("slots", 0) == 0, bool(reason))

    def test_alone_it_gets_none_either(self) -> None:
        rig.lb.start(service_text([rig.lb.host.address]))
        self.assertEqual(rig.lb.agent.active_backends(), set())

    def test_a_blackhole_has_one_word_everywhere(self) -> None:
        rig.lb.start(service_text(["10.8.0.7", _WEB]))
        listed = rig.lb.agent.lbctl("nexthop", "list").stdout
        reason = 'its route is of the type "blackhole"'
        self.assertRegex(listed, rf"(?m)^10\.8\.0\.7 .* no_route .* {reason}$")
        self.assertIn(
            'l275_backend_neighbour_state{backend="10.8.0.7",interface="",gateway="",'
            'state="no_route"} 1',
            rig.lb.host.call("curl", "-sS", "http://127.0.0.1:9275/metrics"),
        )


if __name__ == "__main__":
    unittest.main()
