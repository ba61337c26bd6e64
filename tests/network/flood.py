"""A flood of SYNs from the client's host."""

from __future__ import annotations

import ipaddress
import json
import re

from testbed.bed import Testbed
from testbed.host import FABRIC_INTERFACE, VIP
from testbed.process import Process
from testbed.runfiles import runfile
from testbed.waiting import wait_until

FLOODERS = ipaddress.ip_network("198.18.0.0/15")  # of syn_flood.cc
# More than can be sent within a test.
_FLOWS = 20_000_000
# Before connection tracking, whose -200 and table this test is not about.
_DROP_FLOOD = f"""\
table ip flood {{
  chain prerouting {{
    type filter hook prerouting priority -400;
    ip saddr {FLOODERS} counter drop
  }}
}}
"""


class Flood:
    """SYNs to the VIP, each of another flow, from sources that do not exist.

    The web servers drop them when drop_at_servers() was called: what is flooded
    is the load balancer.
    """

    _next_flow = 0

    def __init__(
        self,
        bed: Testbed,
        frames_per_second: int,
        with_acks: bool = False,
        port: int = 80,
        flows: int = _FLOWS,
    ) -> None:
        """Starts it. With `with_acks`, a forged segment follows each SYN.

        It ends by itself when that many flows were sent.
        """
        # fmt: off
        self._process: Process = bed.client.host.start("syn_flood", [
            str(runfile("tests/network/syn_flood")),
            f"--interface={FABRIC_INTERFACE}",
            f"--destination={VIP}:{port}",
            f"--destination_mac={_mac(bed)}",
            f"--flows={flows}",
            f"--first_flow={Flood._next_flow}",
            f"--followed_by_ack={str(with_acks).lower()}",
            f"--frames_per_second={frames_per_second}",
        ])
        # fmt: on
        Flood._next_flow += flows

    @property
    def running(self) -> bool:
        return self._process.running

    def wait_for_end(self, deadline_s: float) -> int:
        """Until all flows are sent; how many frames that were."""
        wait_until(lambda: not self.running, deadline_s, "the end of the flood")
        return self.finish()

    def finish(self) -> int:
        """Ends it, and returns how many frames it has sent."""
        self._process.stop()
        [sent] = re.findall(r"(\d+) frames in", self._process.log_text())
        return int(sent)

    def stop(self) -> None:
        if self.running:
            self._process.kill()


def drop_at_servers(bed: Testbed) -> None:
    for web in bed.webs:
        path = web.host.folder / "drop_flood.nft"
        path.write_text(_DROP_FLOOD)
        web.host.call("nft", "-f", str(path))


def dropped_at_servers(bed: Testbed) -> int:
    """Frames of floods that reached the servers since drop_at_servers()."""
    listings = [
        web.host.call("nft", "list", "table", "ip", "flood") for web in bed.webs
    ]
    return sum(int(n) for text in listings for n in re.findall(r"packets (\d+)", text))


def _mac(bed: Testbed) -> str:
    """Of the load balancer that holds the VIP."""
    namespace = bed.active_lb().host.namespace
    [link] = json.loads(namespace.ip("-j", "link", "show", FABRIC_INTERFACE))
    return link["address"]
