"""Another build of the agent takes over, or fails to: nothing is lost, nothing moves.

Needs root.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import unittest

from testbed.host import FABRIC_INTERFACE
from testbed.namespace import call
from testbed.runfiles import runfile
from tests.network.restart_case import RestartCase
from tests.network.restarts import count_frames

_NEXT = "tests/upgrade/lb_agent_next"
_REFUSED = "tests/upgrade/lb_agent_refused"
_OTHER_SIZE = "--max_slots=8209"  # so that it stages maps of its own


class UpgradeTest(RestartCase):
    def setUp(self) -> None:
        self.installed = self.lb.agent.program
        self.addCleanup(self.install, self.installed)

    def install(self, program: pathlib.Path) -> None:
        self.lb.agent.program = program

    def start_with_tracked_slots(self) -> int:
        """And connections that are not where new ones go; how many slots."""
        self.start()
        self.assertLessEqual({"web4", "web5"}, self.add_two())
        tracked = self.status("slots_tracked")
        self.assertGreater(tracked, 0)
        return tracked

    def version(self) -> str:
        return self.lb.agent.lbctl_json("status")["version"]

    def test_an_upgrade_and_the_way_back(self) -> None:
        tracked = self.start_with_tracked_slots()
        versions = [self.version()]

        def upgrades() -> None:
            for kill in (True, False):
                for program in (runfile(_NEXT), self.installed):
                    self.install(program)
                    self.restart(kill)
                    versions.append(self.version())
                    self.assertEqual(self.status("slots_tracked"), tracked)

        counted = count_frames(self.bed, upgrades)
        self.report(f"versions {', '.join(versions)}: {counted}")
        self.assertEqual(len(set(versions)), 2)
        self.assertEqual(versions, [*versions[:2], *versions[:2], versions[0]])
        self.assertEqual(counted.lost, 0)
        self.connections.wait_until_all_have_talked()
        self.assertEqual(self.connections.broken(), [])

    def test_an_upgrade_that_the_kernel_refuses_changes_nothing(self) -> None:
        tracked = self.start_with_tracked_slots()

        def refused_upgrades() -> None:
            self.lb.agent.stop()
            before = self.what_stays()
            for flags in (self.flags, [*self.flags, _OTHER_SIZE]):
                self.assert_refused(self.run_refused(*flags))
                self.assertEqual(self.what_stays(), before)
            self.lb.agent.start(self.services, self.flags)

        counted = count_frames(self.bed, refused_upgrades)
        self.report(f"{counted}")
        self.assertEqual(counted.lost, 0)
        self.assertEqual(self.status("slots_tracked"), tracked)
        self.connections.wait_until_all_have_talked()
        self.assertEqual(self.connections.broken(), [])

    def run_refused(self, *flags: str) -> subprocess.CompletedProcess[str]:
        agent = self.lb.agent
        self.install(runfile(_REFUSED))
        command = agent.command(f"--services_file={agent.services_file}", *flags)
        self.install(self.installed)
        environment = ["env", f"LIBXDP_BPFFS={agent.pins.parent}"]
        return self.lb.host.run([*environment, *command], may_fail=True)

    def assert_refused(self, done: subprocess.CompletedProcess[str]) -> None:
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(
            done.stderr.splitlines()[-1],
            "^lb_agent: the kernel's verifier refuses the XDP program: "
            ".*outside of the packet: Permission denied$",
        )
        self.assertEqual(done.stderr.count("verifier"), 1, done.stderr)

    def what_stays(self) -> dict[str, object]:
        """The kernel's ids of all that outlives the agent, and its state."""
        pins = self.lb.agent.pins
        stays: dict[str, object] = {str(path): "" for path in pins.rglob("*")}
        for kind, folder in (("map", "maps"), ("prog", "interfaces")):
            for path in (pins / folder).iterdir():
                shown = call(["bpftool", "-j", kind, "show", "pinned", str(path)])
                stays[str(path)] = json.loads(shown)["id"]
        text = self.lb.host.namespace.ip("-j", "link", "show", FABRIC_INTERFACE)
        stays["attached"] = json.loads(text)[0]["xdp"]["prog"]["id"]
        stays["state"] = self.lb.agent.state_file.read_text()
        return stays


if __name__ == "__main__":
    unittest.main()
