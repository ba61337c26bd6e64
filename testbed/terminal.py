"""What the demonstration prints."""

from __future__ import annotations

import os
import sys
from typing import Sequence

_RESET = "\x1b[0m"
_STYLES = {"bold": "\x1b[1m", "dim": "\x1b[2m", "green": "\x1b[32m", "red": "\x1b[31m"}
_BAR_CHARACTERS = 30


class Terminal:
    """Plain lines; bold and colours only on a terminal, and not with NO_COLOR."""

    def __init__(self) -> None:
        self._styled = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def style(self, text: str, style: str) -> str:
        return f"{_STYLES[style]}{text}{_RESET}" if self._styled else text

    def title(self, text: str) -> None:
        self.line()
        self.line(self.style(text, "bold"))

    def line(self, text: str = "") -> None:
        print(text, flush=True)

    def say(self, text: str) -> None:
        """One or more lines below a title."""
        for line in text.splitlines():
            self.line(f"  {line}")

    def command(self, text: str) -> None:
        self.say(self.style(f"# {text}", "dim"))

    def holds(self, text: str) -> None:
        self.say(f"{self.style('ok', 'green')}  {text}")

    def fails(self, text: str) -> None:
        self.say(f"{self.style('FAILED', 'red')}  {text}")

    def table(self, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Columns as wide as needed; numbers to the right."""
        cells = [list(header), *([str(cell) for cell in row] for row in rows)]
        widths = [max(map(len, column)) for column in zip(*cells)]
        numeric = [
            all(isinstance(row[i], int) for row in rows) for i in range(len(widths))
        ]
        for row in cells:
            aligned = [
                cell.rjust(width) if number else cell.ljust(width)
                for cell, width, number in zip(row, widths, numeric)
            ]
            self.say("  ".join(aligned).rstrip())


def bar(share: float) -> str:
    """A bar of a part of 1."""
    return "#" * round(share * _BAR_CHARACTERS)
