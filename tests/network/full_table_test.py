"""Established connections stay when the flow table is full: nothing is evicted.

New ones go where flows went before the change. Needs root.
"""

from __future__ import annotations

import unittest

from testbed.waiting import wait_until
from tests.network.agent_maps import AgentMaps
from tests.network.connections_case import (
    CONNECTIONS,
    FIRST,
    LATER_CONNECTIONS,
    ConnectionsCase,
)
from tests.network.flood import Flood

_SMALL = "--flow_table_entries=1000"
_FLOODED = 100_000
_ENTRIES = 6000
_SLOW_FRAMES_PER_SECOND = 20_000
_DEADLINE_S = 60.0
# Entries with only SYNs go after 64 s; in a table that is full most go sooner.
_SETTLED_S = 180.0


class FullTableTest(ConnectionsCase):
    def test_changes(self) -> None:
        self.start(_SMALL, "--beacon_timeout_ms=3000")
        self.change_in_a_flood(with_acks=True, packets=_FLOODED)
        self.assertGreater(self.flow_events()["full"], _FLOODED // 2)

    def test_a_flood_that_has_ended(self) -> None:
        """Its entries give way: changes reach new clients again."""
        self.start(f"--flow_table_entries={_ENTRIES}")
        self.lbctl("backend", "add", "10.0.0.104")
        self.bed.wait_until_active([*FIRST, "10.0.0.104"])
        flood = Flood(self.bed, _SLOW_FRAMES_PER_SECOND, flows=10 * _ENTRIES)
        self.addCleanup(flood.stop)
        flood.wait_for_end(_DEADLINE_S)
        self.assertGreater(self.flow_events()["full"], _ENTRIES // 2)
        wait_until(
            lambda: self.status("flow_entries") < _ENTRIES // 2,
            _SETTLED_S,
            "a flow table that has room again",
        )
        self.lbctl("backend", "drain", "10.0.0.101")
        servers = self.connections.open(LATER_CONNECTIONS)
        self.report(f"new connections: {dict(servers)}")
        self.assertGreater(servers["web4"], LATER_CONNECTIONS // 6)  # of a third
        self.assertEqual(servers["web1"], 0)
        self.connections.wait_until_all_have_talked()
        self.assertEqual(self.connections.broken(), [])

    def test_control_without_priors(self) -> None:
        """Then every flow without an entry goes where new flows go."""
        self.start(_SMALL)
        self.start_flood(with_acks=True)
        self.add_two()
        first = {"web1", "web2", "web3"}
        self.assert_breaks(AgentMaps.forget_priors, first, CONNECTIONS // 8)


if __name__ == "__main__":
    unittest.main()
