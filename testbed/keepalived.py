"""keepalived on a load balancer: VRRP version 3 (RFC 5798) for the VIP."""

from __future__ import annotations

import re
import shlex
from typing import Optional, Sequence

from testbed.host import FABRIC_INTERFACE, VIP, Host
from testbed.process import Process

# A backup takes over after three of these and a little: about 100 ms.
ADVERT_INTERVAL_S = 0.03
# For tests in which the VIP must not move because the machine is busy.
CALM_ADVERT_INTERVAL_S = 0.3

_READY_S = 60.0
_MASTER = "Entering MASTER STATE"
_PREFERRED = re.compile(r"VRRP_Script\(preferred\) (succeeded|failed)")
# docs/operating.md has the same, and says why.
_CONFIGURATION = """\
global_defs {{
    router_id {name}
    vrrp_version 3
    vrrp_rt_priority 50
    vrrp_rlimit_rttime 10000000
    vrrp_no_swap
    vrrp_higher_prio_send_advert true
    vrrp_garp_master_refresh 10
    script_user root
    enable_script_security
}}
vrrp_script ready {{
    script "{ready}"
    interval 1
    timeout 5
    fall 2
    rise 1
    init_fail
}}
vrrp_script preferred {{
    script "{preferred}"
    interval 1
    timeout 5
    fall 1
    rise 3
    weight -10
}}
vrrp_instance vip {{
    state BACKUP
    interface {interface}
    virtual_router_id 200
    priority 254
    advert_int {advert_interval_s}
    virtual_ipaddress {{
        {vip}/32 dev {interface}
    }}
    track_script {{
        ready
        preferred
    }}
}}
"""


class Keepalived:
    """VRRP with the other load balancers, all of the same priority."""

    def __init__(
        self, host: Host, ready: Sequence[str], preferred: Sequence[str]
    ) -> None:
        """`ready` exits with 0 while the host can be active.

        `preferred` does not while another one that is ready had better be.
        """
        self._host = host
        self._ready = ready
        self._preferred = preferred
        self._process: Optional[Process] = None
        self._pid_file = host.folder / "keepalived.pid"
        self._vrrp_pid_file = host.folder / "vrrp.pid"
        self.advert_interval_s = ADVERT_INTERVAL_S  # from the next start() on

    def start(self) -> None:
        """Returns when VRRP has begun; active() tells when it holds the VIP."""
        configuration = self._host.folder / "keepalived.conf"
        configuration.write_text(self._configuration(self.advert_interval_s))
        # fmt: off
        self._process = self._host.start("keepalived", [
            "keepalived", "--use-file", str(configuration), "--vrrp",
            "--dont-fork", "--log-console", "--log-detail",
            "--pid", str(self._pid_file), "--vrrp_pid", str(self._vrrp_pid_file),
        ])
        # fmt: on
        entered = "Entering BACKUP STATE"
        self._process.wait_until_ready(
            lambda: entered in self._process.log_text(), _READY_S, entered
        )

    def stop(self) -> None:
        """Hands the VIP over at once."""
        self._process.stop()

    def kill(self) -> None:
        """As a crash does: the VIP stays on the interface."""
        self._process.kill()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    def remove_pid_files(self) -> None:
        """As a boot does: /run is empty then."""
        for path in (self._pid_file, self._vrrp_pid_file):
            path.unlink(missing_ok=True)

    def takeovers(self) -> int:
        """How often it has become active, whenever it was started."""
        return self._process.log.read_text().count(_MASTER)

    def preferred(self) -> bool:
        """What its last run of `preferred` said; true before the first one."""
        results = _PREFERRED.findall(self._process.log_text())
        return not results or results[-1] == "succeeded"

    def active(self) -> bool:
        """Whether this host holds the VIP."""
        return VIP in self._host.addresses(FABRIC_INTERFACE)

    def _configuration(self, advert_interval_s: float) -> str:
        return _CONFIGURATION.format(
            name=self._host.name,
            interface=FABRIC_INTERFACE,
            advert_interval_s=advert_interval_s,
            vip=VIP,
            ready=shlex.join(self._ready),
            preferred=shlex.join(self._preferred),
        )
