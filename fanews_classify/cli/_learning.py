"""``fanews suggest --answers``: labels read back, and a model that has learnt them."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from fanews_classify.cli._loop import (
    check_folder,
    load_model,
    names_for,
    read_documents,
    recipe_for,
)
from fanews_classify.errors import ParameterError
from fanews_classify.labelling.answers import Answers, joined, read_answers
from fanews_classify.labelling.retrain import retrain
from fanews_classify.labelling.sheet import ID, LABEL, TARGET, TEXT, Sheet, read_sheet, sheet_kind
from fanews_classify.model._store import save
from fanews_classify.training.data import Dataset, Document, collect, find_corpora
from fanews_classify.training.recipe import Recipe


def learn(options: argparse.Namespace) -> int:
    """Read the sheets; merge, train and save as far as it is asked for."""
    if options.out is not None:
        raise ParameterError("--out goes with --pool; a model is saved with --save")
    for path in (options.save, options.merged):
        check_folder(path)
    if options.merged:
        sheet_kind(Path(options.merged))
    model = load_model(options.model)
    recipe = recipe_for(options, model)
    before = read_documents(options.data, recipe)
    names = names_for(recipe, model, before)
    several = recipe.task == "multi-label"
    sheets = [(file, read_sheet(file, options.encoding)) for file in options.answers]
    if options.interactive:
        from fanews_classify.cli._questions import ask

        for file, sheet in sheets:
            names = ask(sheet, Path(file), names, several)
    answers = read_answers(
        sheets,
        names,
        several=several,
        targets=recipe.targets if recipe.task == "stance" else None,
        target=options.target,
        new_labels=options.new_labels,
        closed=bool(recipe.labels),
    )
    _count(answers)
    if not answers.documents:
        print("nothing to learn from yet: the column 'label' is empty")
        return 0
    if options.merged:
        _merge(before, answers.documents, options.merged)
    if options.save:
        _train(options, recipe, answers.documents)
    elif not options.merged:
        print("the answers are good; --merged FILE keeps them, --save PATH trains with them")
    return 0


def _count(answers: Answers) -> None:
    counts = Counter[str]()
    for document in answers.documents:
        counts.update([document.label] if isinstance(document.label, str) else document.label)
    print(f"{len(answers.documents)} answered, {answers.waiting} left for later")
    if counts:
        print("  " + ", ".join(f"{label} {n}" for label, n in sorted(counts.items())))
    if answers.new_labels:
        print(f"  new: {', '.join(answers.new_labels)}")


def _merge(before: list[Document], answers: list[Document], path: str) -> None:
    documents, replaced = joined(before, answers)
    columns = [ID, TEXT, LABEL]
    columns += [TARGET] if any(document.target for document in documents) else []
    columns += ["source"] if any(document.source for document in documents) else []
    rows = [
        {
            ID: document.key,
            TEXT: document.text,
            LABEL: document.label if isinstance(document.label, str) else list(document.label),
            TARGET: document.target,
            "source": document.source,
        }
        for document in documents
    ]
    sheet = Sheet(columns, [{name: row[name] for name in columns} for row in rows])
    sheet.write(path, for_people=False)
    mended = f", {replaced} earlier labels replaced" if replaced else ""
    print(f"{len(documents)} labelled texts written to {path}{mended}")


def _train(options: argparse.Namespace, recipe: Recipe, answers: list[Document]) -> None:
    own = bool(recipe.sources or recipe.annotations)
    dataset = Dataset()
    if options.data or own:
        dataset = collect(
            recipe,
            data=Path(options.data_dir),
            corpora=find_corpora(options.corpora),
            files=options.data,
        )
    found = retrain(recipe, dataset, answers)
    print(found.to_text())
    save(found.after.model, options.save)
    print(f"saved {options.save}")
