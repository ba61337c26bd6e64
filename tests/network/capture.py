"""One frame as tcpdump describes it."""

from __future__ import annotations

from testbed.host import Host
from testbed.waiting import wait_until

_DEADLINE_S = 30.0


class Capture:
    """Waits on a host's interface for the first frame that a filter matches.

    capture = Capture(host, "eth1", "tcp dst port 80")
    ...
    capture.text()  # "... IP (tos 0x0, ttl 63, id 1, ..."
    """

    def __init__(self, host: Host, interface: str, expression: str) -> None:
        """Returns when tcpdump listens."""
        log = host.folder / "tcpdump.log"
        self._offset = log.stat().st_size if log.exists() else 0
        # fmt: off
        self._process = host.start("tcpdump", [
            "tcpdump", "-n", "-v", "-c", "1", "-i", interface, expression,
        ])
        # fmt: on
        self._process.wait_until_ready(
            lambda: "listening on" in self._log(), _DEADLINE_S, "tcpdump listening"
        )

    def text(self) -> str:
        """Raises TestbedError when there is no such frame within 5 s."""
        wait_until(lambda: not self._process.running, _DEADLINE_S, "a captured frame")
        return self._log()

    def _log(self) -> str:
        return self._process.log.read_text()[self._offset :]
