"""Established connections stay while tracked slots are flooded with SYNs.

Needs root.
"""

from __future__ import annotations

import unittest

from tests.network.agent_maps import AgentMaps
from tests.network.connections_case import LATER_CONNECTIONS, ConnectionsCase

_FLOWS = 1_000_000


class FloodTest(ConnectionsCase):
    def start(self, *flags: str) -> None:
        # Beacons may be late on a machine that is busy with the flood.
        super().start("--beacon_timeout_ms=3000", *flags)

    def test_syns(self) -> None:
        self.start()
        self.change_in_a_flood(with_acks=False, packets=_FLOWS)

    def test_syns_and_acks(self) -> None:
        self.start()
        self.change_in_a_flood(with_acks=True, packets=2 * _FLOWS)

    def test_control_evicted_among_syns(self) -> None:
        self.evict(with_acks=False)

    def test_control_evicted_among_syns_and_acks(self) -> None:
        self.evict(with_acks=True)

    def evict(self, with_acks: bool) -> None:
        """Then every flow that came after the change goes where flows went before it."""
        self.start()
        flood = self.start_flood(with_acks)
        added = {"web4", "web5"}
        self.assertLessEqual(added, self.add_two())
        self.assertTrue(flood.running)
        self.assert_breaks(AgentMaps.evict_flows, added, LATER_CONNECTIONS // 8)


if __name__ == "__main__":
    unittest.main()
