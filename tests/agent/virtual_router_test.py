"""Frames to VRRP virtual routers' MAC addresses (keepalived's use_vmac). Needs root.

keepalived makes a macvlan device with the address, and puts the VIP on it while
the host is the active one. In all tests but one the tests do.
"""

from __future__ import annotations

import select
import socket
import unittest

from testbed.waiting import wait_until
from tests.agent.flows import Flow
from tests.agent.rig import Rig
from tests.agent.services_text import service_text

_WEB = "10.0.0.101"
_VIP = "10.0.0.200"
_OURS, _OTHERS = 51, 52  # VRIDs
_CLIENT_MAC = bytes.fromhex("020000000001")
_DEADLINE_S = 30.0
_KEEPALIVED = """\
global_defs {{
    vrrp_version 3
    script_user root
    enable_script_security
}}
vrrp_script allowed {{
    script "/usr/bin/test -e {allowed}"
    interval 1
    rise 1
    fall 1
    init_fail
}}
vrrp_instance vip {{
    state BACKUP
    interface eth1
    use_vmac vrrp.{vrid}
    vmac_xmit_base
    virtual_router_id {vrid}
    priority 100
    advert_int 0.3
    virtual_ipaddress {{
        10.0.0.200/32
    }}
    track_script {{
        allowed
    }}
}}
"""

rig: Rig


def setUpModule() -> None:
    global rig
    rig = unittest.enterModuleContext(Rig("virtual_router_test"))
    rig.lb.know_neighbours({_WEB: "02:00:00:00:01:65"})


def mac_of(vrid: int) -> bytes:
    return bytes.fromhex("00005e0001") + bytes([vrid])


class VirtualRouterTest(unittest.TestCase):
    def setUp(self) -> None:
        self.addCleanup(rig.lb.stop)
        self.ip = rig.lb.host.namespace.ip
        # fmt: off
        self.ip(
            "link", "add", "link", "eth1", "name", "vrrp.51",
            "address", mac_of(_OURS).hex(":"), "type", "macvlan", "mode", "private",
        )
        # fmt: on
        self.addCleanup(self.ip, "link", "del", "vrrp.51")
        self.ip("link", "set", "vrrp.51", "up")
        rig.lb.start(service_text([_WEB]))
        with rig.far_end.entered():
            self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.wire.bind((rig.lb.host.name, 0x0800))
        self.addCleanup(self.wire.close)
        self.port = 1024

    def become_active(self) -> None:
        self.ip("addr", "add", f"{_VIP}/32", "dev", "vrrp.51")

    def become_backup(self) -> None:
        self.ip("addr", "del", f"{_VIP}/32", "dev", "vrrp.51")

    def send(self, vrid: int) -> Flow:
        self.port += 1
        flow = Flow("192.0.2.1", self.port, _VIP, 80)
        self.wire.send(flow.syn(_CLIENT_MAC, mac_of(vrid)))
        return flow

    def verdicts(self) -> dict[str, int]:
        counters = rig.lb.agent.lbctl_json("stats")["verdict"]
        return {v["verdict"]: int(v["counter"].get("packets", 0)) for v in counters}

    def verdict_of(self, vrid: int) -> str:
        before = self.verdicts()
        self.send(vrid)

        def counted() -> list[str]:
            after = self.verdicts()
            return [
                word
                for word in ("forward_tx", "drop_vrrp_backup", "pass_other_host")
                if after[word] > before[word]
            ]

        wait_until(counted, _DEADLINE_S, "a verdict")
        [word] = counted()
        return word

    def wait_for(self, word: str, vrid: int = _OURS) -> None:
        wait_until(lambda: self.verdict_of(vrid) == word, _DEADLINE_S, word)

    def test_only_of_those_that_are_active_here(self) -> None:
        self.assertEqual(self.verdict_of(_OURS), "drop_vrrp_backup")
        self.assertEqual(self.verdict_of(_OTHERS), "pass_other_host")
        self.become_active()
        self.wait_for("forward_tx")
        self.assertEqual(self.verdict_of(_OTHERS), "pass_other_host")
        self.become_backup()
        self.wait_for("drop_vrrp_backup")

    def test_when_a_device_is_down_or_gets_another_address(self) -> None:
        """FRR takes the device down, and leaves the VIP there."""
        self.become_active()
        self.wait_for("forward_tx")
        self.ip("link", "set", "vrrp.51", "down")
        self.wait_for("drop_vrrp_backup")
        self.ip("link", "set", "vrrp.51", "up")
        self.wait_for("forward_tx")
        self.ip("link", "set", "vrrp.51", "address", mac_of(_OTHERS).hex(":"))
        self.wait_for("pass_other_host")
        self.assertEqual(self.verdict_of(_OTHERS), "forward_tx")

    def test_follows_keepalived(self) -> None:
        folder = rig.lb.host.folder
        allowed = folder / "allowed"
        configuration = folder / "keepalived.conf"
        configuration.write_text(_KEEPALIVED.format(vrid=_OTHERS, allowed=allowed))
        # fmt: off
        keepalived = rig.lb.host.start("keepalived", [
            "keepalived", "--use-file", str(configuration), "--vrrp",
            "--dont-fork", "--log-console", "--pid", str(folder / "keepalived.pid"),
            "--vrrp_pid", str(folder / "vrrp.pid"),
        ])
        # fmt: on
        self.addCleanup(keepalived.stop)
        self.wait_for("drop_vrrp_backup", _OTHERS)
        allowed.touch()
        self.wait_for("forward_tx", _OTHERS)
        allowed.unlink()
        self.wait_for("drop_vrrp_backup", _OTHERS)

    def comes_back(self, vrid: int) -> bool:
        flow = self.send(vrid)
        while select.select([self.wire], [], [], 0.2)[0]:
            if Flow.of_frame(self.wire.recv(2048)) == flow:
                return True
        return False

    def test_without_an_agent_a_backup_forwards(self) -> None:
        """Nobody says any more who is active; a VIP must not be without anybody."""
        self.assertEqual(self.verdict_of(_OURS), "drop_vrrp_backup")
        rig.lb.agent.kill()
        wait_until(lambda: self.comes_back(_OURS), _DEADLINE_S, "a frame")
        self.assertFalse(self.comes_back(_OTHERS))
        rig.lb.start(service_text([_WEB]))
        self.assertEqual(self.verdict_of(_OURS), "drop_vrrp_backup")


if __name__ == "__main__":
    unittest.main()
