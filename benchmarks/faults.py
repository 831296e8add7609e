"""Run the tests of faults, and note what each did and lost: docs/faults.json.

    python benchmarks/faults.py            every test that tells of a fault, the long ones too
    python benchmarks/faults.py --short    the tests of the default suite only

A test tells with `told` of tests/faults.py. figures.py makes the table.
"""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "faults.json"


class Listener:
    """Collects what tests tell, and what did not run or failed."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.failed: list[str] = []
        self.skipped: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the tests that tell nothing."""
        items[:] = [
            item for item in items if "record_property" in getattr(item, "fixturenames", ())
        ]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect."""
        name = report.nodeid.rpartition("/")[2].partition("[")[0]
        if report.failed:
            self.failed.append(report.nodeid)
        elif report.skipped and name not in self.skipped:
            self.skipped.append(name)
        elif report.when == "call":
            self.told += [
                {**found, "test": name} for key, found in report.user_properties if key == "fault"
            ]


def rows(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add up what is told of the same fault."""
    made: dict[str, dict[str, Any]] = {}
    for one in told:
        row = made.setdefault(one["fault"], {**one, "times": 0, "lost": 0, "changed": 0})
        for key in ("times", "lost", "changed"):
            row[key] += int(one[key])
    return list(made.values())


def main() -> int:
    """Run the tests, write what they tell."""
    files = sorted(
        str(path)
        for path in (ROOT / "tests").glob("test_*.py")
        if "from faults import" in path.read_text(encoding="utf-8")
    )
    chosen = "not slow" if "--short" in sys.argv else "slow or not slow"
    listener = Listener()
    code = pytest.main(["-q", "-p", "no:cacheprovider", "-m", chosen, *files], plugins=[listener])
    if listener.failed:
        print("nothing written, failed:", *listener.failed, sep="\n  ")
        return int(code) or 1
    found = {
        "python": platform.python_version(),
        "system": platform.system(),
        "chosen": chosen,
        "skipped": listener.skipped,
        "faults": rows(listener.told),
    }
    OUT.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{len(found['faults'])} faults written to {OUT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
