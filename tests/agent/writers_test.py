"""Many operators at once: every change that was acknowledged is there.

L275_CHANGES=n has each of them make n changes instead. Needs root.
"""

from __future__ import annotations

import concurrent.futures
import os
import unittest

from tests.agent.rig import Rig
from tests.agent.services_text import service_text

_WRITERS = 16
_CHANGES = int(os.environ.get("L275_CHANGES", "20"))

rig: Rig


def setUpModule() -> None:
    global rig
    rig = unittest.enterModuleContext(Rig("writers_test"))


def add_backends(writer: int) -> set[str]:
    """Returns those that lbctl said were added."""
    added = set()
    for number in range(_CHANGES):
        address = f"10.1.{writer}.{number + 1}"
        done = rig.lb.agent.lbctl("backend", "add", address)
        if f"backend {address} added" in done.stdout:
            added.add(address)
    return added


def backends() -> set[str]:
    [service] = rig.lb.config()["service"]
    return {backend["address"] for backend in service.get("backend", [])}


class WritersTest(unittest.TestCase):
    def test_every_acknowledged_change_is_there_also_after_a_kill(self) -> None:
        services = service_text([], table_size=65537)
        rig.lb.start(services)
        self.addCleanup(rig.lb.stop)
        with concurrent.futures.ThreadPoolExecutor(_WRITERS) as pool:
            acknowledged = set().union(*pool.map(add_backends, range(_WRITERS)))
        self.assertEqual(len(acknowledged), _WRITERS * _CHANGES)
        self.assertEqual(backends(), acknowledged)
        rig.lb.agent.kill()
        rig.lb.start(services)
        self.assertEqual(backends(), acknowledged)


if __name__ == "__main__":
    unittest.main()
