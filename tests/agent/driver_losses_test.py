"""Frames that the program sends and the driver loses are seen. Needs root.

On a veth, XDP_TX needs an XDP program on the peer too.
"""

from __future__ import annotations

import socket
import unittest

from testbed.runfiles import runfile
from testbed.waiting import try_until, wait_until
from tests.agent.flows import Flow
from tests.agent.prometheus_text import parse
from tests.agent.rig import Rig
from tests.agent.services_text import service_text

_WEB = "10.0.0.101"
_CLIENT_MAC = bytes.fromhex("020000000001")
_FRAMES = 21
_COUNTER = "rx_queue_0_xdp_tx_errors"
_SEEN_S = 30.0  # it looks every 5 s

rig: Rig


def setUpModule() -> None:
    global rig
    rig = unittest.enterModuleContext(Rig("driver_losses_test"))
    rig.lb.know_neighbours({_WEB: "02:00:00:00:01:65"})


class DriverLossesTest(unittest.TestCase):
    def setUp(self) -> None:
        self.addCleanup(rig.lb.stop)

    def set_peers_program(self, *program: str) -> None:
        rig.far_end.ip("link", "set", rig.lb.host.name, "xdpdrv", *program)

    def send(self) -> None:
        [interface] = rig.lb.agent.lbctl_json("status")["interface"]
        lb_mac = bytes.fromhex(interface["mac"].replace(":", ""))
        with rig.far_end.entered():
            wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            wire.bind((rig.lb.host.name, 0))
        with wire:
            for port in range(_FRAMES):
                flow = Flow("192.0.2.1", 1024 + port, "10.0.0.200", 80)
                wire.send(flow.syn(_CLIENT_MAC, lb_mac))
        wait_until(lambda: self.forwarded() == _FRAMES, _SEEN_S, "all forwarded")

    def forwarded(self) -> int:
        verdicts = rig.lb.agent.lbctl_json("stats")["verdict"]
        [found] = [v for v in verdicts if v["verdict"] == "forward_tx"]
        return int(found["counter"].get("packets", 0))

    def lost(self) -> float:
        text = rig.lb.host.call("curl", "-sS", "http://127.0.0.1:9275/metrics")
        name = "l275_driver_lost_frames_total"
        return parse(text)[f'{name}{{interface="eth1",counter="{_COUNTER}"}}']

    def warning(self) -> str:
        """In `lbctl status`."""
        lines = rig.lb.agent.lbctl("status").stdout.splitlines()
        return "".join(l for l in lines if l.startswith("warning:") and "driver" in l)

    def test_without_a_program_at_the_peer_all_are_lost(self) -> None:
        self.set_peers_program("off")
        self.addCleanup(
            self.set_peers_program,
            *("object", str(runfile("testbed/xdp_pass.bpf.o")), "section", "xdp"),
        )
        rig.lb.start(service_text([_WEB]))
        before = self.lost()
        self.send()
        warning = try_until(self.warning, _SEEN_S)
        self.assertIn(
            f"eth1: the driver lost {_FRAMES} of the {_FRAMES} frames", warning
        )
        self.assertIn(_COUNTER, warning)
        self.assertIn("veth", warning)
        self.assertEqual(self.lost() - before, _FRAMES)
        self.assertIn(
            f"frames in the driver of eth1 ({_COUNTER})",
            rig.lb.agent.lbctl("status").stdout,
        )
        # It ends when no more are lost.
        wait_until(lambda: not self.warning(), _SEEN_S, "the warning's end")

    def test_with_one_none_is_lost(self) -> None:
        rig.lb.start(service_text([_WEB]))
        before = self.lost()
        self.send()
        # Seen as often as the losses above.
        uptime = rig.lb.agent.lbctl_json("status")["uptime_seconds"]
        wait_until(
            lambda: int(rig.lb.agent.lbctl_json("status")["uptime_seconds"])
            >= int(uptime) + 11,
            _SEEN_S,
            "two readings",
        )
        self.assertEqual(self.warning(), "")
        self.assertEqual(self.lost(), before)


if __name__ == "__main__":
    unittest.main()
