"""The data plane outlives the agent: nothing is lost, nothing moves.

Needs root.
"""

from __future__ import annotations

import re
import shutil
import unittest

from testbed.waiting import wait_until
from tests.network.connections_case import CONNECTIONS
from tests.network.newcomers import Newcomers
from tests.network.restart_case import RestartCase
from tests.network.restarts import count_frames

_DEADLINE_S = 60.0
_RESTARTS = 2
_ENTRIES = 65536  # of the flow table
_CARRIED = (
    r"carried over from the earlier maps: counters, (\d+) slots of 1 services, "
    r"(\d+) of them tracked, and (\d+) flow entries"
)


class RestartTest(RestartCase):
    def start(self, *flags: str) -> None:
        super().start(*flags)
        self.maps = 0
        self.log_offset = len(self.lb.agent.process.log.read_text())

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

        counted = count_frames(self.bed, restarts)
        self.report(f"{counted}")
        self.assertEqual(counted.lost, 0)
        self.assertEqual(self.connections.broken(), [])

    def restart_in_other_maps(self, kill: bool) -> None:
        """Each time in maps of sizes that they have not had before."""
        self.maps += 1
        slots = f"--max_slots={self.slots + 16 * self.maps}"
        self.flags = [slots, f"--flow_table_entries={_ENTRIES + self.maps}"]
        self.restart(kill)

    def log(self) -> str:
        """What agents logged since start()."""
        return self.lb.agent.process.log.read_text()[self.log_offset :]

    def counters(self) -> dict[str, int]:
        """What must not begin again: packets by verdict, flow event and backend."""
        stats = self.lb.agent.lbctl_json("stats")
        [service] = stats["service"]
        named = [(v["verdict"], v["counter"]) for v in stats["verdict"]]
        named += [(e["event"], e) for e in stats["flow_event"]]
        named += [(b["address"], b["forwarded"]) for b in service["backend"]]
        named.append(("service", service["forwarded"]))
        return {name: int(value.get("packets", 0)) for name, value in named}

    def test_other_maps(self) -> None:
        """With connections that are not where new ones of their slots would go."""
        self.start()
        self.assertLessEqual({"web4", "web5"}, self.add_two())
        tracked = self.status("slots_tracked")
        self.assertGreater(tracked, 0)
        with Newcomers(self.client) as newcomers:
            for kill in [True, False] * _RESTARTS:
                before = self.counters()
                self.restart_in_other_maps(kill)
                after = self.counters()
                for name, packets in before.items():
                    self.assertGreaterEqual(after[name], packets, name)
                self.assertEqual(self.status("slots_tracked"), tracked)
                self.connections.wait_until_all_have_talked()
        self.assertEqual(self.connections.broken(), [])
        self.assertEqual(newcomers.failed, 0)
        self.assertGreater(newcomers.total, 20)
        self.assertRegex(self.log(), "of other sizes .*: the maps are created again")
        carried = re.findall(_CARRIED, self.log())
        self.assertEqual(len(carried), 2 * _RESTARTS)
        self.assertNotIn("not carried over", self.log())
        for slots, of_tracked, entries in carried:
            self.assertEqual((int(slots), int(of_tracked)), (self.slots, tracked))
            self.assertGreater(int(entries), 0)
        self.report(f"carried over (slots, tracked, entries): {carried}")

    def test_no_frame_is_lost_in_other_maps(self) -> None:
        self.start()

        def restarts() -> None:
            for kill in [True, False] * _RESTARTS:
                self.restart_in_other_maps(kill)

        counted = count_frames(self.bed, restarts)
        self.report(f"{counted}")
        self.assertEqual(counted.lost, 0)
        self.assertEqual(self.connections.broken(), [])

    def test_says_what_is_not_carried_over(self) -> None:
        self.start()
        self.assertLessEqual({"web4", "web5"}, self.add_two())
        self.connections.wait_until_all_have_talked()
        few = 100
        self.flags = [f"--max_slots={self.slots}", f"--flow_table_entries={few}"]
        self.restart(kill=False)
        found = re.search(
            r"not carried over: (\d+) flow entries, for which there is no room; "
            "start with a greater --flow_table_entries",
            self.log(),
        )
        self.assertGreater(int(found.group(1)), 0)
        self.flags.append("--hash_seed=99")
        self.restart(kill=False)
        self.assertRegex(
            self.log(),
            rf"not carried over: where flows without an entry go in {self.slots} slots "
            r"of 1 services that have another --hash_seed \(tcp:10.0.0.200:80\)",
        )

    def test_control_without_the_pinned_maps(self) -> None:
        """Then every flow that was there before goes where new flows go."""
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
