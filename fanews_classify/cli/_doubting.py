"""``fanews label-errors``: labels that may be wrong, as a table and a sheet."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import Final

from fanews_classify.cli._loop import (
    check_folder,
    load_model,
    read_documents,
    recipe_for,
    written,
)
from fanews_classify.display import one_line
from fanews_classify.errors import ParameterError
from fanews_classify.labelling._confident import check_cleanlab
from fanews_classify.labelling.label_errors import (
    LabelIssue,
    asked_model,
    asked_others,
    issues,
)
from fanews_classify.labelling.sheet import ID, LABEL, SUGGESTION, TARGET, TEXT, rows_of, sheet_kind
from fanews_classify.training.data import Document

_TEXT: Final = 60  # characters of each text in the table


def doubt(options: argparse.Namespace) -> int:
    """Print the most suspicious labels; write all of them."""
    if options.n < 0:
        raise ParameterError(f"-n {options.n}; give a number of 0 or more")
    check_cleanlab()
    if options.out:
        sheet_kind(Path(options.out))
        check_folder(options.out)
    model = load_model(options.model)
    recipe = recipe_for(options, model)
    documents = read_documents(options.data, recipe)
    if model is not None:
        found = issues(documents, *asked_model(model, documents))
    else:
        found = issues(documents, *asked_others(recipe, documents, options.seed))
    print(f"{len(found)} of {len(documents)} labels may be wrong")
    for line in _table(found[: options.n], documents):
        print(line)
    if len(found) > options.n:
        print(f"and {len(found) - options.n} more" + ("" if options.out else "; --out writes all"))
    if options.out:
        _write(found, documents, options)
    return 0


def _table(found: list[LabelIssue], documents: list[Document]) -> list[str]:
    rows = [("quality", "label", "suggested", "where")]
    for issue in found:
        where = f"{documents[issue.index].key}  {one_line(issue.text)[:_TEXT]}"
        rows.append((f"{issue.quality:.3f}", written(issue.label), written(issue.suggested), where))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return [
        "  ".join([*(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)), row[3]])
        for row in (rows if found else [])
    ]


def _write(found: list[LabelIssue], documents: list[Document], options: argparse.Namespace) -> None:
    about = [TARGET] if any(document.target for document in documents) else []
    columns = [ID, TEXT, *about, "given", SUGGESTION, "quality", LABEL]
    rows = []
    for issue in found:
        document = documents[issue.index]
        rows.append(
            [
                document.key,
                issue.text,
                *([document.target] if about else []),
                written(issue.label),
                written(issue.suggested),
                round(issue.quality, 4),
                "",
            ]
        )
    rows_of(columns, rows).write(options.out)
    words = ["fanews", "suggest", "--answers", options.out, "--data", *options.data]
    words += ["--recipe", options.recipe] if options.recipe != "custom" else []
    words += ["--merged", "mended.csv"]
    print(f"written to {options.out}; fill the column 'label' of those that are wrong, then run")
    print(f"  {shlex.join(words)}")
