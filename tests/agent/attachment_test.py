"""The XDP program that somebody else takes away, and its mode. Needs root."""

from __future__ import annotations

import json
import unittest
from typing import Any

from testbed.host import FABRIC_INTERFACE
from testbed.runfiles import runfile
from testbed.waiting import wait_until
from tests.agent.prometheus_text import Samples, parse
from tests.agent.rig import Rig
from tests.agent.services_text import service_text

_DEADLINE_S = 20.0
_SERVICES = service_text(["10.0.0.101"])
_ANOTHER = (
    r'eth1 has another XDP program already: "xdp_pass", id \d+; detach it first '
    r"\(ip link set dev eth1 xdp off\)"
)

rig: Rig


def setUpModule() -> None:
    global rig
    rig = unittest.enterModuleContext(Rig("attachment_test"))


def metrics() -> Samples:
    return parse(rig.lb.host.call("curl", "-sS", "http://127.0.0.1:9275/metrics"))


def attached_metric(mode: str) -> object:
    labels = f'interface="{FABRIC_INTERFACE}",mode="{mode}"'
    return metrics().get(f"l275_interface_attached{{{labels}}}")


def interface() -> dict[str, Any]:
    """What `lbctl status` says of eth1."""
    [shown] = rig.lb.agent.lbctl_json("status")["interface"]
    return shown


def warnings() -> list[str]:
    shown = rig.lb.agent.lbctl_json("status").get("warning", [])
    return [warning["text"] for warning in shown]


def health() -> str:
    return rig.lb.host.call("curl", "-sS", "http://127.0.0.1:9275/healthz")


class LostProgramTest(unittest.TestCase):
    def setUp(self) -> None:
        self.addCleanup(rig.lb.stop)
        rig.lb.start(_SERVICES)
        self.program = rig.lb.attached_program()

    def set_xdp(self, *arguments: str) -> None:
        rig.lb.host.namespace.ip(
            "-force", "link", "set", FABRIC_INTERFACE, "xdpdrv", *arguments
        )

    def ready(self) -> tuple[int, str]:
        pins = f"--bpffs_dir={rig.lb.agent.pins}"
        done = rig.lb.agent.lbctl("ready", pins, may_fail=True)
        return done.returncode, done.stderr

    def test_it_is_attached_again(self) -> None:
        self.set_xdp("off")
        program = wait_until(rig.lb.attached_program, _DEADLINE_S, "a program")
        self.assertNotEqual(program, self.program)
        self.assertIn(
            "somebody took the program away from eth1",
            rig.lb.agent.process.log_text(),
        )
        wait_until(lambda: self.ready() == (0, ""), _DEADLINE_S, "ready")
        self.assertEqual(interface()["attachment"], "single")
        self.assertEqual(attached_metric("native"), 1)
        self.assertEqual(health(), "ok\n")

    def test_another_one_in_its_place_is_left_alone(self) -> None:
        """And all say so, until the place is free."""
        self.set_xdp("object", str(runfile("testbed/xdp_pass.bpf.o")), "section", "xdp")
        self.addCleanup(rig.lb.detach_foreign_program)
        other = rig.lb.attached_program()
        wait_until(lambda: health() != "ok\n", _DEADLINE_S, "what is wrong")
        why = f"the program is not attached to eth1: {_ANOTHER}"
        self.assertRegex(health(), rf"\A{why}\n\Z")
        self.assertRegex(warnings()[0], rf"\A{why}\Z")
        self.assertRegex(interface()["attachment_error"], rf"\A{_ANOTHER}\Z")
        self.assertRegex(
            rig.lb.agent.lbctl("status").stdout,
            rf"interface:  eth1, NOT ATTACHED: {_ANOTHER}\n",
        )
        self.assertEqual(attached_metric("none"), 0)
        self.assertEqual(attached_metric("native"), None)
        code, text = self.ready()
        self.assertEqual(code, 1)
        self.assertIn("not ready: no load balancer's program is on eth1", text)
        self.assertEqual(rig.lb.attached_program(), other)

        self.set_xdp("off")
        wait_until(lambda: self.ready() == (0, ""), _DEADLINE_S, "ready")
        self.assertEqual(attached_metric("native"), 1)


def warnings_of_gro() -> list[str]:
    return [text for text in warnings() if "GRO" in text]


class ModeTest(unittest.TestCase):
    def setUp(self) -> None:
        self.addCleanup(rig.lb.stop)

    def set_gro(self, state: str) -> None:
        rig.lb.host.call("ethtool", "-K", FABRIC_INTERFACE, "gro", state)

    def test_generic_mode_with_gro_is_warned_of(self) -> None:
        self.addCleanup(self.set_gro, "off")
        self.set_gro("off")
        rig.lb.start(_SERVICES, "--xdp_mode=generic")
        self.assertEqual(warnings_of_gro(), [])
        self.set_gro("on")
        self.assertEqual(
            warnings_of_gro(),
            [
                "eth1: generic XDP mode with GRO on loses frames that were merged: "
                "ethtool -K eth1 gro off"
            ],
        )
        self.assertEqual(metrics()['l275_warning{check="gro",subject="eth1"}'], 1)

    def test_native_mode_does_not_mind_gro(self) -> None:
        self.addCleanup(self.set_gro, "off")
        self.set_gro("on")
        rig.lb.start(_SERVICES)
        self.assertEqual(warnings_of_gro(), [])

    def test_auto_leaves_generic_mode(self) -> None:
        rig.lb.start(_SERVICES, "--xdp_mode=generic")
        self.assertEqual(interface()["xdp_mode"], "generic")
        rig.lb.agent.stop()
        rig.lb.start(_SERVICES, "--xdp_mode=auto")
        self.assertEqual(interface()["xdp_mode"], "native")
        [link] = json.loads(
            rig.lb.host.namespace.ip("-j", "link", "show", FABRIC_INTERFACE)
        )
        self.assertEqual(link["xdp"]["mode"], 1)  # XDP_ATTACHED_DRV
        self.assertIn(
            "eth1 changed from generic to native mode",
            rig.lb.agent.process.log_text(),
        )


if __name__ == "__main__":
    unittest.main()
