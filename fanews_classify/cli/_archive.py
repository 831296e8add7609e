"""``fanews predict FILES --out FOLDER/``: an output for each file, in one process or several."""

from __future__ import annotations

import argparse
import os
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import fanews_classify
from fanews_classify.cli._asking import Ask
from fanews_classify.cli._inputs import Inputs
from fanews_classify.cli._interrupts import check, is_interrupt
from fanews_classify.cli._layout import answer_columns, answer_names
from fanews_classify.cli._pieces import File, Piece, cut
from fanews_classify.cli._piecework import (
    Fault,
    Finish,
    Made,
    Task,
    Work,
    changed,
    worker,
)
from fanews_classify.cli._planning import UNFINISHED, planned
from fanews_classify.cli._progress import ArchiveProgress, say
from fanews_classify.cli._run_folder import RunFolder, writable
from fanews_classify.cli._so_far import SoFar, give_name
from fanews_classify.cli._summary import Summary
from fanews_classify.cli._writing import DECIDING
from fanews_classify.display import one_line
from fanews_classify.errors import CorpusError, FanewsError, WorkerError
from fanews_classify.scale.pool import Pool
from fanews_classify.scale.shipping import Shipped

_VERSION: Final = 2
_SHOWN: Final = 5  # files told one by one


class Archive:
    """Files that are answered into a folder.

    Parameters
    ----------
    options : argparse.Namespace
    inputs : Inputs
    ask : Ask
    shipped : Shipped
        Its model.

    Attributes
    ----------
    faults : dict of str to str
        What is wrong with files that could not be read to their end.

    Raises
    ------
    ParameterError, CorpusError
        If it cannot be done so; nothing is written then.
    """

    def __init__(
        self, options: argparse.Namespace, inputs: Inputs, ask: Ask, shipped: Shipped
    ) -> None:
        self._options = options
        self._told = not options.quiet
        self._out = Path(options.out)
        self._files, formats = planned(options, inputs, answer_columns(ask.model))
        self._faults: dict[int, str] = {}
        self._ready: deque[Finish] = deque()
        self._work = Work(
            shipped=shipped,
            asked=ask.asked,
            abstain_below=ask.abstain_below,
            reading=inputs.reading,
            base=answer_columns(ask.model),
            formats=formats,
            files=self._files,
            out=self._out,
            folder=self._out / UNFINISHED,
        )
        self._so_far = SoFar(self._work)

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong with files, by their names."""
        found = sorted(self._faults.items())
        return {one_line(str(self._files[i].path)): one_line(fault) for i, fault in found}

    def write(self) -> Summary:
        """Write all outputs, after what an earlier run has finished.

        Raises
        ------
        CorpusError
            If something cannot be written; what is done is kept.
        """
        if self._options.restart:
            self._check_free()  # before anything is thrown away
        with writable(self._out):
            self._out.mkdir(exist_ok=True)
        run = RunFolder(
            self._work.folder, self._out, self._manifest(), restart=self._options.restart
        )
        try:
            self._resume(run)
            self._check_free()
        except BaseException:
            if run.is_new:
                run.discard()
            run.close()
            raise
        try:
            self._run(run)
        except BaseException as error:
            run.close()
            if is_interrupt(error):
                self._tell(f"stopped; {self._kept()}: the same command goes on after them")
            raise
        if self._faults:
            run.close()
        else:
            self._settle()
            run.discard()
        self._tell_names()
        return self._so_far.summary

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
        """Raise if an output would take the place of what is no output of this run."""
        there = []
        for file, state in self._so_far:
            out = self._out / file.out
            with writable(out):  # its name may be too long
                is_folder = out.is_dir()
            if is_folder:
                raise CorpusError(f"{out} is a folder; an output of this name cannot be written")
            if not (state.is_finished or state.is_ours) and os.path.lexists(out):
                there.append(out)
        if there and not self._options.overwrite:
            more = f" (and {len(there) - 1:,} more)" if len(there) > 1 else ""
            raise CorpusError(f"{there[0]} is there already{more}; --overwrite replaces it")

    def _resume(self, run: RunFolder) -> None:
        n_changed = self._so_far.resume(run, overwrite=self._options.overwrite)
        if n_changed:
            self._tell(f"changed since then, and done anew: {n_changed:,} of the files")
        records = self._so_far.summary.records
        done = sum(state.is_finished for state in self._so_far.states)
        if records or done:
            self._tell(
                f"resuming after {records:,} records; "
                f"{done:,} of {len(self._files):,} files are finished"
            )
        if faulty := [file.path for file in self._files if file.fault is not None]:
            more = f" and {len(faulty) - 1:,} more" if len(faulty) > 1 else ""
            self._tell(f"{one_line(str(faulty[0]))}{more} cannot be read; now the other files")

    def _run(self, run: RunFolder) -> None:
        total = sum(file.size for file in self._files)
        progress = ArchiveProgress(
            total, self._so_far.consumed, self._so_far.summary.records, self._told
        )
        source = self._pieces()
        try:
            with Pool(worker, self._work, self._options.jobs) as pool:
                while True:
                    while pool.has_room and (task := self._next(source)) is not None:
                        pool.submit(task)
                    check()
                    found = list(pool.done())
                    if not found:
                        return
                    for task, result in found:
                        self._note(run, task, result)
                    progress.show(self._so_far.consumed, self._so_far.summary.records)
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
            state = self._so_far.states[file.index]
            if state.is_finished:
                continue
            n_pieces = 0
            try:
                if file.fault is not None:
                    raise CorpusError(file.fault)
                if not file.is_same():
                    raise CorpusError(changed(file))
                reading, most = self._work.reading, self._options.save_every
                for piece in cut(file, reading, most, state.done):
                    if file.index in self._faults:
                        break
                    n_pieces = piece.number + 1
                    if piece.number not in state.done:
                        state.under_way += 1
                        yield piece
            except (CorpusError, OSError) as error:
                self._faults[file.index] = str(error)
                continue
            state.done = {part: names for part, names in state.done.items() if part < n_pieces}
            state.is_cut = True
            self._pass_on(file)

    def _pass_on(self, file: File) -> None:
        """Have the output made if all pieces are answered."""
        state = self._so_far.states[file.index]
        if state.is_cut and not state.under_way and file.index not in self._faults:
            columns = [state.done[number] for number in range(len(state.done))]
            self._ready.append(Finish(file.index, columns))

    def _note(self, run: RunFolder, task: Task, result: Made | Fault | Exception) -> None:
        file, state = self._files[task.file], self._so_far.states[task.file]
        state.under_way -= isinstance(task, Piece)
        if isinstance(result, Exception):
            result = self._faulty(task, result)
        if isinstance(result, Fault):
            self._faults.setdefault(task.file, result.message)
            return
        with writable(self._out, self._go_on):
            entry = {**result.entry, "input": file.identity}
            if isinstance(task, Piece):
                os.replace(result.temporary, self._work.part(file.index, task.number))
                run.note(entry, at_once=False)
                self._so_far.take(entry)
                self._pass_on(file)
                return
            # Noted before it gets its name: what has the name without a note is not ours.
            joined = self._work.joined(file.index)
            os.replace(result.temporary, joined)
            run.note(entry, at_once=False)
            give_name(joined, self._out / file.out)
        state.is_finished = True
        self._so_far.advance(state, file.size)
        for number in state.done:
            with suppress(OSError):
                self._work.part(file.index, number).unlink(missing_ok=True)
        state.done = dict(enumerate(dict.fromkeys(state.done.values())))

    def _faulty(self, task: Task, error: Exception) -> Fault:
        """Return what is wrong with one file; raise what is wrong with all of them."""
        if isinstance(error, WorkerError):
            return Fault(task.file, str(error))
        if isinstance(error, FanewsError):
            raise error
        with writable(self._out, self._go_on):
            if isinstance(error, OSError):
                raise error
        return Fault(task.file, f"it failed with {type(error).__name__}: {error}")

    def _settle(self) -> None:
        """Have the names of the outputs on the disk before the journal is thrown away."""
        for folder in {(self._out / file.out).parent for file in self._files}:
            with suppress(OSError):  # not all systems open a folder
                opened = os.open(folder, os.O_RDONLY)
                try:
                    os.fsync(opened)
                finally:
                    os.close(opened)

    def _go_on(self) -> str:
        return f"; {self._kept()}: give the same command to go on"

    def _kept(self) -> str:
        done = self._so_far.summary.records
        return f"the answers of {done:,} records are kept in {self._work.folder}"

    def _tell_names(self) -> None:
        """Say how the columns of the answer are called where the input has the same names."""
        found = {}
        for file, state in self._so_far:
            columns = {name: None for part in state.done.values() for name in part}
            names = answer_names(self._work.base, [*file.columns, *columns])
            if names[0] != self._work.base[0]:
                found[file.out] = names
        for out, names in list(found.items())[:_SHOWN]:
            self._tell(f"{one_line(out)}: the answer's columns are {', '.join(names)}")
        if len(found) > _SHOWN:
            self._tell(f"so are those of {len(found) - _SHOWN:,} more files")

    def _tell(self, message: str) -> None:
        if self._told:
            say(message)
