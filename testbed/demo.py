"""Shows the load balancer at work on six hosts. Needs root.

Exits with 0 only when each step was seen to hold, with 1 otherwise, and removes
everything it made.
"""

from __future__ import annotations

import argparse
import signal
import sys
from typing import Optional

from testbed.bed import Testbed
from testbed.binaries import Binaries
from testbed.demo_steps import STEPS, Demo, StepFailed
from testbed.errors import TestbedError
from testbed.state import State, assert_root
from testbed.terminal import Terminal

_PICTURE = """\
                    fabric 10.0.0.0/24, VIP 10.0.0.200
    client .1    lb1 .11    lb2 .12    web1 .101    web2 .102    web3 .103
                    health 10.1.0.0/24, beacons to 239.0.0.1"""

_KEPT = """\
The testbed {name} is up. On one of its hosts, for example:
  {on}client curl http://10.0.0.200/
  {on}lb1 lbctl status
  {on}web1 dnat show
Its configurations and logs: {folder}
Remove it with:
  {demo} --down"""


def main() -> int:
    arguments = _parse()
    terminal = Terminal()
    try:
        assert_root()
        if arguments.down:
            return _down(terminal, arguments.name)
        return _run(terminal, arguments)
    except (TestbedError, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo: interrupted, all removed", file=sys.stderr)
        return 128 + signal.SIGINT


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument(
        "--keep", action="store_true", help="leave the testbed up at the end"
    )
    parser.add_argument(
        "--down", action="store_true", help="remove a testbed that was left up"
    )
    parser.add_argument(
        "--name", default="demo", help="of the testbed and its hosts (default: demo)"
    )
    parser.add_argument(
        "--deadline_s",
        type=int,
        default=120,
        help="seconds after which it has failed (default: 120)",
    )
    parser.add_argument(
        "--time_factor",
        type=int,
        default=1,
        help="multiplies the times that the steps promise, for a machine that is "
        "busy with something else (default: 1)",
    )
    return parser.parse_args()


def _down(terminal: Terminal, name: str) -> int:
    state = State(name)
    state.lock()
    found = state.leftovers()
    state.remove()
    terminal.line(f"testbed {name}: {'removed' if found else 'nothing to remove'}")
    return 0


def _run(terminal: Terminal, arguments: argparse.Namespace) -> int:
    bed = Testbed(arguments.name, Binaries.find())
    if bed.state.leftovers():
        terminal.line(f"Removing the testbed {bed.name} that an earlier run left.")
    _set_deadline(arguments.deadline_s)
    with bed:
        demo = Demo(bed, terminal, arguments.time_factor)
        _start(demo)
        measured = _steps(demo)
        signal.alarm(0)
        if arguments.keep:
            bed.keep()
    _summary(terminal, measured)
    terminal.line()
    terminal.line(_farewell(bed, arguments))
    return 0 if len(measured) == len(STEPS) else 1


def _set_deadline(deadline_s: int) -> None:
    def fail(*_: object) -> None:
        raise TestbedError(f"not done within {deadline_s} s")

    signal.signal(signal.SIGALRM, fail)
    signal.alarm(deadline_s)


def _start(demo: Demo) -> None:
    bed, terminal = demo.bed, demo.terminal
    terminal.title("Six hosts, each a network namespace, on two networks")
    terminal.line(_PICTURE)
    terminal.title("Starting")
    for web in bed.webs:
        web.start()
        terminal.say(f"{web.name}: nginx, dnat, healthbeacon")
    for lb in bed.lbs:
        lb.agent.start(bed.services())
        terminal.say(f"{lb.name}: lb_agent (XDP in native mode)")
    bed.wait_until_active(web.address for web in bed.webs)
    for lb in bed.lbs:
        lb.keepalived.start()
        bed.wait_until_served()
        terminal.say(f"{lb.name}: keepalived (VRRP version 3)")
    demo.lbctl(bed.wait_until_served(), "status")


def _steps(demo: Demo) -> list[str]:
    """What was measured, a text for each step up to the first that fails."""
    measured: list[str] = []
    for number, step in enumerate(STEPS, start=1):
        demo.terminal.title(f"{number}. {step.title}")
        try:
            measured.append(step.run(demo))
        except TestbedError as error:
            demo.terminal.fails(str(error))
            break
    return measured


def _summary(terminal: Terminal, measured: list[str]) -> None:
    terminal.title("Summary")
    rows = [
        (number, step.title, *_outcome(measured, number))
        for number, step in enumerate(STEPS, start=1)
    ]
    terminal.table(("", "step", "seen", "measured"), rows)


def _outcome(measured: list[str], number: int) -> tuple[str, str]:
    if number <= len(measured):
        return "yes", measured[number - 1]
    return ("FAILED" if number == len(measured) + 1 else "not run"), ""


def _farewell(bed: Testbed, arguments: argparse.Namespace) -> str:
    if not arguments.keep:
        return "All removed."
    option = "" if bed.name == "demo" else f" --name={bed.name}"
    return _KEPT.format(
        name=bed.name,
        on=f"testbed/on{option} ",
        demo=f"testbed/demo.sh{option}",
        folder=bed.state.folder,
    )


if __name__ == "__main__":
    sys.exit(main())
