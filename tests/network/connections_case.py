"""What tests of established connections have in common."""

from __future__ import annotations

import time
import unittest
from typing import Callable, Iterable

from testbed.bed import Testbed
from testbed.binaries import Binaries
from testbed.client import Client
from testbed.host import VIP
from testbed.load_balancer import LoadBalancer
from testbed.waiting import wait_until
from tests.agent.services_text import service_text
from tests.network.agent_maps import AgentMaps
from tests.network.connections import Broken, Connections
from tests.network.flood import Flood, drop_at_servers
from tests.network.newcomers import Newcomers

CONNECTIONS = 2000
LATER_CONNECTIONS = 500

FIRST = ["10.0.0.101", "10.0.0.102", "10.0.0.103"]
_ADDED = ["10.0.0.104", "10.0.0.105"]
_SLOTS = 4099
_FRAMES_PER_SECOND = 250_000
_DEADLINE_S = 60.0
_FLOOD_DEADLINE_S = 300.0


class ConnectionsCase(unittest.TestCase):
    """2,000 connections to three backends, and all that may happen to these.

    One load balancer and five web servers, of which two do not serve at first.
    Each test class has a testbed of its own.
    """

    slots = _SLOTS
    bed: Testbed
    connections: Connections
    drained_s: float  # when the drain began, of time.time()
    recovered_s: float  # when web3 was up again; later than that it never fails

    @classmethod
    def setUpClass(cls) -> None:
        name = cls.__name__.lower()
        cls.bed = cls.enterClassContext(Testbed(name, Binaries.find(), lbs=1, webs=5))
        cls.bed.start()
        drop_at_servers(cls.bed)

    @property
    def lb(self) -> LoadBalancer:
        return self.bed.lbs[0]

    @property
    def client(self) -> Client:
        return self.bed.client

    def start(self, *flags: str) -> None:
        """A new agent, the first three backends, and the connections."""
        self.lb.agent.remove()
        services = service_text(FIRST, VIP, table_size=_SLOTS)
        self.lb.agent.start(services, [f"--max_slots={_SLOTS}", *flags])
        self.bed.wait_until_active(FIRST)
        self.connections = self.enterContext(Connections(self.client))
        servers = self.connections.open(CONNECTIONS)
        self.assertEqual(set(servers), {"web1", "web2", "web3"})
        self.assertEqual(self.status("slots_tracked"), 0)

    def add_two(self) -> set[str]:
        """And opens more connections; returns by whom these are served."""
        for address in _ADDED:
            self.lbctl("backend", "add", address)
        self.bed.wait_until_active(FIRST + _ADDED)
        return set(self.connections.open(LATER_CONNECTIONS))

    def change_everything(self, *drain_flags: str) -> None:
        """Two added, one drained, one re-weighted, one failed and recovered."""
        self.add_two()
        self.drained_s = time.time()
        self.lbctl("backend", "drain", "10.0.0.101", *drain_flags)
        self.lbctl("backend", "weight", "10.0.0.102", "10")
        self._fail_and_recover()
        self.connections.open(LATER_CONNECTIONS)
        self.connections.wait_until_all_have_talked()

    def _fail_and_recover(self) -> None:
        web, others = self.bed.web("web3"), {"10.0.0.102", *_ADDED}
        web.kill_beacon()
        self.bed.wait_until_active(others)
        self.connections.wait_until_all_have_talked()
        web.start_beacon()
        self.bed.wait_until_active({web.address, *others})
        self.recovered_s = time.time()

    def change_in_a_flood(self, with_acks: bool, packets: int) -> None:
        """So many forged packets hit tracked slots during the changes.

        Nobody's connections break but those of the server that failed, and at
        most 1 % of the new ones fail.
        """
        began_s = time.monotonic()
        flood = self.start_flood(with_acks)
        with Newcomers(self.client) as newcomers:
            self.change_everything()
            wait_until(
                lambda: sum(self.flow_events().values()) >= packets,
                _FLOOD_DEADLINE_S,
                f"{packets} packets of tracked slots",
            )
            self.assertTrue(flood.running)
            self.connections.wait_until_all_have_talked()
        flood.stop()
        self.report(
            f"{time.monotonic() - began_s:.1f} s of flood, packets of tracked slots: "
            f"{self.flow_events()}, {self.status('slots_tracked')} of {_SLOTS} slots "
            f"tracked, {newcomers.failed} of {newcomers.total} new connections failed"
        )
        self.assert_nobody_broke()
        self.assertGreater(newcomers.total, 200)
        self.assertLessEqual(newcomers.failed, 0.01 * newcomers.total)

    def start_flood(self, with_acks: bool) -> Flood:
        flood = Flood(self.bed, _FRAMES_PER_SECOND, with_acks)
        self.addCleanup(flood.stop)
        return flood

    def assert_nobody_broke(self, but: Iterable[str] = ()) -> None:
        """But connections to these servers, and to web3 when it failed."""
        broken = self.connections.broken()
        failed = [b for b in broken if self._is_failed_servers(b)]
        self.assertGreater(len(failed), CONNECTIONS // 4)
        kept = [b for b in broken if b not in failed and b.server not in but]
        self.assertEqual(kept, [])
        self.report(
            f"{sum(self.connections.servers().values())} connections open, broken: "
            f"{len(failed)} of the server that failed, "
            f"{len(broken) - len(failed)} others'"
        )

    def _is_failed_servers(self, broken: Broken) -> bool:
        return broken.server == "web3" and broken.opened_s < self.recovered_s

    def assert_breaks(
        self, spoil: Callable[[AgentMaps], object], servers: set[str], least: int
    ) -> None:
        """So many connections to these servers, all of which live."""
        spoil(AgentMaps(self.lb.agent, self.lb.host.folder))
        wait_until(
            lambda: self.broken(servers) >= least,
            _DEADLINE_S,
            f"{least} broken connections to {', '.join(sorted(servers))}",
        )
        self.report(f"{self.broken(servers)} connections broken, as they have to")

    def broken(self, servers: set[str]) -> int:
        return sum(b.server in servers for b in self.connections.broken())

    def lbctl(self, *arguments: str) -> None:
        self.lb.agent.lbctl(*arguments)

    def status(self, field: str) -> int:
        return int(self.lb.agent.lbctl_json("status")[field])

    def flow_events(self) -> dict[str, int]:
        """Packets of tracked slots since the agent's start, by event."""
        events = self.lb.agent.lbctl_json("stats")["flow_event"]
        return {e["event"]: int(e.get("packets", 0)) for e in events}

    def report(self, text: str) -> None:
        print(f"{self.id().rpartition('.')[2]}: {text}", flush=True)
