"""``fanews suggest --interactive``: texts shown one after the other, answers saved at once."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path
from typing import Any, Final

from fanews_classify.cli._loop import written
from fanews_classify.display import clean, one_line
from fanews_classify.labelling._uncertainty import Answer
from fanews_classify.labelling.answers import Names, parsed
from fanews_classify.labelling.sheet import ID, LABEL, SUGGESTION, TARGET, TEXT, Sheet

_SHOWN: Final = 1500  # characters of a text
_STOP: Final = "q"
_ONE: Final = "number or label"
_SEVERAL: Final = "numbers or labels with ; between, - for none"


def ask(sheet: Sheet, path: Path, names: Names, several: bool) -> Names:
    """Ask for the labels of the rows that have none.

    Every answer is saved at once, so that stopping loses nothing.

    Parameters
    ----------
    sheet : Sheet
    path : Path
        Where it is saved.
    names : Names
        The labels to choose from.
    several : bool
        Whether a text may have any number of labels.

    Returns
    -------
    Names
        With the labels that were new.
    """
    waiting = [row for row in sheet.rows if parsed(row.get(LABEL), several) is None]
    for number, row in enumerate(waiting, 1):
        _show(row, f"{number} of {len(waiting)}", names)
        try:
            answer, names = _asked(names, several)
        except (EOFError, KeyboardInterrupt):
            print("\nstopped; the answers so far are saved")
            break
        if answer is not None:
            row[LABEL] = written(answer)
            sheet.write(path)
    return names


def _show(row: dict[str, Any], count: str, names: Names) -> None:
    width = min(shutil.get_terminal_size().columns, 100)
    text = clean(str(row.get(TEXT) or ""))
    cut = "…" if len(text) > _SHOWN else ""
    print(f"\n── {count} · {one_line(str(row.get(ID) or ''))}")
    for line in text[:_SHOWN].split("\n"):
        print("\n".join(textwrap.wrap(line, width)))
    print(cut, end="\n" if cut else "")
    for name, what in ((TARGET, "about"), (SUGGESTION, "the model says")):
        if row.get(name):
            print(f"{what}: {one_line(str(row[name]))}")
    print("  ".join(f"{i} {one_line(label)}" for i, label in enumerate(names.labels, 1)))


def _asked(names: Names, several: bool) -> tuple[Answer | None, Names]:
    """Ask until there is an answer; None for later. Raise EOFError to stop."""
    while True:
        told = input(f"{_SEVERAL if several else _ONE}; +NAME a new one; Enter later; q stop > ")
        if told.strip() == _STOP and names.find(_STOP) is None:
            raise EOFError
        answer = parsed(told, several)
        if answer is None or answer == ():
            return answer, names
        labels: list[str] = []
        for one in (answer,) if isinstance(answer, str) else answer:
            label, names = _label(one, names)
            if label is None:
                break
            labels.append(label)
        else:
            return labels[0] if isinstance(answer, str) else tuple(labels), names


def _label(told: str, names: Names) -> tuple[str | None, Names]:
    """Return the label that is meant, and the labels with it if it is new."""
    found = names.find(told)
    if found is not None:
        return found, names
    if told.isdecimal() and 1 <= int(told) <= len(names.labels):
        return names.labels[int(told) - 1], names
    new = told.removeprefix("+").strip()
    if told.startswith("+") and new:
        return new, names.with_label(new)
    meant = names.nearest(told)
    hint = "" if meant is None else f"did you mean {meant!r}? "
    print(f"{told!r} is no label so far; {hint}write +{told} if it is a new one")
    return None, names
