"""The data plane outlives the agent: nothing is lost, nothing moves.

Needs root.
"""

from __future__ import annotations

import shutil
import unittest

from testbed.waiting import wait_until
from tests.network.connections_case import CONNECTIONS
from tests.network.restart_case import RestartCase
from tests.network.restarts import count_frames

_DEADLINE_S = 16.0
_RESTARTS = 2
_SECONDS = 6


class RestartTest(RestartCase):
    def test_agent_restarts(self) -> None:
        """With connections that are not where new ones of their slots would go."""
        self.start()
        self.assertLessEqual({"web4", "web5"}, self.add_two())
        tracked = self.status("slots_tracked")
        flows = self.flow_events()["recorded"]
        self.assertGreater(tracked, 0)
        for kill in [True, False] * _RESTARTS:
            self.restart(kill)
            self.connections.wait_until_all_have_talked()
            self.assertEqual(self.status("slots_tracked"), tracked)
        self.assertGreaterEqual(self.flow_events()["recorded"], flows)
        self.assertEqual(self.connections.broken(), [])
        self.report(f"{tracked} slots tracked, {_RESTARTS} times killed and stopped")

    def test_forwards_without_an_agent(self) -> None:
        self.start()
        self.lb.agent.kill()
        self.connections.wait_until_all_have_talked()
        self.connections.open(CONNECTIONS // 10)
        self.assertEqual(self.connections.broken(), [])
        self.lb.agent.start(self.services, self.flags)

    def test_no_frame_is_lost(self) -> None:
        self.start()

        def restarts() -> None:
            for kill in [True, False] * _RESTARTS:
                self.restart(kill)

        counted = count_frames(self.bed, _SECONDS, restarts)
        self.report(f"{counted}")
        self.assertEqual(counted.lost, 0)
        self.assertEqual(self.connections.broken(), [])

    def test_another_table_size_of_the_maps_says_what_is_lost(self) -> None:
        self.start()
        self.lb.agent.stop()
        self.lb.agent.start(self.services, ["--max_slots=8209"])
        self.assertRegex(
            self.lb.agent.process.log.read_text(),
            "other sizes than this one is to have: the maps are built anew",
        )
        # No slot was tracked: the new tables are the old ones.
        self.connections.wait_until_all_have_talked()
        self.assertEqual(self.connections.broken(), [])

    def test_control_without_the_pinned_maps(self) -> None:
        """Then whoever was there before goes where new flows go."""
        self.start()
        self.assertLessEqual({"web4", "web5"}, self.add_two())
        self.lb.agent.kill()
        shutil.rmtree(self.lb.agent.pins / "maps")
        self.lb.agent.start(self.services, self.flags)
        first = {"web1", "web2", "web3"}
        wait_until(
            lambda: self.broken(first) >= CONNECTIONS // 4, _DEADLINE_S, "broken ones"
        )
        self.report(f"{self.broken(first)} connections broken, as they have to")


if __name__ == "__main__":
    unittest.main()
