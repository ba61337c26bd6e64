"""Agents that end and are started again, while packets go through the program."""

from __future__ import annotations

import dataclasses
from typing import Callable, Sequence

from testbed.agent import Agent
from testbed.bed import Testbed
from tests.network.flood import Flood, dropped_at_servers

FRAMES_PER_SECOND = 20_000
_LONGER_THAN_EXPECTED_S = 20.0


@dataclasses.dataclass(frozen=True)
class Counted:
    """Frames at both ends."""

    sent: int
    received: int

    @property
    def lost(self) -> int:
        return self.sent - self.received


def count_frames(bed: Testbed, seconds: int, meanwhile: Callable[[], None]) -> Counted:
    """Sends frames for so long, at least until `meanwhile` is over, and counts."""
    before = dropped_at_servers(bed)
    flood = Flood(bed, FRAMES_PER_SECOND, flows=FRAMES_PER_SECOND * seconds)
    try:
        meanwhile()
        assert flood.running, "the flood ended first: it has to take longer"
        sent = flood.wait_for_end(seconds + _LONGER_THAN_EXPECTED_S)
    finally:
        flood.stop()
    return Counted(sent, dropped_at_servers(bed) - before)


def restart(agent: Agent, services: str, flags: Sequence[str], kill: bool) -> None:
    """Another agent takes over; returns when it is ready."""
    if kill:
        agent.kill()
    else:
        agent.stop()
    agent.start(services, flags)
