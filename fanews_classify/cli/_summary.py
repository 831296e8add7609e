"""What a run did, counted and told at its end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from fanews_classify.cli._asking import Answered
from fanews_classify.display import one_line
from fanews_classify.labels import UNKNOWN
from fanews_classify.model.topics import TopicPrediction

_SHOWN: Final = 5  # faults told one by one


class Summary:
    """Counts of records, labels and faults.

    Attributes
    ----------
    records, faulty : int
    before : int
        Records of an earlier run.
    """

    def __init__(self) -> None:
        self._start = time.monotonic()
        self.records = 0
        self.before = 0
        self.faulty = 0
        self._labels: Counter[str] = Counter()
        self._without = 0
        self._faults: list[str] = []

    def add(self, rows: Iterable[Answered]) -> None:
        """Count answers."""
        for record, answer in rows:
            self.records += 1
            if answer is None:
                self.faulty += 1
                if len(self._faults) < _SHOWN:
                    self._faults.append(one_line(f"{record.name}: {record.error}"))
            elif isinstance(answer, TopicPrediction):
                self._labels.update(answer.labels)
                self._without += not answer.labels
            else:
                self._labels[answer.label] += 1

    def to_json(self) -> dict[str, Any]:
        """Return the counts as JSON values."""
        return {
            "records": self.records,
            "faulty": self.faulty,
            "labels": dict(self._labels),
            "without": self._without,
            "faults": self._faults,
        }

    def merge(self, entries: Iterable[dict[str, Any]]) -> None:
        """Add the counts of finished parts."""
        for entry in entries:
            self.records += entry["records"]
            self.faulty += entry["faulty"]
            self._labels.update(entry["labels"])
            self._without += entry["without"]
            self._faults = [*self._faults, *entry["faults"]][:_SHOWN]

    def to_text(self, where: str | None) -> str:
        """Return some lines for a person."""
        seconds = max(time.monotonic() - self._start, 1e-3)
        done = self.records - self.before
        took = f"{_number(done, 'record')} in {seconds:.1f} s"
        if seconds > 1:
            took += f" ({done / seconds:,.0f} a second)"
        if self.before:
            took += f", {self.before:,} by an earlier run"
        lines = [took if where is None else f"wrote {where}: {took}"]
        unknown = self._labels[UNKNOWN]
        counts = [
            f"{label} {count:,}" for label, count in self._labels.most_common() if label != UNKNOWN
        ]
        counts += [f"no label {self._without:,}"] if self._without else []
        counts += [f"{UNKNOWN} {unknown:,}"] if unknown else []
        if counts:
            lines.append(f"  {', '.join(counts)}")
        if self.faulty:
            lines.append(f"  could not be read: {_number(self.faulty, 'record')}")
            lines += [f"    {fault}" for fault in self._faults]
            if self.faulty > len(self._faults):
                lines.append(f"    and {self.faulty - len(self._faults):,} more")
        return "\n".join(lines)


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
