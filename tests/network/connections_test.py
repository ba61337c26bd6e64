"""Established connections stay on their backends, whatever changes.

Needs root.
"""

from __future__ import annotations

import random
import unittest

from testbed.host import VIP
from testbed.waiting import wait_until
from tests.network.agent_maps import AgentMaps
from tests.network.connections_case import CONNECTIONS, ConnectionsCase

_DRAIN_S = 6
_DEADLINE_S = 60.0
_EXPLAINED = 50


class ConnectionsTest(ConnectionsCase):
    def test_changes(self) -> None:
        self.start()
        self.change_everything(f"--deadline={_DRAIN_S}s")
        self.assert_the_drain_ends()
        self.connections.wait_until_all_have_talked()
        self.assert_nobody_broke(but={"web1"})

    def assert_the_drain_ends(self) -> None:
        """Not before its deadline, and for every connection."""
        wait_until(
            lambda: "web1" not in self.connections.servers(),
            _DEADLINE_S,
            "no connection to web1",
        )
        cut = [b.broken_s for b in self.connections.broken() if b.server == "web1"]
        self.assertGreater(len(cut), CONNECTIONS // 4)
        self.assertGreaterEqual(min(cut), self.drained_s + _DRAIN_S)

    def test_explain_knows_where_they_are(self) -> None:
        """Though most are not where new connections of their slots would go."""
        self.start()
        self.add_two()
        self.lbctl("backend", "drain", "10.0.0.101")
        self.lbctl("backend", "drain", "10.0.0.102")
        self.connections.wait_until_all_have_talked()
        servers = self.connections.server_of_port()
        for port in random.Random(1).sample(sorted(servers), _EXPLAINED):
            source = f"{self.client.host.address}:{port}"
            found = self.lb.agent.lbctl_json("explain", source, f"{VIP}:80")
            server = self.bed.web(servers[port])
            self.assertEqual(found["backend"]["address"], server.address, found)
            self.assertEqual(found["recorded"], found["tracked"])

    def test_control_without_tracking(self) -> None:
        """Then every flow that was there before goes where new flows go."""
        self.start()
        self.assertLessEqual({"web4", "web5"}, self.add_two())
        first = {"web1", "web2", "web3"}
        self.assert_breaks(AgentMaps.stop_tracking, first, CONNECTIONS // 4)


if __name__ == "__main__":
    unittest.main()
