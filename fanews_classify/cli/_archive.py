"""``fanews predict FILES --out FOLDER/``: an output for each file, in one process or several."""

from __future__ import annotations

import argparse
import os
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import fanews_classify
from fanews_classify.cli._asking import Ask
from fanews_classify.cli._inputs import Inputs
from fanews_classify.cli._layout import answer_columns, answer_names
from fanews_classify.cli._pieces import File, Piece, cut
from fanews_classify.cli._piecework import Entry, Fault, Finish, Task, Work, worker
from fanews_classify.cli._planning import planned
from fanews_classify.cli._progress import ArchiveProgress
from fanews_classify.cli._run_folder import RunFolder, writable
from fanews_classify.cli._summary import Summary
from fanews_classify.cli._writing import DECIDING
from fanews_classify.errors import CorpusError, WorkerError
from fanews_classify.scale.pool import Pool
from fanews_classify.scale.shipping import Shipped

UNFINISHED: Final = "_unfinished"
"""Folder in the output's: readers of data sets pass over names that begin so."""
_VERSION: Final = 1
_SHOWN: Final = 5  # files told one by one


@dataclass
class _State:
    """How far a file is.

    Attributes
    ----------
    done : dict of int to dict
        What the journal says of each piece.
    consumed : int
        Bytes up to the last of them.
    under_way : int
        Pieces that are given out.
    is_cut : bool
        Whether all pieces were given out.
    is_finished : bool
        Whether the output is there.
    """

    done: dict[int, Entry] = field(default_factory=dict)
    consumed: int = 0
    under_way: int = 0
    is_cut: bool = False
    is_finished: bool = False


class Archive:
    """Files that are answered into a folder.

    Parameters
    ----------
    options : argparse.Namespace
    inputs : Inputs
    ask : Ask

    Attributes
    ----------
    faults : dict of str to str
        What is wrong with files that could not be read to their end.

    Raises
    ------
    ParameterError, CorpusError
        If it cannot be done so; nothing is written then.
    """

    def __init__(self, options: argparse.Namespace, inputs: Inputs, ask: Ask) -> None:
        self._options = options
        self._told = not options.quiet
        self._out = Path(options.out)
        self._files, formats = planned(options, inputs, answer_columns(ask.model))
        self._states = [_State() for _ in self._files]
        self._faults: dict[int, str] = {}
        self._ready: deque[Finish] = deque()
        self._work = Work(
            shipped=Shipped(options.model),
            asked=ask.asked,
            abstain_below=ask.abstain_below,
            reading=inputs.reading,
            base=answer_columns(ask.model),
            formats=formats,
            files=self._files,
            out=self._out,
            folder=self._out / UNFINISHED,
        )

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong with files, by their names."""
        return {str(self._files[i].path): self._faults[i] for i in sorted(self._faults)}

    def write(self) -> Summary:
        """Write all outputs, after what an earlier run has finished.

        Raises
        ------
        CorpusError
            If something cannot be written; what is done is kept.
        """
        with writable(self._out):
            self._out.mkdir(exist_ok=True)
        run = RunFolder(
            self._work.folder, self._out, self._manifest(), restart=self._options.restart
        )
        try:
            if run.is_new:
                self._check_free()
        except BaseException:
            run.discard()
            raise
        try:
            summary = self._resumed(run)
            self._run(run, summary)
        except BaseException as error:
            run.close()
            if isinstance(error, KeyboardInterrupt):
                self._tell(f"stopped; {self._kept()}: the same command goes on after them")
            raise
        if self._faults:
            run.close()
        else:
            run.discard()
        self._tell_names()
        return summary

    def _manifest(self) -> dict[str, Any]:
        options = vars(self._options)
        names = [*DECIDING, "out_format", "save_every"]
        return {
            "version_of_archives": _VERSION,
            "fanews-classify": fanews_classify.__version__,
            "--model": options["model"],
            "SHA-256 of the model": self._work.shipped.digest,
            **{f"--{name.replace('_', '-')}": options[name] for name in names},
            "input": [{"name": os.path.abspath(file.path)} for file in self._files],
        }

    def _check_free(self) -> None:
        there = [file.out for file in self._files if (self._out / file.out).exists()]
        if there and not self._options.overwrite:
            more = f" (and {len(there) - 1:,} more)" if len(there) > 1 else ""
            raise CorpusError(
                f"{self._out / there[0]} is there already{more}; --overwrite replaces it"
            )

    def _resumed(self, run: RunFolder) -> Summary:
        """Take over what an earlier run has done."""
        changed = set()
        for entry in run.entries(self._is_known):
            file, state = self._files[entry["file"]], self._states[entry["file"]]
            if entry["input"] != file.identity:
                changed.add(file.index)
            elif entry.get("finished"):
                state.is_finished = _size(self._out / file.out) == entry["bytes"]
            else:
                state.done[entry["part"]] = entry
        summary = Summary()
        for file, state in zip(self._files, self._states, strict=True):
            if not state.is_finished:
                state.done = {
                    number: entry
                    for number, entry in state.done.items()
                    if _size(self._work.part(file.index, number)) == entry["bytes"]
                }
            summary.merge(state.done.values())
            state.consumed = max((e["consumed"] for e in state.done.values()), default=0)
        summary.before = summary.records
        if changed:
            self._tell(f"changed since then, and done anew: {len(changed):,} of the files")
        if summary.records:
            done = sum(state.is_finished for state in self._states)
            self._tell(
                f"resuming after {summary.records:,} records; "
                f"{done:,} of {len(self._files):,} files are finished"
            )
        return summary

    def _is_known(self, entry: Entry) -> bool:
        """Tell whether an entry is one of ours; what it names is looked for later."""
        part = entry.get("finished") or int(entry["part"]) >= 0
        return bool(part) and 0 <= entry["file"] < len(self._files) and int(entry["bytes"]) >= 0

    def _run(self, run: RunFolder, summary: Summary) -> None:
        total = sum(file.size for file in self._files)
        progress = ArchiveProgress(total, self._consumed(), summary.records, self._told)
        source = self._pieces()
        try:
            with Pool(worker, self._work, self._options.jobs) as pool:
                while True:
                    while pool.has_room and (task := self._next(source)) is not None:
                        pool.submit(task)
                    found = list(pool.done())
                    if not found:
                        return
                    for task, result in found:
                        self._note(run, summary, task, result)
                    progress.show(self._consumed(), summary.records)
        finally:
            progress.close()

    def _next(self, source: Iterator[Piece]) -> Task | None:
        if self._ready:
            return self._ready.popleft()
        piece = next(source, None)
        if piece is None and self._ready:  # the last file had nothing more to answer
            return self._ready.popleft()
        return piece

    def _pieces(self) -> Iterator[Piece]:
        for file in self._files:
            state = self._states[file.index]
            if state.is_finished:
                continue
            try:
                if not file.is_same():
                    raise CorpusError(f"{file.path} was changed; begin anew with --restart")
                reading, most = self._work.reading, self._options.save_every
                for piece in cut(file, reading, most, frozenset(state.done)):
                    if file.index in self._faults:
                        break
                    state.under_way += 1
                    yield piece
            except (CorpusError, OSError) as error:
                self._faults[file.index] = str(error)
                continue
            state.is_cut = True
            self._pass_on(file)

    def _pass_on(self, file: File) -> None:
        """Have the output made if all pieces are answered."""
        state = self._states[file.index]
        if state.is_cut and not state.under_way and file.index not in self._faults:
            columns = [state.done[number]["columns"] for number in range(len(state.done))]
            self._ready.append(Finish(file.index, columns))

    def _note(
        self, run: RunFolder, summary: Summary, task: Task, result: Entry | Fault | Exception
    ) -> None:
        file, state = self._files[task.file], self._states[task.file]
        state.under_way -= isinstance(task, Piece)
        if isinstance(result, WorkerError):
            result = Fault(task.file, str(result))
        if isinstance(result, Fault):
            self._faults.setdefault(task.file, result.message)
            return
        with writable(self._out, lambda: f"; {self._kept()}: give the same command to go on"):
            if isinstance(result, Exception):
                raise result
            if isinstance(task, Piece):
                result = {**result, "consumed": task.consumed}
            run.note({**result, "input": file.identity})
        if isinstance(task, Piece):
            state.done[task.number] = result
            state.consumed = max(state.consumed, task.consumed)
            summary.merge([result])
            self._pass_on(file)
            return
        state.is_finished = True
        for number in state.done:
            with suppress(OSError):
                self._work.part(file.index, number).unlink(missing_ok=True)

    def _consumed(self) -> int:
        """Bytes of the input that are answered, by and large."""
        return sum(
            file.size if state.is_finished else state.consumed
            for file, state in zip(self._files, self._states, strict=True)
        )

    def _kept(self) -> str:
        done = sum(entry["records"] for state in self._states for entry in state.done.values())
        return f"the answers of {done:,} records are kept in {self._work.folder}"

    def _tell_names(self) -> None:
        """Say how the columns of the answer are called where the input has the same names."""
        found = {}
        for file, state in zip(self._files, self._states, strict=True):
            columns = [name for entry in state.done.values() for name in entry["columns"]]
            names = answer_names(self._work.base, [*file.columns, *columns])
            if names[0] != self._work.base[0]:
                found[file.out] = names
        for out, names in list(found.items())[:_SHOWN]:
            self._tell(f"{out}: the answer's columns are {', '.join(names)}")

    def _tell(self, message: str) -> None:
        if self._told:
            print(f"fanews: {message}", file=sys.stderr)


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return -1
