"""``fanews suggest --pool``: a sheet of the texts to label next."""

from __future__ import annotations

import argparse
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from fanews_classify.cli._inputs import Inputs
from fanews_classify.cli._loop import (
    check_folder,
    load_model,
    names_for,
    read_documents,
    recipe_for,
    written,
)
from fanews_classify.errors import FanewsError, ParameterError
from fanews_classify.labelling.answers import Names, parsed
from fanews_classify.labelling.sheet import (
    CONFIDENCE,
    ID,
    LABEL,
    SUGGESTION,
    TARGET,
    TEXT,
    Sheet,
    read_sheet,
    rows_of,
    sheet_kind,
)
from fanews_classify.labelling.suggest import Suggestion, suggest
from fanews_classify.model._assembly import Model
from fanews_classify.training.data import collect, find_corpora
from fanews_classify.training.recipe import Recipe


@dataclass(frozen=True)
class _Pool:
    names: list[str]
    texts: list[str]
    faults: list[str]


def choose(options: argparse.Namespace) -> int:
    """Write the sheet; say what to do next."""
    if options.out is None:
        raise ParameterError("--pool needs --out, the sheet to fill, for instance ask.csv")
    for name, value in (("--save", options.save), ("--merged", options.merged)):
        if value is not None:
            raise ParameterError(f"{name} goes with --answers: first the sheet has to be filled")
    out = Path(options.out)
    sheet_kind(out)
    check_folder(options.out)
    _check_free(out)
    model = load_model(options.model)
    recipe = recipe_for(options, model)
    pool = _read(options)
    labelled = read_documents(options.data, recipe)
    if model is None and options.data:
        model = _trained(options, recipe)
    names = Names(()) if model is None else names_for(recipe, model, labelled)
    found = suggest(
        model,
        pool.texts,
        options.n,
        target=options.target,
        labelled=[document.text for document in labelled],
        diversity=options.diversity,
        per_label=options.per_label,
        seed=options.seed,
    )
    sheet = _sheet(found, pool, options.target, model is not None)
    sheet.write(out)
    _report(options, len(found), pool)
    if options.interactive:
        from fanews_classify.cli._questions import ask

        names = ask(sheet, out, names, recipe.task == "multi-label")
    _next(options, names)
    return 1 if pool.faults else 0


def _check_free(out: Path) -> None:
    """Refuse to write over what a person has done."""
    if not out.exists():
        return
    try:
        rows = read_sheet(out).rows
    except FanewsError as error:
        raise ParameterError(f"{out} is there already; choose another name") from error
    answered = sum(parsed(row.get(LABEL), several=False) is not None for row in rows)
    if answered:
        raise ParameterError(
            f"{out} is there already and holds {answered} answers; read them back with "
            f"fanews suggest --answers {shlex.quote(str(out))}, or choose another name"
        )


def _read(options: argparse.Namespace) -> _Pool:
    reading = argparse.Namespace(
        files=options.pool,
        column=options.column,
        encoding=options.encoding,
        lines=options.lines,
        whole=False,
        format=None,
        delimiter=None,
    )
    pool = _Pool([], [], [])
    for record in Inputs(reading).records():
        if record.error:
            pool.faults.append(f"{record.name}: {record.error}")
        else:
            pool.names.append(record.name)
            pool.texts.append(record.text)
    return pool


def _trained(options: argparse.Namespace, recipe: Recipe) -> Model:
    from fanews_classify.training.train import train_on

    dataset = collect(
        recipe,
        data=Path(options.data_dir),
        corpora=find_corpora(options.corpora),
        files=options.data,
    )
    print(f"training on {len(dataset.documents)} labelled texts", file=sys.stderr)
    return train_on(recipe, dataset, lambda *_: None).model


def _sheet(found: list[Suggestion], pool: _Pool, target: str | None, answered: bool) -> Sheet:
    columns = [ID, TEXT, *([TARGET] if target else []), SUGGESTION, CONFIDENCE, LABEL]
    rows = []
    for one in found:
        told = [written(one.label), round(one.confidence, 3)] if answered else ["", ""]
        about = [target] if target else []
        rows.append([pool.names[one.index], one.text, *about, *told, ""])
    return rows_of(columns, rows)


def _report(options: argparse.Namespace, n: int, pool: _Pool) -> None:
    fewer = n < min(options.n, len(pool.texts))
    few = " (the others are empty, known already, or near duplicates)" if fewer else ""
    print(f"{n} of {len(pool.texts)} texts{few} written to {options.out}")
    if pool.faults:
        print(
            f"fanews: {len(pool.faults)} records could not be read, first {pool.faults[0]}",
            file=sys.stderr,
        )


def _next(options: argparse.Namespace, names: Names) -> None:
    """Say how the answers get into a model."""
    words = ["fanews", "suggest", "--answers", options.out]
    words += ["--data", *options.data] if options.data else []
    words += ["--recipe", options.recipe] if options.recipe != "custom" else []
    words += ["--model", options.model] if options.model else []
    words += ["--merged", "labelled.csv", "--save", "mine.fanews"]
    if options.interactive:
        print("to learn from the answers, run")
    else:
        labels = f" ({', '.join(names.labels)})" if names.labels else ""
        print(f"fill the column 'label'{labels}; leave empty what you do not know; then run")
    print(f"  {shlex.join(words)}")
