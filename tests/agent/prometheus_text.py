"""A strict reader of Prometheus' text format, version 0.0.4.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

import re

_NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
_HELP = re.compile(rf"# HELP ({_NAME}) \S.*")
_TYPE = re.compile(rf"# TYPE ({_NAME}) (counter|gauge)")
_SAMPLE = re.compile(rf"({_NAME})(?:{{({_LABEL}(?:,{_LABEL})*)}})? (\S+)")

# A sample's metric and labels as they stand: 'up{job="a",instance="b"}'.
Samples = dict[str, float]


def parse(text: str) -> Samples:
    """The samples of counters and gauges.

    Stricter than the format: each metric has HELP, then TYPE, then its samples,
    all in one place, and counters are called _total and are not negative.
    Raises ValueError with the line that is wrong.
    """
    if text and not text.endswith("\n"):
        raise ValueError("the last line does not end")
    reader = _Reader()
    for line in text.splitlines():
        if not reader.read(line):
            raise ValueError(f"not expected here: {line}")
    return reader.samples


class _Reader:
    def __init__(self) -> None:
        self.samples: Samples = {}
        self._seen: set[str] = set()  # metrics
        self._metric = ""  # whose HELP came last
        self._type = ""

    def read(self, line: str) -> bool:
        """Whether this line may follow those before."""
        if found := _HELP.fullmatch(line):
            return self._begin(found[1])
        if found := _TYPE.fullmatch(line):
            return self._set_type(found[1], found[2])
        found = _SAMPLE.fullmatch(line)
        return bool(found) and self._add(found[1], found[2] or "", found[3])

    def _begin(self, metric: str) -> bool:
        known = metric in self._seen
        self._seen.add(metric)
        self._metric, self._type = metric, ""
        return not known

    def _set_type(self, metric: str, type_name: str) -> bool:
        expected = metric == self._metric and not self._type
        self._type = type_name
        return expected and metric.endswith("_total") == (type_name == "counter")

    def _add(self, metric: str, labels: str, value_text: str) -> bool:
        key = f"{metric}{{{labels}}}" if labels else metric
        try:
            value = float(value_text)
        except ValueError:
            return False
        if key in self.samples or metric != self._metric or not self._type:
            return False
        self.samples[key] = value
        return self._type != "counter" or value >= 0
