"""Established connections stay when the flow table is full: nothing is evicted.

New ones go where flows went before the change. Needs root.
"""

from __future__ import annotations

import unittest

from tests.network.agent_maps import AgentMaps
from tests.network.connections_case import CONNECTIONS, ConnectionsCase

_SMALL = "--flow_table_entries=1000"
_FLOODED = 100_000


class FullTableTest(ConnectionsCase):
    def test_changes(self) -> None:
        self.start(_SMALL, "--beacon_timeout_ms=3000")
        self.change_in_a_flood(with_acks=True, packets=_FLOODED)
        self.assertGreater(self.flow_events()["full"], _FLOODED // 2)

    def test_control_without_priors(self) -> None:
        """Then whoever has no entry goes where new flows go."""
        self.start(_SMALL)
        self.start_flood(with_acks=True)
        self.add_two()
        first = {"web1", "web2", "web3"}
        self.assert_breaks(AgentMaps.forget_priors, first, CONNECTIONS // 8)


if __name__ == "__main__":
    unittest.main()
