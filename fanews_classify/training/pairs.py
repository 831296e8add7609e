"""Reading of labelled pairs of a claim and a text."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import CorpusError
from fanews_classify.training.claim_recipe import Pairs
from fanews_classify.training.data import document_text
from fanews_classify.training.recipe import Recipe
from fanews_classify.training.records import read_records

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ClaimPair:
    """One labelled pair.

    Attributes
    ----------
    event : str
        What the claim is about; pairs of one event stay together.
    evidence : str
        Passages of the text that decide, joined; ``""`` where not given.
    part : str
        The file, and of a text with a title also that.
    source, date : str
        Of the text; ``""`` where not given.
    """

    claim: str
    text: str
    label: str
    event: str
    evidence: str = ""
    weight: float = 1.0
    judged: bool = True
    part: str = ""
    source: str = ""
    date: str = ""


@dataclass
class PairSet:
    """Pairs, and what they were read from.

    Attributes
    ----------
    pairs : list of ClaimPair
    unlabelled : list of str
    digests : dict of str to str
        SHA-256 of each file read, by its name.
    missing : list of str
    """

    pairs: list[ClaimPair] = field(default_factory=list)
    unlabelled: list[str] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def collect_pairs(
    recipe: Recipe, *, data: Path, corpora: Path | None, files: Sequence[Path] = ()
) -> PairSet:
    """Read all pairs of a recipe and of a user's own files.

    Raises
    ------
    CorpusError
        If no pair is left, or a line is faulty.
    """
    found = PairSet()
    for file in files:
        found.pairs += read_pairs(file, Pairs(file.name, event="event"), recipe.labels)
        _digest(found, file)
    for source in recipe.pairs:
        folder = corpora if source.corpus else data
        if folder is None or (source.corpus and not (folder / source.path).is_file()):
            found.missing.append(source.path)
            continue
        found.pairs += read_pairs(folder / source.path, source, recipe.labels)
        _digest(found, folder / source.path)
    for corpus in recipe.unlabelled:
        path = None if corpora is None else corpora / f"{corpus}.jsonl.gz"
        if path is None or not path.is_file():
            found.missing.append(corpus)
            continue
        texts = (document_text(record) for _, record in read_records(path))
        found.unlabelled += [text for text in texts if text]
        _digest(found, path)
    if recipe.lexicon:
        _digest(found, data / recipe.lexicon)
    if not found.pairs:
        raise CorpusError("no labelled pair was found; give a folder of corpora or a file")
    if not any(pair.judged for pair in found.pairs):
        found.pairs = [replace(pair, judged=True) for pair in found.pairs]
    return found


def read_pairs(path: Path, source: Pairs, labels: Sequence[str] = ()) -> Iterator[ClaimPair]:
    """Yield the pairs of a file; see `Pairs` for its two forms.

    Raises
    ------
    CorpusError
        For a file or line that cannot be read, or an unknown label.
    """
    part = path.name.partition(".")[0] + (", with title" if "+" in source.text else "")
    for number, record in read_records(path):
        where = f"{path}, line {number}"
        try:
            made = list(_event(record) if "claims" in record else _single(record, source))
        except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
            raise CorpusError(f"{where}: no pair of claim and text: {error!r}") from error
        for pair in made:
            label = source.labels.get(pair.label) if source.labels else pair.label
            if label is None:
                continue
            if labels and label not in labels:
                raise CorpusError(f"{where}: the label {label!r} is none of {list(labels)}")
            evidence = "" if label == source.nothing else pair.evidence
            yield replace(
                pair,
                label=label,
                evidence=evidence,
                event=pair.event or f"{part}, line {number}",
                weight=source.weight,
                judged=source.judged,
                part=part,
            )


def _single(record: dict[str, Any], source: Pairs) -> Iterator[ClaimPair]:
    for name in source.text.split("+")[-1:]:  # a title may be missing, a text may not
        _text(record[name])
    event = record.get(source.event) if source.event else None
    evidence = record.get(source.evidence) if source.evidence else None
    yield ClaimPair(
        _text(record[source.claim]),
        document_text(record, source.text),
        _text(record[source.label]),
        "" if event is None else str(event),
        "" if evidence is None else _text(evidence),
        source=str(record.get("source") or ""),
        date=str(record.get("date") or ""),
    )


def _event(record: dict[str, Any]) -> Iterator[ClaimPair]:
    """Yield every claim of an event with every text."""
    claims = record["claims"]
    if not isinstance(claims, list):
        raise ValueError("the claims are no list")
    for text in record["texts"]:
        sentences = text.get("sentences") or [text["headline"]]
        if not isinstance(sentences, list) or len(text["labels"]) != len(claims):
            raise ValueError("a text has not one label for each claim")
        for i, (claim, label) in enumerate(zip(claims, text["labels"], strict=True)):
            chosen = text.get("evidence", {}).get(str(i), [])
            if any(not 0 <= j < len(sentences) for j in chosen):
                raise ValueError("the evidence is no sentence of the text")
            yield ClaimPair(
                _text(claim),
                " ".join(map(_text, sentences)),
                _text(label),
                _text(record["event"]),
                " ".join(sentences[j] for j in chosen),
            )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _digest(found: PairSet, path: Path) -> None:
    try:
        found.digests[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise CorpusError(f"cannot read {path}: {error.strerror or error}") from error


def event_folds(pairs: Sequence[ClaimPair], n_folds: int) -> Iterator[BoolArray]:
    """Yield which pairs each fold holds out; events stay together, folds are alike in size.

    Only events with a judged pair are held out.

    Raises
    ------
    CorpusError
        If there are fewer than two events.
    """
    judged = Counter(pair.event for pair in pairs if pair.judged)
    n_folds = min(n_folds, len(judged))
    if n_folds < 2:
        raise CorpusError("all pairs are on one event; scores need two at least")
    sizes = [0] * n_folds
    fold_of: dict[str, int] = {}
    for event, count in sorted(judged.items(), key=lambda item: (-item[1], item[0])):
        smallest = sizes.index(min(sizes))
        fold_of[event] = smallest
        sizes[smallest] += count
    fold = np.array([fold_of.get(pair.event, -1) for pair in pairs])
    for number in range(n_folds):
        yield fold == number
