"""What a person wrote into a sheet, as labels."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fanews_classify.errors import CorpusError, LabelError
from fanews_classify.labelling._duplicates import fingerprints
from fanews_classify.labelling._uncertainty import Answer
from fanews_classify.labelling.sheet import ID, LABEL, TARGET, TEXT, Sheet
from fanews_classify.labels import persian_name
from fanews_classify.records._nearest import nearest
from fanews_classify.training.data import Document

NONE: Final = "-"
"""What is written for «no label» where a text may have any number of them."""

_NONE_TOO: Final = (NONE, "–", "—", "none", "هیچ", "هیچ‌کدام", "هیچکدام", "هیچ کدام")
_FOLDED: Final = str.maketrans(
    {"ي": "ی", "ى": "ی", "ك": "ک", "\u200c": None, "_": None, "؛": ";", "\u0640": None}
)
_SHOWN: Final = 10  # unknown labels that a message lists


class Names:
    """Knows a label however it is written: in Arabic letters, capitals, or by its Persian name.

    Parameters
    ----------
    labels : iterable of str
        The labels there are so far; none if any will do.
    persian : sequence of str, optional
        Their Persian names.
    """

    def __init__(self, labels: Iterable[str], persian: Sequence[str] | None = None) -> None:
        self.labels = tuple(dict.fromkeys(labels))
        names = persian if persian is not None else [persian_name(label) for label in self.labels]
        self._by_written: dict[str, str] = {}
        for label, name in zip(self.labels, names, strict=True):
            self._by_written.setdefault(_folded(name), label)
        self._by_written.update((_folded(label), label) for label in self.labels)

    def with_label(self, label: str) -> Names:
        """Return the same with one more label."""
        more = Names((*self.labels, label))
        more._by_written = {**more._by_written, **self._by_written}
        return more

    def find(self, written: str) -> str | None:
        """Return the label that is meant, None if there is none such."""
        if written in self.labels:
            return written
        return self._by_written.get(_folded(written))

    def nearest(self, written: str) -> str | None:
        """Return the label that was probably meant."""
        found = nearest(_folded(written), self._by_written)
        return None if found is None else self._by_written[found]


def _folded(text: str) -> str:
    """Fold letters, not signs: «C» and «C++» are different labels."""
    plain = unicodedata.normalize("NFKC", text).translate(_FOLDED)
    return "".join(plain.split()).casefold()


def parsed(written: Any, several: bool) -> Answer | None:
    """Return what stands in the label column; None for nothing.

    Parameters
    ----------
    written : object
        A str, or in JSON lines also a list of them.
    several : bool
        Whether a text may have any number of labels: then they stand with ``;``
        between them, and ``-`` or ``none`` says that it has none.

    Examples
    --------
    >>> parsed(" health; sport ", True), parsed("-", True), parsed("  ", True)
    (('health', 'sport'), (), None)
    """
    if isinstance(written, list) and several:
        return tuple(str(one).strip() for one in written)
    text = "" if written is None else " ".join(str(written).split())
    if not text:
        return None
    if not several:
        return text
    if text.casefold() in _NONE_TOO:
        return ()
    return tuple(part.strip() for part in text.replace("؛", ";").split(";") if part.strip())


@dataclass
class Answers:
    """Labels read from sheets.

    Attributes
    ----------
    documents : list of Document
        Those that a person has labelled.
    waiting : int
        Rows without an answer yet.
    new_labels : list of str
        Labels that there were not so far.
    """

    documents: list[Document] = field(default_factory=list)
    waiting: int = 0
    new_labels: list[str] = field(default_factory=list)


def read_answers(
    sheets: Sequence[tuple[str, Sheet]],
    names: Names,
    *,
    several: bool = False,
    targets: Sequence[str] | None = None,
    target: str | None = None,
    new_labels: bool = False,
    closed: bool = False,
) -> Answers:
    """Check the answers of sheets.

    Parameters
    ----------
    sheets : sequence of (str, Sheet)
        With the names of their files.
    names : Names
    several : bool
        Whether a text may have any number of labels.
    targets : sequence of str, optional
        For stances: what there may be in the column ``target``.
    target : str, optional
        For stances: what a sheet without that column is about.
    new_labels : bool
        Whether there may be labels that are not among the names.
    closed : bool
        Whether there can be no others, for the message.

    Raises
    ------
    LabelError
        For labels that there are not, each with the nearest there is.
    CorpusError
        If a stance has no target, or two rows answer differently for one text.
    """
    found = Answers()
    unknown: list[str] = []
    said: dict[tuple[bytes, str], tuple[Answer, str]] = {}
    for file, sheet in sheets:
        digests = fingerprints([str(row.get(TEXT) or "") for row in sheet.rows])
        for row, line, digest in zip(sheet.rows, sheet.lines, digests, strict=True):
            where = f"{file}, line {line}"
            answer = parsed(row.get(LABEL), several)
            if answer is None:
                found.waiting += 1
                continue
            label = _known(answer, names, unknown, found.new_labels, where)
            about = "" if targets is None else _target(row, targets, target, where)
            key = (digest or where.encode(), about)
            if key in said:
                if said[key][0] != label:
                    raise CorpusError(
                        f"{where}: the same text has another label in {said[key][1]}: "
                        f"{label!r} and {said[key][0]!r}"
                    )
                continue
            said[key] = label, where
            found.documents.append(_document(row, label, about, f"{Path(file).name}:{line}"))
    if unknown and (closed or names.labels) and (closed or not new_labels):
        raise LabelError(_message(unknown, names, closed))
    return found


def _known(answer: Answer, names: Names, unknown: list[str], new: list[str], where: str) -> Answer:
    labels = []
    for written in (answer,) if isinstance(answer, str) else answer:
        label = names.find(written)
        if label is None:
            label = written
            meant = names.nearest(written)
            hint = "" if meant is None else f"; did you mean {meant!r}?"
            unknown.append(f"{where}: {written!r} is no label so far{hint}")
            if written not in new:
                new.append(written)
        labels.append(label)
    return labels[0] if isinstance(answer, str) else tuple(sorted(set(labels)))


def _message(unknown: list[str], names: Names, closed: bool) -> str:
    shown = "\n  ".join(unknown[:_SHOWN])
    more = f"\n  and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
    known = ", ".join(names.labels)
    hint = "" if closed else "; if they are meant to be new ones, add --new-labels"
    return f"some answers are no labels:\n  {shown}{more}\nthe labels are {known}{hint}"


def _target(row: dict[str, Any], targets: Sequence[str], given: str | None, where: str) -> str:
    told = str(row.get(TARGET) or "").strip() or given
    if not told:
        raise CorpusError(f"{where}: the target is missing, which says what the stance is about")
    if targets and told not in targets:
        meant = nearest(told, targets)
        hint = "" if meant is None else f"; did you mean {meant!r}?"
        raise CorpusError(f"{where}: {told!r} is no target{hint}")
    return told


def _document(row: dict[str, Any], label: Answer, target: str, key: str) -> Document:
    return Document(
        text=str(row[TEXT]),
        label=label,
        source=str(row.get("source") or ""),
        weight=1.0,
        judged=True,
        key=str(row.get(ID) or key),
        target=target,
    )


def joined(before: Sequence[Document], answers: Sequence[Document]) -> tuple[list[Document], int]:
    """Put answers after the documents labelled before.

    An answer takes the place of a label that the same text had before.

    Returns
    -------
    documents : list of Document
    replaced : int
        How many of the earlier ones were left out.
    """
    digests = fingerprints([document.text for document in answers])
    answered = {(d, a.target) for d, a in zip(digests, answers, strict=True) if d}
    kept = [
        document
        for document, digest in zip(
            before, fingerprints([document.text for document in before]), strict=True
        )
        if (digest, document.target) not in answered
    ]
    return [*kept, *answers], len(before) - len(kept)
