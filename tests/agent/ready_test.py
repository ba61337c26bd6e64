"""lbctl ready, and who has the VIP, as the agent sees it. Needs root."""

from __future__ import annotations

import subprocess
import unittest

from testbed.host import FABRIC_INTERFACE, VIP
from testbed.waiting import wait_until
from tests.agent.rig import Rig
from tests.agent.services_text import service_text

_DEADLINE_S = 30.0
_SERVICES = service_text(["10.0.0.101"])

rig: Rig


def setUpModule() -> None:
    global rig
    rig = unittest.enterModuleContext(Rig("ready_test"))


class ReadyTest(unittest.TestCase):
    def setUp(self) -> None:
        self.addCleanup(rig.lb.stop)
        rig.lb.start(_SERVICES)

    def ready(self, *flags: str) -> subprocess.CompletedProcess[str]:
        pins = f"--bpffs_dir={rig.lb.agent.pins}"
        return rig.lb.agent.lbctl("ready", pins, *flags, may_fail=True)

    def assert_ready(self, text: str, *flags: str) -> None:
        done = self.ready(*flags)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, text)

    def assert_not_ready(self, why: str, *flags: str) -> None:
        done = self.ready(*flags)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, rf"\Albctl: not ready: {why}\n\Z")

    def test_with_an_agent(self) -> None:
        self.assert_ready(r"\Aready\n\Z")
        self.assert_ready('"ready": true', "--output=json")

    def test_after_a_change_that_was_refused(self) -> None:
        """Nothing is wrong with what is in effect: the VIP has no reason to move."""
        rig.lb.stop()
        rig.lb.start(_SERVICES, "--max_slots=70000")
        refused = rig.lb.agent.lbctl(
            "service", "add", "tcp:10.0.0.200:443", may_fail=True
        )
        self.assertEqual(refused.returncode, 1)
        self.assertIn("no room", refused.stderr)
        self.assert_ready(r"\Aready\n\Z")

    def test_without_an_agent_for_a_while(self) -> None:
        rig.lb.agent.kill()
        self.assert_ready(r"\Aready, without an agent for \d+ s\n\Z")
        too_long = "--static_for_s=1"
        wait_until(
            lambda: self.ready(too_long).returncode == 1, _DEADLINE_S, "not ready"
        )
        self.assert_not_ready(
            r"without an agent for \d+ s, over --static_for_s=1", too_long
        )
        rig.lb.start(_SERVICES)
        self.assert_ready(r"\Aready\n\Z", too_long)

    def test_without_the_program(self) -> None:
        rig.lb.detach_foreign_program()  # whosever it is
        self.assert_not_ready(f"no load balancer's program is on {FABRIC_INTERFACE}")

    def test_without_anything(self) -> None:
        rig.lb.stop()
        self.assert_not_ready(f"no agent left a program in {rig.lb.agent.pins}")


class VipTest(unittest.TestCase):
    def setUp(self) -> None:
        self.addCleanup(rig.lb.stop)
        rig.lb.start(_SERVICES)

    def held(self) -> bool:
        [vip] = rig.lb.agent.lbctl_json("status")["vip"]
        self.assertEqual(vip["address"], VIP)
        return bool(vip["held"])

    def test_the_agent_sees_the_vip_come_and_go(self) -> None:
        ip = rig.lb.host.namespace.ip
        wait_until(
            lambda: rig.lb.agent.lbctl_json("status")["vip"], _DEADLINE_S, "the VIP"
        )
        self.assertFalse(self.held())
        ip("address", "add", f"{VIP}/32", "dev", FABRIC_INTERFACE)
        wait_until(self.held, _DEADLINE_S, "held")
        self.assertIn(
            f"VIP:        {VIP}, held for", rig.lb.agent.lbctl("status").stdout
        )
        ip("address", "delete", f"{VIP}/32", "dev", FABRIC_INTERFACE)
        wait_until(lambda: not self.held(), _DEADLINE_S, "not held")


if __name__ == "__main__":
    unittest.main()
