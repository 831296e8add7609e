"""Answers written to a file, part by part."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import fanews_classify
from fanews_classify.cli._arrow import ParquetFormat
from fanews_classify.cli._asking import Answered, Ask, answered, weight
from fanews_classify.cli._formats import CsvFormat, Format, JsonFormat, Packing, Part, TextFormat
from fanews_classify.cli._inputs import Inputs
from fanews_classify.cli._interrupts import check, is_interrupt
from fanews_classify.cli._layout import answer_columns, answer_names
from fanews_classify.cli._parts import Parts, is_made
from fanews_classify.cli._progress import Progress, is_terminal, say
from fanews_classify.cli._summary import Summary
from fanews_classify.errors import CorpusError, ParameterError
from fanews_classify.records.kinds import is_gzip_name, kind_of, suffix_of
from fanews_classify.records.parquet import arrow

KINDS: Final = ("text", "csv", "tsv", "jsonl", "parquet")
_CHARACTERS: Final = 1 << 25  # of a part, which is held at once
DECIDING: Final = (
    "column lines whole format encoding delimiter keep drop_text excel target claim abstain_below"
).split()
"""Options that decide what is written."""


class Writer:
    """The file that ``--out`` names.

    Parameters
    ----------
    options : argparse.Namespace
    inputs : Inputs
    ask : Ask
    digest : str
        SHA-256 of the model's file.

    Raises
    ------
    ParameterError, CorpusError
        If it cannot be written so.
    MissingExtraError
        For Parquet without pyarrow.
    """

    def __init__(self, options: argparse.Namespace, inputs: Inputs, ask: Ask, digest: str) -> None:
        self._options, self._inputs, self._ask = options, inputs, ask
        self._digest = digest
        self._told = not options.quiet
        self._shown = Path(options.out)
        self._kind = _kind(options)
        self._out = _checked(self._shown, inputs)
        # An output of this command, killed just after it was made, is no hindrance; whether it
        # is one is known when its folder is locked.
        if options.restart or not is_made(self._out):
            self._check_free()
        self._base = answer_columns(ask.model)
        self._format = format_of(options, inputs, self._out, self._kind, self._base)

    def write(self) -> Summary:
        """Write all answers, after those that an earlier run has finished.

        Raises
        ------
        CorpusError
            If something cannot be read or written.
        """
        parts = Parts(
            self._out,
            self._manifest(),
            restart=self._options.restart,
            resumable=self._inputs.repeatable,
        )
        summary = Summary()
        summary.merge(parts.entries)
        summary.before = summary.records
        if parts.is_made:
            self._tell(f"an earlier run has written {self._shown}, and was stopped after that")
            parts.discard()
            return summary
        columns = parts.entries[-1]["columns"] if parts.entries else self._inputs.columns
        try:
            self._check_free()
            self._add(parts, summary, list(columns))
            columns = parts.entries[-1]["columns"] if parts.entries else self._inputs.columns
            done = [Part(parts.path(i), e["columns"]) for i, e in enumerate(parts.entries)]
            parts.finish(lambda file: self._format.join(done, columns, file))
        except BaseException as error:
            self._leave(parts, stopped=is_interrupt(error))
            raise
        names = answer_names(self._base, columns)
        if names[0] != self._base[0] and self._kind != "text":
            self._tell(f"the input has columns named as the answer's: these are {', '.join(names)}")
        return summary

    def _check_free(self) -> None:
        if not self._options.overwrite and self._out.exists():
            raise CorpusError(f"{self._shown} is there already; --overwrite replaces it")

    def _add(self, parts: Parts, summary: Summary, columns: list[str]) -> None:
        inputs = self._inputs
        if summary.records:
            self._tell(f"resuming after {summary.records:,} records")
        elif not inputs.repeatable:
            self._tell("standard input or a pipe cannot be resumed: if this is stopped, begin anew")
        values = self._kind != "text"
        records = inputs.records(values=values, arrow=self._kind == "parquet")
        progress = Progress(inputs, self._told and is_terminal(sys.stderr))
        progress.count(summary.records)
        for _ in islice(records, summary.records):
            pass
        stream = answered(records, self._ask, jobs=self._options.jobs)
        try:
            while rows := list(self._part(stream, progress)):
                counted = Summary()
                counted.add(rows)
                data = self._format.encode(rows, columns)
                parts.add(data, {**counted.to_json(), "columns": list(columns)})
                summary.merge([parts.entries[-1]])
        finally:
            progress.close()

    def _part(self, stream: Iterator[Answered], progress: Progress) -> Iterator[Answered]:
        size = 0
        for row in islice(stream, self._options.save_every):
            check()
            yield row
            progress.count()
            size += weight(row[0])
            if size >= _CHARACTERS:
                return

    def _leave(self, parts: Parts, *, stopped: bool) -> None:
        """Keep what is finished, if the same command can go on after it."""
        if not parts.entries or not self._inputs.repeatable:
            parts.discard()
            return
        parts.close()
        if stopped:
            done = sum(entry["records"] for entry in parts.entries)
            self._tell(
                f"stopped; the answers of {done:,} records are kept in "
                f"{self._shown}.part: the same command goes on after them"
            )

    def _manifest(self) -> dict[str, Any]:
        options = vars(self._options)
        return {
            "fanews-classify": fanews_classify.__version__,
            "--model": options["model"],
            "SHA-256 of the model": self._digest,
            "output": self._kind,
            **{f"--{name.replace('_', '-')}": options[name] for name in DECIDING},
            "input": self._inputs.described(),
        }

    def _tell(self, message: str) -> None:
        if self._told:
            say(message)


def format_of(
    options: argparse.Namespace, inputs: Inputs, out: Path, kind: str, base: tuple[str, ...]
) -> Format:
    """Return how a file is written.

    Raises
    ------
    MissingExtraError
        For Parquet without pyarrow: now, not after an hour.
    """
    packing = Packing(is_gzip_name(out))
    if kind == "text":
        return TextFormat(base, packing)
    if kind == "jsonl":
        return JsonFormat(base, packing)
    if kind == "parquet":
        arrow("writing Parquet files")
        return ParquetFormat(base, options.keep is None and not options.drop_text)
    comma = "\t" if kind == "tsv" else inputs.reading.delimiter or ","
    return CsvFormat(base, packing, comma, options.excel)


def _kind(options: argparse.Namespace) -> str:
    """Return the kind of the output; raise if the options do not fit to it."""
    out = Path(options.out)
    kind: str | None = options.out_format
    if kind is None:
        if not suffix_of(out):
            raise ParameterError(f"--out {out} has no ending such as .csv; give --out-format")
        kind = kind_of(out, "written")
    if kind == "json":
        raise ParameterError(f"--out {out}: JSON is written as lines; call it .jsonl")
    if kind == "parquet" and is_gzip_name(out):
        raise ParameterError(f"--out {out}: Parquet is compressed within; leave out .gz")
    if options.excel and kind != "csv":
        raise ParameterError(f"--excel is for .csv, and --out {out} is {kind}")
    if options.json and kind != "jsonl":
        raise ParameterError(f"--json is for standard output, and --out {out} is {kind}")
    return kind


def _checked(out: Path, inputs: Inputs) -> Path:
    """Return the file itself, not a link to it; raise if it can be no output."""
    path = Path(os.path.realpath(out))
    if not path.parent.is_dir():
        raise CorpusError(f"cannot write {out}: there is no folder {path.parent}")
    if path.is_dir():
        raise CorpusError(f"cannot write {out}: it is a folder")
    if not path.exists():
        return path
    if not path.is_file():
        raise ParameterError(
            f"--out {out} is no file; without --out the answers go to standard output"
        )
    if any(given is not None and path.samefile(given) for given in inputs.paths):
        raise ParameterError(f"--out {out} is a file that is read; give another name")
    return path
