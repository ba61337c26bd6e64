"""Agents that end and are started again, while packets go through the program."""

from __future__ import annotations

import dataclasses
from typing import Callable, Sequence

from testbed.agent import Agent
from testbed.bed import Testbed
from testbed.waiting import try_until, wait_until
from tests.network.flood import Flood, dropped_at_servers

FRAMES_PER_SECOND = 20_000
_DEADLINE_S = 10.0


@dataclasses.dataclass(frozen=True)
class Counted:
    """Frames at both ends."""

    sent: int
    received: int

    @property
    def lost(self) -> int:
        return self.sent - self.received


def count_frames(bed: Testbed, meanwhile: Callable[[], None]) -> Counted:
    """Sends frames from before `meanwhile` until it is over, and counts them."""
    before = dropped_at_servers(bed)
    flood = Flood(bed, FRAMES_PER_SECOND)
    try:
        wait_until(
            lambda: dropped_at_servers(bed) > before, _DEADLINE_S, "the first frames"
        )
        meanwhile()
        sent = flood.finish()
    finally:
        flood.stop()
    # The last ones may be under way.
    try_until(lambda: dropped_at_servers(bed) - before >= sent, _DEADLINE_S)
    return Counted(sent, dropped_at_servers(bed) - before)


def restart(agent: Agent, services: str, flags: Sequence[str], kill: bool) -> None:
    """Another agent takes over; returns when it is ready."""
    if kill:
        agent.kill()
    else:
        agent.stop()
    agent.start(services, flags)
