"""``fanews evaluate``: scores of a model on labelled texts, and a page of them."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fanews_classify.cli import _models
from fanews_classify.errors import EvaluationError, ParameterError
from fanews_classify.model.claims import ClaimStanceClassifier
from fanews_classify.model.stance import StanceClassifier
from fanews_classify.model.topics import TopicClassifier

if TYPE_CHECKING:
    from fanews_classify.evaluation.curve import LearningCurve

_MISTAKES = 20
_EPILOG = """\
examples:
  fanews evaluate --data test.csv --model ./mine.fanews
  fanews evaluate --data test.csv --model ./mine.fanews --html report.html
  fanews evaluate --data test.csv --model ./new.fanews --compare-with ./old.fanews

The labels must be those of the model (fanews info MODEL lists them); several labels
of one text are written a;b. For a stance model there is a column target too, for a
claim model a column claim.
"""


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command."""
    evaluate = verbs.add_parser(
        "evaluate",
        help="score a model on labelled texts",
        description="Score a model on texts whose labels are known.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    evaluate.add_argument(
        "--data",
        nargs="+",
        required=True,
        metavar="FILE",
        help="columns text and label; source and date as well, if there are such",
    )
    evaluate.add_argument("--model", default="section", help="name or path (default: section)")
    evaluate.add_argument("--noise", action="store_true", help="also on disturbed texts")
    evaluate.add_argument("--json", action="store_true", help="write JSON")
    evaluate.add_argument(
        "--abstain-below", type=float, metavar="P", help="answer 'unknown' below this confidence"
    )
    evaluate.add_argument(
        "--compare-with", metavar="MODEL", help="another model to compare with on the same texts"
    )
    evaluate.add_argument(
        "--learning-curve",
        nargs="+",
        metavar="FILE",
        help="labelled texts to train on in growing shares, scored on those of --data",
    )
    page = evaluate.add_argument_group("page")
    page.add_argument("--html", metavar="PATH", help="write a page with figures there")
    page.add_argument("--title", metavar="TEXT", help="heading of the page")
    page.add_argument(
        "--mistakes",
        type=int,
        default=_MISTAKES,
        metavar="N",
        help=f"wrong answers to show on the page, at most (default: {_MISTAKES})",
    )
    evaluate.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the scores of a model; write their page."""
    if options.html:
        _check_page(options)
    model = _models.load(options.model)
    other = _models.load(options.compare_with) if options.compare_with else None
    documents = _claims(model, options) if isinstance(model, ClaimStanceClassifier) else (
        _labelled(model, options)
    )  # fmt: skip
    result = _evaluate(model, documents, options, noise=options.noise)
    told = {**result.to_dict()}
    lines = [result.to_text()]
    comparison = None
    if other is not None:
        if type(other) is not type(model):
            raise ParameterError(
                f"the models {options.model!r} and {options.compare_with!r} answer different "
                "questions; there is nothing to compare"
            )
        comparison = result.compare(_evaluate(other, documents, options))
        comparison = replace(comparison, names=(options.model, options.compare_with))
        told["comparison"] = comparison.to_dict()
        lines += ["", f"compared with {options.compare_with}:", comparison.to_text()]
    curve = None
    if options.learning_curve:
        curve = _curve(model, options)
        told["learning_curve"] = curve.to_dict()
        lines += ["", "learning curve:", curve.to_text()]
    if options.json:
        print(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        print("\n".join(lines))
    if options.html:
        path = result.to_html(
            options.html,
            title=options.title,
            learning_curve=curve,
            mistakes=options.mistakes,
            comparison=comparison,
        )
        print(f"wrote {path}", file=sys.stderr)
    return 0


def _check_page(options: argparse.Namespace) -> None:
    """Say before the work that the page cannot be made."""
    from fanews_classify.report._drawing import require_matplotlib

    require_matplotlib("a report")
    path = Path(options.html)
    if not path.parent.is_dir():
        raise EvaluationError(f"there is no folder {path.parent} to write the page in")
    if path.is_dir():
        raise EvaluationError(f"{path} is a folder; give the name of a file")
    if options.mistakes < 0:
        raise ParameterError(f"--mistakes {options.mistakes}; give a number of 0 or more")


def _labelled(model: Any, options: argparse.Namespace) -> dict[str, Any]:
    """Read what `evaluate` takes from a user's files."""
    from fanews_classify.cli._labelled import read_for

    documents = read_for(model, options.data)
    read = {
        "texts": [document.text for document in documents],
        "labels": [document.label for document in documents],
        **_parts(documents),
    }
    if isinstance(model, StanceClassifier):
        read["targets"] = [document.target for document in documents]
    return read


def _claims(model: ClaimStanceClassifier, options: argparse.Namespace) -> dict[str, Any]:
    from fanews_classify.training.claim_recipe import Pairs
    from fanews_classify.training.pairs import read_pairs

    pairs = [
        pair for name in options.data for pair in read_pairs(Path(name), Pairs(name), model.labels)
    ]
    return {
        "texts": [pair.text for pair in pairs],
        "labels": [pair.label for pair in pairs],
        "claims": [pair.claim for pair in pairs],
        **_parts(pairs),
    }


def _parts(documents: Any) -> dict[str, list[str]]:
    """Return sources and dates, where any document has one."""
    parts = {
        "sources": [document.source for document in documents],
        "dates": [document.date for document in documents],
    }
    return {name: values for name, values in parts.items() if any(values)}


def _evaluate(
    model: Any, documents: dict[str, Any], options: argparse.Namespace, noise: bool = False
) -> Any:
    from fanews_classify.evaluation.judge import evaluate

    return evaluate(model, **documents, noise=noise, abstain_below=options.abstain_below)


def _curve(model: Any, options: argparse.Namespace) -> LearningCurve:
    from fanews_classify.training.curve import learning_curve
    from fanews_classify.training.recipe import load_recipe

    if isinstance(model, ClaimStanceClassifier):
        raise ParameterError("there is no learning curve for claim models")
    recipe = replace(load_recipe("custom"), labels=model.labels)
    if isinstance(model, TopicClassifier):
        recipe = replace(recipe, task="multi-label")
    elif isinstance(model, StanceClassifier):
        recipe = replace(recipe, task="stance", targets=model.targets)
    return learning_curve(options.learning_curve, test=options.data, recipe=recipe)
