"""The printed result of a benchmark."""

from __future__ import annotations

import json
import statistics
from typing import Mapping, Sequence


def print_table(unit: str, samples: Mapping[str, Sequence[float]]) -> None:
    """A line a case: minimum, median and maximum of its rounds."""
    width = max(len(case) for case in samples)
    print(f"{'':{width}}  {'min':>9}  {'median':>9}  {'max':>9}  {unit}")
    for case, values in samples.items():
        low, middle, high = min(values), statistics.median(values), max(values)
        print(f"{case:{width}}  {low:9.2f}  {middle:9.2f}  {high:9.2f}")


def print_json(unit: str, samples: Mapping[str, Sequence[float]]) -> None:
    """One object on one line: {case: {"min": .., "median": .., "max": ..}}."""
    print(
        json.dumps(
            {
                case: {
                    "unit": unit,
                    "rounds": len(values),
                    "min": round(min(values), 3),
                    "median": round(statistics.median(values), 3),
                    "max": round(max(values), 3),
                }
                for case, values in samples.items()
            }
        )
    )
