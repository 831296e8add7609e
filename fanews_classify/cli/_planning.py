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

UNFINISHED: Final = "_unfinished"
"""Folder in the output's: readers of data sets pass over names that begin so."""
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
    if options.json and options.out_format != "jsonl":
        raise ParameterError(
            f"--json is for standard output, and --out {options.out} is a folder; for JSON lines "
            "there say --out-format jsonl"
        )
    if not (above := Path(options.out).absolute().parent).is_dir():
        raise CorpusError(f"cannot write {options.out}: there is no folder {above}")
    names = _names(paths, inputs, options.out_format)
    _check_places(Path(options.out), names, paths)
    files, formats = [], []
    for index, (path, name) in enumerate(zip(paths, names, strict=True)):
        out = Path(options.out) / name
        kind = inputs.reading.kind_of(path)
        files.append(_file(index, path, kind, name, inputs))
        formats.append(format_of(options, inputs, out, _written(kind, options.out_format), base))
    if files[0].fault is not None and all(file.fault for file in files):
        raise CorpusError(files[0].fault)
    return files, formats


def _file(index: int, path: Path, kind: Kind, name: str, inputs: Inputs) -> File:
    table, kept, about, fault = inputs.looked[path]
    size, changed = about.st_size, about.st_mtime_ns
    return File(index, path, kind, table, list(kept), name, size, changed, fault)


def _written(kind: Kind, asked: str | None) -> str:
    return asked or ("jsonl" if kind == "json" else kind)


def _names(paths: Sequence[Path], inputs: Inputs, asked: str | None) -> list[str]:
    """Name the outputs as the inputs, from the folder that all have in common."""
    absolute = [Path(os.path.abspath(path)) for path in paths]
    common = os.path.commonpath([path.parent for path in absolute])
    names: dict[str, Path] = {}
    seen: dict[Path, Path] = {}
    for path, whole in zip(paths, absolute, strict=True):
        if whole in seen:
            raise ParameterError(f"{seen[whole]} and {path} are the same file; name it once")
        seen[whole] = path
        kind = inputs.reading.kind_of(path)
        name = _renamed(whole.relative_to(common), kind, _written(kind, asked))
        if name in names:
            raise ParameterError(
                f"{names[name]} and {path} would both be answered in {name}; rename one"
            )
        names[name] = path
    return list(names)


def _check_places(folder: Path, names: Sequence[str], paths: Sequence[Path]) -> None:
    """Raise if an output cannot be where it should, or would be where something else is."""
    unfinished = os.path.realpath(folder / UNFINISHED)
    for path in paths:
        if os.path.realpath(path).startswith(unfinished + os.sep):
            raise ParameterError(f"{path} is a part of an unfinished run; leave it out")
    given = {_identity(path) for path in paths}
    outputs = {folder / name for name in names}
    folders = {parent for name in names for parent in Path(name).parents}
    if Path(UNFINISHED) in folders:
        raise ParameterError(f"a folder named {UNFINISHED} cannot be answered; rename it")
    for one in (folder / parent for parent in folders):
        if one in outputs or (os.path.lexists(one) and not one.is_dir()):
            raise ParameterError(f"{one} has to be a folder for the outputs, and it is a file")
    for out in outputs:
        try:
            about = out.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:  # for instance too long a name
            raise CorpusError(f"cannot write {out}: {error.strerror or error}") from error
        if (about.st_dev, about.st_ino) in given:
            raise ParameterError(f"{out} is a file that is read; give another folder")


def _identity(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_dev, about.st_ino


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
