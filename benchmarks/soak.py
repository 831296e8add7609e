"""Soak: mixed load from several threads on models loaded once; memory and answers watched.

    python benchmarks/soak.py [--minutes 30] [--threads 4] [--save]
    python benchmarks/soak.py --plot       only draw the saved figures again
    python benchmarks/soak.py --kept       only what the C library keeps after long texts

Every second the process's memory is read. Every minute all threads are held: memory is
read at rest, and a fixed panel of texts is asked again; single texts of it are asked by
the threads all the time, and any answer that differs is counted. `--save` writes
docs/soak.json and draws docs/pages/assets/soak.svg.
Exit code 1 if memory grows, an answer differs, or a call ends otherwise than it should.
Linux only. It is no measurement of speed: the texts take longer to make than to answer.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import platform
import sys
import threading
import time
from array import array
from pathlib import Path
from typing import Any, Final

import numpy as np
from soak_figures import PLOT, SAVED, draw, thinned, verdict
from soak_load import MODELS, Load, Panel
from soak_texts import Source, invented

import fanews_classify as fc

MINUTE: Final = 60.0
PROCESSES_EVERY: Final = 4  # minutes
COLUMNS: Final = ("seconds", "rss_mb", "own_mb", "threads", "files", "blocks", "calls")
Row = dict[str, float]


class Gate:
    """Lets threads work, or holds all of them between two calls."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._held = 0
        self._shut = False
        self._change = threading.Condition()

    def passed(self) -> None:
        """Wait here while it is shut."""
        with self._change:
            if self._shut:
                self._held += 1
                self._change.notify_all()
                self._change.wait_for(lambda: not self._shut)
                self._held -= 1
                self._change.notify_all()

    def shut(self) -> None:
        """Hold all threads; return when they rest."""
        with self._change:
            self._shut = True
            self._change.wait_for(lambda: self._held == self._threads)

    def open(self) -> None:
        """Let them go on."""
        with self._change:
            self._shut = False
            self._change.notify_all()
            self._change.wait_for(lambda: self._held == 0)


def memory() -> Row:
    """Read what the kernel counts for this process."""
    fields = {"VmRSS:": "rss_mb", "RssAnon:": "own_mb", "Threads:": "threads"}
    found: Row = {}
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        name, *value = line.split()
        if name in fields:
            # The kernel's kB are 1024 bytes.
            found[fields[name]] = float(value[0]) * (1024 / 1e6 if len(value) > 1 else 1.0)
    found["files"] = len(os.listdir("/proc/self/fd"))
    found["blocks"] = sys.getallocatedblocks()
    return found


class _Mallinfo2(ctypes.Structure):
    """What glibc counts, over all its arenas; see mallinfo(3)."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks",
                     "uordblks", "fordblks", "keepcost")
    ]  # fmt: skip


def allocated() -> Row:
    """Return megabytes that the C library has given out, and that it keeps for later.

    The second is what is left of the memory of threads: free, but not the kernel's again.
    """
    try:
        mallinfo2 = ctypes.CDLL("libc.so.6").mallinfo2
    except (OSError, AttributeError):  # another C library, or glibc before 2.33
        return {}
    mallinfo2.restype = _Mallinfo2
    found = mallinfo2()
    return {
        "used_mb": (found.uordblks + found.hblkhd) / 1e6,
        "kept_free_mb": found.fordblks / 1e6,
    }


def trimmed() -> float | None:
    """Give the C library's free memory back; return what remains, in megabytes."""
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):  # another C library
        return None
    return memory()["rss_mb"]


class Soak:
    """A run.

    Attributes
    ----------
    samples : array of float64
        Rows of each second, columns `COLUMNS`: the watching itself makes no objects.
    minutes : list of dict
        At the start and after each minute: the same at rest, objects that the garbage
        collector knows, and answers that differed.
    """

    def __init__(self, threads: int, seed: int) -> None:
        self.invented = invented()
        self.models = {name: fc.load(name) for name in MODELS}
        self.panel = Panel(self.models, self.invented)
        self.load = Load(self.models, self.panel, self.invented)
        self.gate = Gate(threads)
        self.ended = threading.Event()
        self.samples = array("d")
        self.minutes: list[Row] = []
        self.start = time.monotonic()
        self._threads = [
            threading.Thread(target=self._work, args=(seed * 1000 + i,)) for i in range(threads)
        ]
        self._own = Source(self.invented, seed * 1000 + 999)

    def _work(self, seed: int) -> None:
        source = Source(self.invented, seed)
        self.load.do_all(source)  # so that the largest was there in the first minute
        while not self.ended.is_set():
            self.gate.passed()
            self.load.do(source)

    def _sample(self) -> Row:
        calls = sum(self.load.calls.values())
        return {"seconds": time.monotonic() - self.start, **memory(), "calls": calls}

    def _each_second(self) -> None:
        while not self.ended.wait(1.0):
            self.samples.extend(self._sample().values())

    def rows(self) -> list[Row]:
        """Return the samples."""
        values = np.array(self.samples).reshape(-1, len(COLUMNS)).tolist()
        return [dict(zip(COLUMNS, row, strict=True)) for row in values]

    def _at_rest(self) -> Row:
        gc.collect()
        row = {**self._sample(), **allocated(), "objects": len(gc.get_objects())}
        # Not while they work: where threads take turns each small step waits for its turn.
        row["different"] = self.panel.different()
        self.minutes.append(row)
        return row

    def _each_minute(self, number: int) -> None:
        if number % PROCESSES_EVERY == 0:
            self.load.run("in two processes", lambda: self.load.in_processes(self._own))
        self.gate.shut()
        row = self._at_rest()
        self.gate.open()
        print(
            f"minute {number}: {row['calls']:,.0f} calls, at rest {row['rss_mb']:.0f} MB, "
            f"of it in use {row.get('used_mb', 0.0):.1f} MB, "
            f"{row['blocks']:,.0f} blocks, {row['objects']:,.0f} objects; "
            f"{row['different']:.0f} answers differ; {len(self.load.faults)} faults",
            file=sys.stderr, flush=True,
        )  # fmt: skip

    def run(self, minutes: float) -> None:
        """Keep all threads busy for so long."""
        self._at_rest()
        watch = threading.Thread(target=self._each_second)
        for thread in (watch, *self._threads):
            thread.start()
        try:
            for number in range(1, max(int(minutes), 1) + 1):
                wait = self.start + number * min(MINUTE, minutes * MINUTE) - time.monotonic()
                time.sleep(max(wait, 0.0))
                self._each_minute(number)
        finally:
            self.ended.set()
            for thread in (watch, *self._threads):
                thread.join()

    def figures(self) -> dict[str, Any]:
        """Return all that was counted."""
        load, samples = self.load, self.rows()
        return {
            "minutes": round(samples[-1]["seconds"] / MINUTE, 1),
            "threads": len(self._threads),
            "calls": sum(load.calls.values()),
            "texts": sum(load.texts.values()),
            "by_kind": {name: load.calls[name] for name in sorted(load.calls)},
            "panel_texts": len(self.panel.texts),
            "panel_sha256": self.panel.whole(),
            "panel_rounds": len(self.minutes),
            "answers_changed": int(sum(row["different"] for row in self.minutes)),
            "faults": len(load.faults),
            **verdict(samples, self.minutes),
            "rss_mb_at_the_end": round(self.minutes[-1]["rss_mb"], 1),
            "rss_mb_after_malloc_trim": trimmed(),
            "machine": {
                "python": platform.python_version(),
                "numpy": np.__version__,
                "cores": os.cpu_count(),
                "libc": "-".join(platform.libc_ver()),
            },
            "samples": thinned(samples),
            "at_rest": thinned(self.minutes),
        }


def kept_after_long_texts(threads: int) -> dict[str, Row]:
    """Have each thread in turn answer 10 MB, then articles; return memory before and after.

    Run it with and without the environment variables of malloc(3) to see what they do.
    """
    text = invented()
    models = {name: fc.load(name) for name in MODELS}
    load = Load(models, Panel(models, text, count=2), text)
    turn = threading.Barrier(threads)

    def work(number: int) -> None:
        source = Source(text, number)
        for other in range(threads):
            turn.wait()
            if other == number:
                load.tasks["one text of 10 MB"].call(source)
        turn.wait()
        for _ in range(200):
            load.tasks["one article"].call(source)

    def state() -> Row:
        gc.collect()
        found = {"rss_mb": memory()["rss_mb"], **allocated(), "cpu_s": time.process_time()}
        return {name: round(value, 1) for name, value in found.items()}

    before = state()
    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return {"before": before, "after": state()}


def main() -> int:
    """Soak, print, save, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", action="store_true", help="write docs/soak.json, draw the plot")
    parser.add_argument("--plot", action="store_true", help="only draw what was saved")
    parser.add_argument("--kept", action="store_true", help="memory kept after long texts")
    options = parser.parse_args()
    if options.kept:
        print(json.dumps(kept_after_long_texts(options.threads), indent=1))
        return 0
    if options.plot:
        draw(json.loads(SAVED.read_text(encoding="utf-8")), PLOT)
        return 0
    soak = Soak(options.threads, options.seed)
    soak.run(options.minutes)
    figures = soak.figures()
    shown = {name: value for name, value in figures.items() if not isinstance(value, list)}
    print(json.dumps(shown, indent=1))
    for fault in soak.load.faults[:20]:
        print("fault:", fault)
    if options.save:
        SAVED.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        draw(figures, PLOT)
    return int(not figures["passed"] or bool(figures["faults"] or figures["answers_changed"]))


if __name__ == "__main__":
    sys.exit(main())
