"""Which files an archive has, and what is made of each."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fanews_classify.cli._formats import Format
from fanews_classify.cli._inputs import Inputs
from fanews_classify.cli._pieces import File
from fanews_classify.cli._writing import format_of
from fanews_classify.errors import CorpusError, ParameterError
from fanews_classify.records.kinds import Kind, is_gzip_name, kind_of, suffix_of
from fanews_classify.records.reading import Records

_TEXT: Final = ("record", "text")
_ENDINGS: Final = {"text": ".txt", "json": ".jsonl"}


def is_folder_name(out: str | None) -> bool:
    """Tell whether what ``--out`` names is a folder, or shall become one."""
    return out is not None and (out.endswith(("/", os.sep)) or os.path.isdir(out))


def planned(
    options: argparse.Namespace, inputs: Inputs, base: tuple[str, ...]
) -> tuple[list[File], list[Format]]:
    """Return the files and the formats of their outputs.

    Parameters
    ----------
    options : argparse.Namespace
    inputs : Inputs
    base : tuple of str
        Columns of the answer.

    Raises
    ------
    ParameterError, CorpusError
        If they cannot be answered into a folder.
    """
    paths = [path for path in inputs.paths if path is not None]
    if not inputs.repeatable:
        raise ParameterError(
            f"--out {options.out} is a folder: give the names of files; standard input or a pipe "
            "is written to a file"
        )
    if options.excel:
        raise ParameterError("--excel is for one CSV file, and --out is a folder")
    if inputs.has_whole_texts:
        raise ParameterError(
            f"--out {options.out} is a folder, and each of the .txt files is one text: write "
            "the answers to a file, for instance --out answers.csv, or say that each line is "
            "a text: --lines"
        )
    names = _names(paths, inputs, options.out_format)
    files, formats = [], []
    for index, (path, name) in enumerate(zip(paths, names, strict=True)):
        out = Path(options.out) / name
        if out.exists() and any(out.samefile(given) for given in paths):
            raise ParameterError(f"{out} is a file that is read; give another folder")
        kind = inputs.reading.kind_of(path)
        files.append(_file(index, path, kind, name, inputs))
        formats.append(format_of(options, inputs, out, _written(kind, options.out_format), base))
    return files, formats


def _file(index: int, path: Path, kind: Kind, name: str, inputs: Inputs) -> File:
    about = path.stat()
    with Records(path, inputs.reading) as records:
        table = inputs.table(path, records)
    columns = list(inputs.projection.kept(_TEXT, _TEXT[1:]) if kind == "text" else table.kept)
    return File(index, path, kind, table, columns, name, about.st_size, about.st_mtime_ns)


def _written(kind: Kind, asked: str | None) -> str:
    return asked or ("jsonl" if kind == "json" else kind)


def _names(paths: Sequence[Path], inputs: Inputs, asked: str | None) -> list[str]:
    """Name the outputs as the inputs, from the folder that all have in common."""
    absolute = [Path(os.path.abspath(path)) for path in paths]
    common = os.path.commonpath([path.parent for path in absolute])
    names: dict[str, Path] = {}
    for path, whole in zip(paths, absolute, strict=True):
        kind = inputs.reading.kind_of(path)
        name = _renamed(whole.relative_to(common), kind, _written(kind, asked))
        if name in names:
            raise ParameterError(
                f"{names[name]} and {path} would both be answered in {name}; rename one"
            )
        names[name] = path
    return list(names)


def _renamed(path: Path, kind: Kind, written: str) -> str:
    if _is_kind(path, written) and (kind == written):
        return str(path)
    stem = path.name[:-3] if is_gzip_name(path) else path.name
    suffix = suffix_of(path)
    stem = stem[: len(stem) - len(suffix)] if suffix else stem
    return str(path.with_name(f"{stem}{_ENDINGS.get(written, f'.{written}')}"))


def _is_kind(path: Path, kind: str) -> bool:
    try:
        return kind_of(path) == kind and bool(suffix_of(path))
    except CorpusError:
        return False
