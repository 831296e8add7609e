"""Kinds of files, and how their names tell them."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, get_args

from fanews_classify.errors import CorpusError

Kind = Literal["text", "csv", "tsv", "jsonl", "json", "parquet"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

_BY_SUFFIX: Final[dict[str, Kind]] = {
    "": "text",
    ".txt": "text",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_SHEETS: Final = (".xlsx", ".xls", ".xlsm", ".ods")


def suffix_of(path: Path) -> str:
    """Return the last part of a name in lower case, that of a gzipped file without ``.gz``."""
    return Path(path.name.lower().removesuffix(".gz")).suffix


def is_gzip_name(path: Path) -> bool:
    """Tell whether a name ends with ``.gz``."""
    return path.name.lower().endswith(".gz")


def kind_of(path: Path, what: str = "read") -> Kind:
    """Tell from a name what a file holds.

    Parameters
    ----------
    path : Path
    what : {"read", "written"}
        For the message.

    Raises
    ------
    CorpusError
        If it is none of the kinds.
    """
    suffix = suffix_of(path)
    kind = _BY_SUFFIX.get(suffix)
    if kind is not None:
        return kind
    if what == "read":
        known = ".csv, .tsv, .jsonl, .json, .txt (these also with .gz) and .parquet"
        hint = "save the sheet as «CSV UTF-8»" if suffix in _SHEETS else "or say it with --format"
    else:
        known = ".csv, .tsv, .jsonl, .txt (these also with .gz) and .parquet"
        hint = "take .csv with --excel" if suffix in _SHEETS else "or say it with --out-format"
    raise CorpusError(f"{path}: only {known} can be {what}, not {suffix}; {hint}")
