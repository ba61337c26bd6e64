"""An agent that ends while it writes its state file, again and again.

L275_POINTS=n has it end at so many points instead. Needs root.
"""

from __future__ import annotations

import http.client
import os
import pathlib
import random
import resource
import signal
import threading
import time
import unittest

from testbed.waiting import wait_until
from tests.agent.control_api import ControlApi
from tests.agent.rig import Rig
from tests.agent.services_text import service_text

_POINTS = int(os.environ.get("L275_POINTS", "20"))
_SEED = 6
_MOST_CHANGES = 10  # before a kill
_BACKENDS = [f"10.1.0.{number}" for number in range(1, 101)]
_WEIGHTS = range(101, 1001)  # all but the default
_DEADLINE_S = 30.0
_SERVICES = service_text(_BACKENDS, table_size=10007)

Weights = dict[str, int]

rig: Rig


def setUpModule() -> None:
    global rig
    rig = unittest.enterModuleContext(Rig("torn_state_test"))


class TornStateTest(unittest.TestCase):
    def setUp(self) -> None:
        self.random = random.Random(_SEED)
        # On a disk, where writing takes time; /run often is none.
        folder = pathlib.Path(os.environ["TEST_TMPDIR"])
        rig.lb.agent.state_file = folder / "agent.state"
        self.acknowledged = 0
        self.start()
        self.addCleanup(rig.lb.stop)

    def start(self) -> None:
        """Fails when the agent cannot read its state file."""
        # Nothing but the state file is written while there is nothing to log.
        rig.lb.start(_SERVICES, "--minloglevel=2")

    def test_killed_while_changes_are_made(self) -> None:
        """What was acknowledged is there, and at most one change that was not."""
        weights, torn = self.weights(), 0
        for point in range(_POINTS):
            changed = self.change_until_killed(weights)
            torn += self.half_written_file().exists()
            self.start()
            found = self.weights()
            self.assertIn(found, (weights, changed), f"kill {point + 1}")
            weights = found
        print(
            f"killed {_POINTS} times: {self.acknowledged} changes acknowledged, all "
            f"there; {torn} times within the writing of one",
            flush=True,
        )
        self.assertGreaterEqual(self.acknowledged, _POINTS)

    def test_cut_off_within_the_writing(self) -> None:
        """At places from the file's first byte to its last."""
        weights = self.weights()
        size = rig.lb.agent.state_file.stat().st_size
        for point in range(_POINTS):
            length = size * point // _POINTS
            self.limit_files(length)
            with ControlApi(rig.lb.agent.control_socket) as api:
                self.assertFalse(self.change(api, *self.random_change()))
            self.wait_for_end(signal.SIGXFSZ)
            self.assertEqual(self.half_written_file().stat().st_size, length)
            self.start()
            self.assertEqual(self.weights(), weights, f"cut off at {length}")

    def limit_files(self, size: int) -> None:
        """Ends the agent by SIGXFSZ, see setrlimit(2), when it would exceed it."""
        pid = rig.lb.agent.process.pid
        resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, size))

    def wait_for_end(self, number: signal.Signals) -> None:
        process = rig.lb.agent.process
        wait_until(lambda: not process.running, _DEADLINE_S, number.name)
        process.stop(exit_code=-number)

    def change_until_killed(self, weights: Weights) -> Weights:
        """Notes in `weights` what was acknowledged; returns them with what was not."""
        before = self.random.randrange(1, _MOST_CHANGES)
        with ControlApi(rig.lb.agent.control_socket) as api:
            for _ in range(before):
                address, weight, took_s = self.timed_change(api)
                weights[address] = weight
            # At any point of one or two changes more.
            wait_s = self.random.uniform(0, 2 * took_s)
            killer = threading.Timer(wait_s, rig.lb.agent.kill)
            killer.start()
            address, weight = self.random_change()
            while killer.is_alive() and self.change(api, address, weight):
                weights[address] = weight
                address, weight = self.random_change()
        killer.join()
        return {**weights, address: weight}

    def timed_change(self, api: ControlApi) -> tuple[str, int, float]:
        """One that is acknowledged, and how many seconds that took."""
        address, weight = self.random_change()
        began_s = time.monotonic()
        self.assertTrue(self.change(api, address, weight))
        return address, weight, time.monotonic() - began_s

    def random_change(self) -> tuple[str, int]:
        return self.random.choice(_BACKENDS), self.random.choice(_WEIGHTS)

    def change(self, api: ControlApi, address: str, weight: int) -> bool:
        """Whether the agent lived to acknowledge it."""
        change = {"set_weight": {"address": address, "weight": weight}}
        try:
            status, reply = api.post("/v1/change", change)
        except (OSError, http.client.HTTPException):
            return False
        self.assertEqual((status, reply["warning"]), (200, []))
        self.acknowledged += 1
        return True

    def weights(self) -> Weights:
        with ControlApi(rig.lb.agent.control_socket) as api:
            [service] = api.get("/v1/config")["service"]
        return {b["address"]: b["weight"] for b in service["backend"]}

    def half_written_file(self) -> pathlib.Path:
        state = rig.lb.agent.state_file
        return state.with_name(state.name + ".new")


if __name__ == "__main__":
    unittest.main()
