"""How fast the agent starts, and how fast a change reaches the last slot.

    bazel run -c opt //bench:control -- [--rounds=11] [--json]

One load balancer with 10 services of 100 backends each, at 65,537 slots. The
agent answers a change after the last slot is stored, so what a caller waits for
is more than the change takes.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Callable

from bench.printed_table import print_json, print_table
from testbed.agent import Agent
from testbed.bed import Testbed
from testbed.binaries import Binaries
from testbed.errors import TestbedError
from testbed.host import FABRIC_INTERFACE
from testbed.unix_connection import UnixConnection

SERVICES = 10
BACKENDS = 100
FIRST_BACKEND = 102  # web1 is 10.0.0.101


def addresses() -> list[str]:
    return [f"10.0.0.{FIRST_BACKEND + i}" for i in range(BACKENDS)]


def services_file() -> str:
    backends = "\n".join(f'  backend {{ address: "{a}" }}' for a in addresses())
    return "".join(
        f'service {{ vip: "10.0.1.{n + 1}" port: 80\n{backends}\n}}\n'
        for n in range(SERVICES)
    )


def milliseconds(action: Callable[[], None]) -> float:
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def start_agent(agent: Agent) -> None:
    agent.start(services_file(), ["--health=none"])


def set_weight_by_lbctl(agent: Agent, weight: int) -> None:
    agent.lbctl(
        "backend", "weight", addresses()[0], str(weight), "--service=tcp:10.0.1.1:80"
    )


def set_weight_everywhere(connection: UnixConnection, weight: int) -> None:
    body = {"set_weight": {"address": addresses()[0], "weight": weight}}
    connection.request("POST", "/v1/change", json.dumps(body))
    response = connection.getresponse()
    text = response.read()
    if response.status != 200 or text.count(b"weight") != SERVICES:
        raise TestbedError(f"change: {response.status} {text!r}")


def set_weight_of_one(connection: UnixConnection, weight: int) -> None:
    body = {
        "set_weight": {
            "service": "tcp:10.0.1.1:80",
            "address": addresses()[0],
            "weight": weight,
        }
    }
    connection.request("POST", "/v1/change", json.dumps(body))
    response = connection.getresponse()
    response.read()
    if response.status != 200:
        raise TestbedError(f"change: status {response.status}")


def measure(bed: Testbed, rounds: int) -> dict[str, list[float]]:
    agent = bed.lbs[0].agent
    samples: dict[str, list[float]] = {
        "agent: exec to READY=1": [],
        "lbctl: a weight in 1 service, whole process": [],
        "API: a weight in 1 service": [],
        "API: a weight in 10 services": [],
    }
    ready, lbctl, one, ten = samples.values()
    for number in range(rounds):
        weight = 50 + number
        ready.append(milliseconds(lambda: start_agent(agent)))
        connection = UnixConnection(str(agent.control_socket))
        lbctl.append(milliseconds(lambda: set_weight_by_lbctl(agent, weight)))
        one.append(milliseconds(lambda: set_weight_of_one(connection, weight + 100)))
        ten.append(
            milliseconds(lambda: set_weight_everywhere(connection, weight + 200))
        )
        connection.close()
        agent.remove()
    return samples


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--json", action="store_true", help="one JSON line at the end")
    arguments = parser.parse_args()
    try:
        with Testbed("bench_control", Binaries.find(), lbs=1, webs=1) as bed:
            web = bed.webs[0].host.namespace
            for address in addresses():
                web.ip("addr", "add", f"{address}/32", "dev", FABRIC_INTERFACE)
            samples = measure(bed, arguments.rounds)
    except TestbedError as error:
        print(f"control: {error}", file=sys.stderr)
        return 1
    print_table("ms", samples)
    if arguments.json:
        print_json("ms", samples)
    return 0


if __name__ == "__main__":
    sys.exit(main())
