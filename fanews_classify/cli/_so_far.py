"""How far an archive is, also after a run that was killed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fanews_classify.cli._pieces import File
from fanews_classify.cli._piecework import Entry, Work, is_whole
from fanews_classify.cli._run_folder import RunFolder, has_counts, is_count, parsed, stamp, writable
from fanews_classify.cli._summary import Summary

FINISHED: Final = -1
"""Stands for the output, where else the number of a piece is."""


@dataclass
class State:
    """How far a file is.

    Attributes
    ----------
    done : dict of int to tuple of str
        Columns of the input that each finished piece has.
    consumed : int
        Bytes up to the last of them.
    under_way : int
        Pieces that are given out.
    is_cut : bool
        Whether all pieces were given out.
    is_finished : bool
        Whether the output is there.
    is_ours : bool
        Whether what stands in its place was made by this run or an earlier one.
    """

    done: dict[int, tuple[str, ...]] = field(default_factory=dict)
    consumed: int = 0
    under_way: int = 0
    is_cut: bool = False
    is_finished: bool = False
    is_ours: bool = False


class SoFar:
    """How far an archive is.

    Parameters
    ----------
    work : Work

    Attributes
    ----------
    states : list of State
        Of each file.
    summary : Summary
    consumed : int
        Bytes of the input that are answered, by and large.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self.states = [State() for _ in work.files]
        self.summary = Summary()
        self.consumed = 0
        self._columns: dict[tuple[str, ...], tuple[str, ...]] = {}  # one of equal ones is held

    def __iter__(self) -> Iterator[tuple[File, State]]:
        return zip(self._work.files, self.states, strict=True)

    def resume(self, run: RunFolder, *, overwrite: bool) -> int:
        """Take over what an earlier run has done; return how many files were changed since."""
        lines = _latest(run.lines(), len(self._work.files))
        stale = self._take_finished(lines, overwrite)
        kept = []
        for (index, part), line in list(lines.items()):
            if part == FINISHED:
                continue
            entry, state = parsed(line) or {}, self.states[index]
            path = self._work.part(index, part)
            if entry["input"] != self._work.files[index].identity:
                if not state.is_finished:
                    stale.add(index)
                del lines[index, part]
            elif state.is_finished or is_whole(path, entry):
                kept.append(path.name)
                self.take(entry)
            else:
                del lines[index, part]
        run.rewrite(lines.values())
        run.tidy(kept)
        self.summary.before = self.summary.records
        return len(stale)

    def _take_finished(self, lines: dict[tuple[int, int], bytes], overwrite: bool) -> set[int]:
        """Take over outputs; return the files that were changed since."""
        stale = set()
        for file, state in self:
            entry = parsed(lines.get((file.index, FINISHED), b""))
            if entry is None:
                continue
            out, joined = self._work.out / file.out, self._work.joined(file.index)
            made = entry["bytes"], entry["made"]
            state.is_ours = stamp(out) == made
            # Of a run that was killed just before it gave the output its name.
            waiting = not state.is_ours and stamp(joined) == made
            if entry["input"] != file.identity:
                stale.add(file.index)
            elif state.is_ours:
                state.is_finished = True
            elif waiting and (overwrite or not os.path.lexists(out)):
                with writable(self._work.out):
                    give_name(joined, out)
                state.is_finished = True
            if state.is_finished:
                self.advance(state, file.size)
        return stale

    def take(self, entry: Entry) -> None:
        """Count a piece that is done."""
        state = self.states[entry["file"]]
        columns = tuple(entry["columns"])
        state.done[entry["part"]] = self._columns.setdefault(columns, columns)
        self.summary.merge([entry])
        self.advance(state, min(entry["consumed"], self._work.files[entry["file"]].size))

    def advance(self, state: State, consumed: int) -> None:
        """Count bytes of the input."""
        self.consumed += max(consumed - state.consumed, 0)
        state.consumed = max(consumed, state.consumed)


def _latest(lines: Iterable[bytes], n_files: int) -> dict[tuple[int, int], bytes]:
    """Return the last line about each piece and each output.

    What is no entry of ours, or was damaged, is left out. What is held of each is its line,
    which is smaller than the objects in it.

    Parameters
    ----------
    lines : iterable of bytes
    n_files : int

    Returns
    -------
    dict of (int, int) to bytes
        By the file and the number of the piece, or `FINISHED`.
    """
    found: dict[tuple[int, int], bytes] = {}
    for line in lines:
        entry = parsed(line)
        if entry is not None and _is_ours(entry) and entry["file"] < n_files:
            key = entry["file"], FINISHED if "finished" in entry else entry["part"]
            found.pop(key, None)
            found[key] = line
    return found


def _is_ours(entry: dict[str, Any]) -> bool:
    identity = entry.get("input")
    if not (
        isinstance(identity, list) and len(identity) == 2 and set(map(type, identity)) == {int}
    ):
        return False
    if "finished" in entry:
        names = ["file", "bytes", "made"]
    else:
        names = ["file", "bytes", "part", "crc", "consumed"]
        if not has_counts(entry):
            return False
    return all(is_count(entry.get(name)) for name in names)


def give_name(joined: Path, out: Path) -> None:
    """Put an output where it belongs."""
    out.parent.mkdir(parents=True, exist_ok=True)
    os.replace(joined, out)
