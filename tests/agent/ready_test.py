"""lbctl ready, and who has the VIP, as the agent sees it. Needs root."""

from __future__ import annotations

import os
import signal
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
    rig.lb.know_neighbours({"10.0.0.101": "02:00:0a:00:00:65"})


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
        self.assert_ready(r"\Aready, without an agent for \d+\.\d s\n")
        too_long = "--static_for_s=1"
        wait_until(
            lambda: self.ready(too_long).returncode == 1, _DEADLINE_S, "not ready"
        )
        self.assert_not_ready(
            r"without an agent for \d+\.\d s, over --static_for_s=1", too_long
        )
        rig.lb.start(_SERVICES)
        self.assert_ready(r"\Aready\n\Z", too_long)

    def test_a_peer_that_has_an_agent_is_preferred(self) -> None:
        self.assert_ready(r"\Aready\n\Z", "--preferred")
        rig.lb.agent.kill()
        soon = ["--preferred", "--agentless_for_s=1"]
        done = wait_until(
            lambda: (done := self.ready(*soon)).returncode == 1 and done,
            _DEADLINE_S,
            "not preferred",
        )
        why = r"without an agent for \d+\.\d s, over --agentless_for_s=1"
        self.assertRegex(done.stderr, rf"\Albctl: not preferred: {why}\n\Z")
        self.assert_ready(
            rf"\Aready, without an agent for \d+\.\d s\nnot preferred: {why}\n\Z",
            "--agentless_for_s=1",
        )
        rig.lb.start(_SERVICES)
        self.assert_ready(r"\Aready\n\Z", *soon)

    def test_an_agent_that_hangs_is_none(self) -> None:
        pid = rig.lb.agent.process.pid
        self.addCleanup(os.kill, pid, signal.SIGCONT)
        os.kill(pid, signal.SIGSTOP)
        self.assert_ready(r"\Aready, without an agent for", "--timeout_ms=100")

    def test_without_the_program(self) -> None:
        rig.lb.agent.kill()  # it would attach its program again
        rig.lb.detach_foreign_program()  # whosever it is
        self.assert_not_ready(f"no load balancer's program is on {FABRIC_INTERFACE}")

    def test_without_anything(self) -> None:
        rig.lb.stop()
        self.assert_not_ready(f"no agent left a program in {rig.lb.agent.pins}")


class VipInterfaceTest(unittest.TestCase):
    """An agent serves eth1; eth2, in 10.9.0.0/24, has no program."""

    def setUp(self) -> None:
        self.addCleanup(rig.lb.stop)
        ip = rig.lb.host.namespace.ip
        ip("link", "add", "eth2", "type", "veth", "peer", "name", "eth2-far")
        self.addCleanup(ip, "link", "delete", "eth2")
        ip("link", "set", "eth2-far", "up")
        ip("link", "set", "eth2", "up")
        ip("address", "add", "10.9.0.11/24", "dev", "eth2")

    def start(self, vip: str) -> None:
        rig.lb.start(service_text(["10.0.0.101"], vip=vip))

    def ready(self) -> subprocess.CompletedProcess[str]:
        pins = f"--bpffs_dir={rig.lb.agent.pins}"
        return rig.lb.agent.lbctl("ready", pins, may_fail=True)

    def assert_not_ready(self, why: str) -> None:
        """By what lbctl sees, by what the agent says, and without an agent."""
        done = self.ready()
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertEqual(done.stderr, f"lbctl: not ready: {why}\n")
        self.assertIn(f"warning:    {why}\n", rig.lb.agent.lbctl("status").stdout)
        rig.lb.agent.kill()
        self.assertEqual(self.ready().stderr, f"lbctl: not ready: {why}\n")

    def test_its_subnet_is_of_an_interface_without_the_program(self) -> None:
        self.start("10.9.0.200")
        self.assert_not_ready(
            "10.9.0.200 is in the subnet of eth2, which has no load balancer's "
            "program; expected --interface to name it"
        )

    def test_it_is_on_an_interface_without_the_program(self) -> None:
        rig.lb.host.namespace.ip("address", "add", f"{VIP}/32", "dev", "eth2")
        self.start(VIP)
        self.assert_not_ready(
            f"{VIP} is on eth2, which has no load balancer's program; expected "
            "--interface to name it"
        )

    def test_it_is_in_no_subnet(self) -> None:
        """Routers may send it here: that nobody can know it is a warning only."""
        self.start("10.8.0.200")
        warning = "warning: 10.8.0.200 is in no subnet of this host"
        for without_agent in (False, True):
            with self.subTest(without_agent=without_agent):
                if without_agent:
                    rig.lb.agent.kill()
                done = self.ready()
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stdout, r"\Aready")
                self.assertIn(warning, done.stdout)

    def test_the_way_to_the_clients_has_no_part_in_it(self) -> None:
        """The servers answer the clients; a default route is the host's own."""
        ip = rig.lb.host.namespace.ip
        ip("route", "add", "default", "via", "10.9.0.1", "dev", "eth2")
        self.start(VIP)
        done = self.ready()
        self.assertEqual((done.returncode, done.stdout), (0, "ready\n"), done.stderr)


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
