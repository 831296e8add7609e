"""Reading of labelled documents: corpora, annotations, and a user's own files."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from fanews_classify.errors import CorpusError, InputTypeError
from fanews_classify.training.annotations import Entry, Label, labels_of, read_annotations
from fanews_classify.training.recipe import Recipe, Source
from fanews_classify.training.records import read_records

CORPORA_VARIABLE: Final = "FANEWS_CORPORA"
_TEXT_NAMES: Final[tuple[str, ...]] = ("text", "body", "content", "متن", "متن خبر")
_LABEL_NAMES: Final[tuple[str, ...]] = ("label", "category", "section", "class", "برچسب")


@dataclass(frozen=True, slots=True)
class Document:
    """One labelled text."""

    text: str
    label: Label
    source: str
    weight: float
    judged: bool
    key: str
    year: str = ""
    chosen_by: str = ""
    unsure: bool = False
    target: str = ""
    file: str = ""
    date: str = ""


@dataclass
class Dataset:
    """Documents, and what they were read from.

    Attributes
    ----------
    documents : list of Document
    unlabelled : list of (str, str)
        Text and outlet of documents that only lend their words.
    digests : dict of str to str
        SHA-256 of each file read, by its name.
    missing : list of str
        Corpora that were not found; what stands in them was left out.
    """

    documents: list[Document] = field(default_factory=list)
    unlabelled: list[tuple[str, str]] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def find_corpora(folder: str | os.PathLike[str] | None = None) -> Path | None:
    """Folder of the corpora: the given one, else ``$FANEWS_CORPORA``, else none."""
    chosen = folder or os.environ.get(CORPORA_VARIABLE) or None
    if chosen is None:
        return None
    path = Path(chosen)
    if not path.is_dir():
        raise CorpusError(f"there is no folder of corpora {path}")
    return path


def listed_files(files: Any) -> list[Path]:
    """Return files as paths, one file as well.

    Raises
    ------
    InputTypeError
        For what is no name of a file, such as a table.
    """
    if isinstance(files, str | os.PathLike):
        files = [files]
    table = hasattr(files, "columns") or not isinstance(files, Iterable)
    for file in [files] if table else files:
        if not isinstance(file, str | os.PathLike):
            raise InputTypeError(
                f"a file is expected, got {type(file).__name__}; write texts and labels to a "
                ".csv or .jsonl file first"
            )
    return [Path(file) for file in files]


def document_text(record: Mapping[str, Any], columns: str = "title+body") -> str:
    """Join the text columns of a record by line ends."""
    return "\n".join(str(record[name]) for name in columns.split("+") if record.get(name)).strip()


def collect(
    recipe: Recipe,
    *,
    data: Path,
    corpora: Path | None,
    files: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
) -> Dataset:
    """Read all documents of a recipe and of a user's own files.

    Parameters
    ----------
    recipe : Recipe
    data : Path
        Folder of the recipe's own files.
    corpora : Path or None
        Folder of the corpora. Without it, what stands there is left out and
        named in `Dataset.missing`. If that leaves no document to be judged,
        scores are computed on all others.
    files : path-like or sequence of path-like
        CSV or JSON-lines files with a text and a label column.

    Raises
    ------
    CorpusError
        If no document is left, a line is faulty, a label is not the recipe's,
        or a document has two different labels.
    InputTypeError
        As `listed_files`.
    """
    dataset = Dataset()
    for file in listed_files(files):
        dataset.documents.extend(read_labelled(file, recipe))
        _digest(dataset, file)
    for source in recipe.sources:
        _read_source(dataset, recipe, source, corpora if source.corpus else data)
    if recipe.annotations:
        _join(dataset, recipe, data, corpora)
    for corpus in recipe.unlabelled:
        _read_unlabelled(dataset, recipe, corpus, corpora)
    if not dataset.documents:
        raise CorpusError(
            "no labelled document was found; give a folder of corpora or a file of your own"
        )
    if not any(document.judged for document in dataset.documents):
        # Without the corpora only what else is there can tell how good the model is.
        dataset.documents = [replace(document, judged=True) for document in dataset.documents]
    return dataset


def _digest(dataset: Dataset, path: Path) -> None:
    dataset.digests[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()


def read_labelled(path: Path, recipe: Recipe) -> Iterator[Document]:
    """Yield the documents of a file with a text and a label column.

    Stances have a column ``target`` as well; ``source`` and ``date`` may be
    there. A text with several labels has ``;`` between them.

    Raises
    ------
    CorpusError
        For a file or line that cannot be read, or columns that cannot be told.
    """
    columns: tuple[str, str] | None = None
    for number, record in read_records(path):
        if columns is None:
            columns = _guess_columns(list(record), path)
        where = f"{path}, line {number}"
        text, raw = (record.get(name) for name in columns)
        several = recipe.task == "multi-label"
        if not isinstance(text, str) or raw is None or (str(raw).strip() == "" and not several):
            raise CorpusError(f"{where}: text or label is missing")
        target = str(record.get("target") or "")
        if recipe.task == "stance" and not target and not isinstance(raw, dict):
            raise CorpusError(f"{where}: 'target' is missing; it says what the stance is about")
        for label, name in labels_of(recipe, raw, target, where):
            yield Document(
                text=text,
                label=label,
                source=str(record.get("source") or ""),
                weight=1.0,
                judged=True,
                key=f"{path.name}:{number}",
                target=name,
                date=str(record.get("date") or ""),
            )
    if columns is None:
        raise CorpusError(f"{path} holds no record")


def _guess_columns(names: list[str], path: Path) -> tuple[str, str]:
    folded: dict[str, str] = {}
    for name in names:
        folded.setdefault(name.strip().casefold(), name)
    texts = [folded[name] for name in _TEXT_NAMES if name in folded]
    labels = [folded[name] for name in _LABEL_NAMES if name in folded]
    if texts and labels:
        return texts[0], labels[0]
    if len(names) == 2:
        text = (texts or [name for name in names if name not in labels])[0]
        return text, next(name for name in names if name != text)
    raise CorpusError(f"{path} has the columns {names}; name two of them 'text' and 'label'")


def _read_source(dataset: Dataset, recipe: Recipe, source: Source, folder: Path | None) -> None:
    name = Path(source.path).name
    path = None if folder is None else folder / source.path
    if path is None or not path.is_file():
        dataset.missing.append(name)
        return
    for number, record in read_records(path):
        raw = record.get(source.label)
        if raw is None:
            continue
        if source.labels:
            raw = source.labels.get(str(raw))
        text = _cleaned(recipe, path, document_text(record, source.text))
        if raw is None or not text:
            continue
        outlet = str(record.get(source.source) or "") if source.source else ""
        for label, target in labels_of(recipe, raw, "", f"{path}, line {number}"):
            dataset.documents.append(
                Document(
                    text=text,
                    label=label,
                    source=_outlet(recipe, path, outlet),
                    weight=source.weight,
                    judged=source.judged,
                    key=f"{_stem(path)}/{record.get('id', number)}",
                    year=str(record.get("date") or "")[:4],
                    target=target,
                )
            )
    _digest(dataset, path)


def _read_unlabelled(dataset: Dataset, recipe: Recipe, corpus: str, corpora: Path | None) -> None:
    path = None if corpora is None else corpora / f"{corpus}.jsonl.gz"
    if path is None or not path.is_file():
        dataset.missing.append(corpus)
        return
    for _, record in read_records(path):
        text = _cleaned(recipe, path, document_text(record))
        if text:
            outlet = _outlet(recipe, path, str(record.get("source") or ""))
            dataset.unlabelled.append((text, outlet))
    _digest(dataset, path)


def _join(dataset: Dataset, recipe: Recipe, data: Path, corpora: Path | None) -> None:
    """Join annotations with the texts of the corpora."""
    wanted = read_annotations(recipe, data, lambda path: _digest(dataset, path), dataset.missing)
    for corpus in sorted(wanted):
        path = None if corpora is None else corpora / f"{corpus}.jsonl.gz"
        if path is None or not path.is_file():
            dataset.missing.append(corpus)
            continue
        _join_corpus(dataset, recipe, path, wanted[corpus])
        _digest(dataset, path)


def _join_corpus(
    dataset: Dataset, recipe: Recipe, path: Path, entries: Mapping[str, list[Entry]]
) -> None:
    found: dict[str, dict[str, Any]] = {}
    for _, record in read_records(path):
        if str(record.get("id")) in entries:
            found[str(record["id"])] = record
    absent = sorted(set(entries) - set(found))
    if absent:
        raise CorpusError(
            f"{path} lacks {len(absent)} annotated documents, the first is {absent[0]!r} "
            f"({entries[absent[0]][0].where}); is it another version of the corpus?"
        )
    for identifier in sorted(found):
        for entry in entries[identifier]:
            dataset.documents.extend(_documents(recipe, path, found[identifier], entry))


def _documents(
    recipe: Recipe, path: Path, record: Mapping[str, Any], entry: Entry
) -> Iterator[Document]:
    kind, annotation = entry.kind, entry.record
    unsure = bool(annotation.get(kind.unsure))
    columns = "title+body" if record.get("body") is not None else "headline"
    text = document_text(record, columns)
    if kind.span:
        text = text[int(annotation["start"]) : int(annotation["end"])]
    for label, target in entry.labels:
        yield Document(
            text=_cleaned(recipe, path, text),
            label=label,
            source=_outlet(recipe, path, str(record.get("source") or "")),
            weight=kind.weight * (kind.unsure_weight if unsure else 1.0),
            judged=kind.judged,
            key=f"{_stem(path)}/{record['id']}",
            year=str(record.get("date") or "")[:4],
            chosen_by=str(annotation.get("chosen_by") or ""),
            unsure=unsure,
            target=target,
            file=Path(kind.path).stem,
        )


def _stem(path: Path) -> str:
    return path.name.split(".")[0]


def _cleaned(recipe: Recipe, path: Path, text: str) -> str:
    """Cut what a corpus appends to its texts, such as the label itself."""
    pattern = recipe.cleaning.get(_stem(path))
    return re.sub(pattern, "", text, flags=re.DOTALL).strip() if pattern else text


def _outlet(recipe: Recipe, path: Path, name: str) -> str:
    """Name of the outlet: corpora write one outlet in several ways."""
    lowered = name.lower()
    for pattern, outlet in recipe.outlets.items():
        if pattern in lowered:
            return outlet
    return name or _stem(path)
