"""What tests of agents that take over from one another have in common."""

from __future__ import annotations

from tests.network.connections_case import ConnectionsCase
from tests.network.restarts import restart


class RestartCase(ConnectionsCase):
    """2,000 connections, and an agent that is started again."""

    services: str
    flags: list[str]

    def start(self, *flags: str) -> None:
        super().start(*flags)
        self.services = self.lb.agent.services_file.read_text()
        self.flags = [f"--max_slots={self.slots}", *flags]

    def restart(self, kill: bool) -> None:
        restart(self.lb.agent, self.services, self.flags, kill)
