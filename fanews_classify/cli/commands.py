"""What each subcommand of ``fanews`` does."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Callable
from itertools import tee
from pathlib import Path
from typing import Any

from fanews_classify.cli import answers
from fanews_classify.cli.records import Record, read_texts
from fanews_classify.errors import CorpusError
from fanews_classify.model import _store
from fanews_classify.model.claims import ClaimStanceClassifier
from fanews_classify.model.stance import StanceClassifier
from fanews_classify.model.topics import TopicClassifier


def predict(options: argparse.Namespace) -> int:
    """Write one answer for each record."""
    model = _store.load(options.model)
    asked = answers.question(model, options.target, options.claim)
    records, again = tee(read_texts(options.files, options.column, options.whole))
    texts = (record.text for record in again)
    found = answers.stream(model, texts, asked, options.abstain_below)
    faulty = 0
    for record, answer in zip(records, found, strict=True):
        if record.error:
            faulty += 1
            _write_error(record, options.json)
        elif options.json:
            _write_json(record, answers.values(answer))
        else:
            print(answers.line(answer))
    return 1 if faulty else 0


def explain(options: argparse.Namespace) -> int:
    """Write each answer and the words that carried it."""
    model = _store.load(options.model)
    asked = answers.question(model, options.target, options.claim)

    def show(record: Record) -> None:
        answer = next(answers.stream(model, [record.text], asked, None))
        evidence = answers.explain(model, record.text, asked, options.label, options.top)
        if options.json:
            found = [item._asdict() for item in evidence]
            _write_json(record, {**answers.values(answer), "evidence": found})
            return
        print(f"{record.name}\t{answers.line(answer)}")
        for item in evidence:
            shown = " ".join(item.text.split())
            print(f"  {item.weight:+.3f}  {item.start}-{item.end}  {shown}")

    return _for_each(options, show)


def analyze(options: argparse.Namespace) -> int:
    """Write section, topics and stances of each record, with their evidence."""
    from fanews_classify.analysis.analyze import analyze as run

    def show(record: Record) -> None:
        analysis = run(record.text, abstain_below=options.abstain_below)
        if options.json:
            _write_json(record, analysis.to_dict())
        else:
            print(f"{record.name}\n{textwrap.indent(str(analysis), '  ')}")

    return _for_each(options, show)


def _for_each(options: argparse.Namespace, show: Callable[[Record], None]) -> int:
    """Show each record that could be read, and the fault of each that could not."""
    faulty = 0
    for record in read_texts(options.files, options.column, options.whole):
        if record.error:
            faulty += 1
            _write_error(record, options.json)
        else:
            show(record)
    return 1 if faulty else 0


def train(options: argparse.Namespace) -> int:
    """Train, save, and print the report."""
    import joblib

    from fanews_classify.training import train as run

    _check_writable(options.out)
    with joblib.parallel_config(n_jobs=options.jobs):
        training = run(
            options.recipe,
            files=options.data,
            data=options.data_dir,
            corpora=options.corpora,
            out=options.out,
            progress=_progress if sys.stderr.isatty() else None,
        )
    report = training.report()
    print(report)
    if options.report:
        Path(options.report).write_text(report + "\n", encoding="utf-8")
    print(f"\nsaved {options.out}, {Path(options.out).stat().st_size / 1e6:.1f} MB")
    return 0


def _check_writable(path: str) -> None:
    """Say before an hour of training that its result cannot be saved."""
    folder = Path(path).resolve().parent
    if not folder.is_dir():
        raise CorpusError(f"there is no folder {folder} to save the model in")


def _progress(step: str, done: int, total: int) -> None:
    width = 30
    filled = width * done // max(total, 1)
    end = "\n" if done >= total else ""
    print(f"\r{step:<26} [{'#' * filled:<{width}}] {done}/{total}", end=end, file=sys.stderr)


def evaluate(options: argparse.Namespace) -> int:
    """Print the scores of a model."""
    from fanews_classify.cli.tuning import read_for
    from fanews_classify.evaluation.judge import evaluate as run

    model = _store.load(options.model)
    if isinstance(model, ClaimStanceClassifier):
        return _evaluate_claims(model, options)
    documents = read_for(model, options.data)
    sources = [document.source for document in documents]
    further: dict[str, Any] = {}
    if isinstance(model, StanceClassifier):
        further["targets"] = [document.target for document in documents]
    if not isinstance(model, TopicClassifier):
        further["abstain_below"] = options.abstain_below
    result = run(
        model,
        [document.text for document in documents],
        [document.label for document in documents],
        sources=sources if any(sources) else None,
        noise=options.noise,
        **further,
    )
    print(result.to_json() if options.json else result.to_text())
    return 0


def _evaluate_claims(model: ClaimStanceClassifier, options: argparse.Namespace) -> int:
    from fanews_classify.evaluation.judge import evaluate as run
    from fanews_classify.training.claim_recipe import Pairs
    from fanews_classify.training.pairs import read_pairs

    pairs = [
        pair for name in options.data for pair in read_pairs(Path(name), Pairs(name), model.labels)
    ]
    result = run(
        model,
        [pair.text for pair in pairs],
        [pair.label for pair in pairs],
        claims=[pair.claim for pair in pairs],
        noise=options.noise,
        abstain_below=options.abstain_below,
    )
    print(result.to_json() if options.json else result.to_text())
    return 0


def info(options: argparse.Namespace) -> int:
    """Describe one model or all bundled ones."""
    if options.model is None:
        described = _store.models()
        if options.json:
            print(json.dumps(described, ensure_ascii=False, indent=1))
        for name, entry in described.items() if not options.json else ():
            print(f"{name}  {entry['size'] / 1e6:.1f} MB  {_score(entry['info'])}")
            for label, persian in zip(entry["labels"], entry["labels_fa"], strict=True):
                print(f"  {label}  {persian}")
        return 0
    model = _store.load(options.model)
    if options.json:
        print(json.dumps(dict(model.info), ensure_ascii=False, indent=1))
        return 0
    print(f"{model.name}: {len(model.labels)} labels, {_score(model.info)}")
    for label, persian in zip(model.labels, model.labels_fa, strict=True):
        print(f"  {label}  {persian}")
    card = model.info.get("card", {})
    for key, value in {**card, **model.info.get("training", {})}.items():
        for item in value if isinstance(value, list) else [value]:
            if not isinstance(item, dict):
                print(f"  {key}: {item}")
    return 0


def _score(description: Any) -> str:
    scores = description.get("scores", {}).get("macro_f1")
    if not scores:
        return "no scores"
    return f"macro-F1 {scores['value']:.3f} [{scores['low']:.3f}, {scores['high']:.3f}]"


def verify(options: argparse.Namespace) -> int:
    """Check files completely; the first fault ends with its message."""
    for name in options.models:
        model = _store.verify(name)
        print(f"{name}: good, {model.name!r}, {len(model.labels)} labels")
    return 0


def _write_json(record: Record, values: dict[str, Any]) -> None:
    print(json.dumps({"record": record.name, **values}, ensure_ascii=False))


def _write_error(record: Record, as_json: bool) -> None:
    if as_json:
        _write_json(record, {"label": None, "error": record.error})
    else:
        print(f"error\t{record.error}\t0.000")
