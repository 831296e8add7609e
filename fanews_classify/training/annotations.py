"""Labels of documents: those that files give, checked, and joined with the corpora."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fanews_classify.errors import CorpusError
from fanews_classify.labels import english_hint
from fanews_classify.training.recipe import Annotations, Recipe
from fanews_classify.training.records import read_records

Label = str | tuple[str, ...]
"""One label, or a tuple of all that a text has."""

_SEPARATOR: Final = ";"


@dataclass
class Entry:
    """What one line of an annotation file says of one document."""

    kind: Annotations
    record: Mapping[str, Any]
    where: str
    labels: list[tuple[Label, str]] = field(default_factory=list)


def labels_of(recipe: Recipe, raw: Any, target: str, where: str) -> list[tuple[Label, str]]:
    """Return the (label, target) pairs that a value gives.

    Parameters
    ----------
    recipe : Recipe
    raw : object
        One label; for several labels a list, an object whose keys they are, or
        text with ``;`` between; for stance also an object of target to label.
    target : str
        The target of a single stance, or ``""`` if it has none.
    where : str
        File and line, for errors.

    Returns
    -------
    list of (label, target)
        More than one for the stances of one text; none where there is no label.

    Raises
    ------
    CorpusError
        If a label or target is not one of the recipe's.
    """
    found: list[tuple[Label, str]]
    if recipe.task == "multi-label":
        names = raw.split(_SEPARATOR) if isinstance(raw, str) else raw
        if not isinstance(names, list | tuple | dict):
            raise CorpusError(f"{where}: {raw!r} is no list of labels")
        found = [(tuple(sorted({str(name).strip() for name in names} - {""})), "")]
    elif recipe.task == "stance" and isinstance(raw, dict):
        found = [(str(label), str(name)) for name, label in sorted(raw.items())]
    else:
        found = [(str(raw).strip(), target.strip())]
    for label, name in found:
        for one in label if isinstance(label, tuple) else (label,):
            if recipe.labels and one not in recipe.labels:
                hint = english_hint(one, recipe.labels)
                raise CorpusError(
                    f"{where}: the label {one!r} is none of {list(recipe.labels)}{hint}"
                )
        if recipe.targets and name and name not in recipe.targets:
            raise CorpusError(f"{where}: the target {name!r} is none of {list(recipe.targets)}")
    return found


def read_annotations(
    recipe: Recipe, data: Path, read: Callable[[Path], None], missing: list[str]
) -> dict[str, dict[str, list[Entry]]]:
    """Read the recipe's annotation files: corpus to document id to its entries.

    Parameters
    ----------
    recipe : Recipe
    data : Path
        Folder of the files.
    read : callable
        Told of each file read.
    missing : list of str
        Gets the names of files that are not there.

    Raises
    ------
    CorpusError
        For a line that lacks a field, has an unknown label, or says again or
        otherwise what an earlier one said of the same document.
    """
    wanted: dict[str, dict[str, list[Entry]]] = {}
    for kind in recipe.annotations:
        path = data / kind.path
        if not path.is_file():
            missing.append(path.name)
            continue
        seen: dict[tuple[str, str, str], str] = {}
        for entry in _entries(recipe, kind, path):
            corpus, identifier = str(entry.record["corpus"]), str(entry.record["id"])
            key = (corpus, identifier, str(entry.record.get("start", "")))
            if key in seen:
                raise CorpusError(
                    f"{entry.where}: {corpus}/{identifier} has labels already in {seen[key]}"
                )
            seen[key] = entry.where
            before = wanted.setdefault(corpus, {}).setdefault(identifier, [])
            if kind.span or not any(_settle(entry, other) for other in before):
                before.append(entry)
        read(path)
    return wanted


def _entries(recipe: Recipe, kind: Annotations, path: Path) -> Iterator[Entry]:
    for number, record in read_records(path):
        where = f"{path}, line {number}"
        needed = ("corpus", "id", kind.label, *(("start", "end") if kind.span else ()))
        lacking = [key for key in needed if record.get(key) in (None, "")]
        if lacking:
            raise CorpusError(f"{where}: {lacking[0]!r} is missing")
        labels = labels_of(recipe, record[kind.label], str(record.get("target") or ""), where)
        yield Entry(kind, record, where, labels)


def _settle(entry: Entry, other: Entry) -> bool:
    """Tell whether an entry repeats one of another file; refuse one that contradicts it."""
    if other.kind.span:
        return False
    if entry.labels == other.labels:
        return True
    said = {target: label for label, target in other.labels}
    for label, target in entry.labels:
        if said.get(target, label) != label:
            raise CorpusError(
                f"{entry.where}: {entry.record['corpus']}/{entry.record['id']} has two labels, "
                f"{label!r} and in {other.where} {said[target]!r}"
            )
    return False
