"""``fanews tune-threshold``: thresholds from a user's own labelled texts."""

from __future__ import annotations

import argparse
from typing import Final

_EPILOG: Final = """\
examples:
  fanews tune-threshold --data test.csv --model section
  fanews tune-threshold --data test.csv --model section --accuracy 0.95 --out sure.fanews
  fanews tune-threshold --data topics.csv --precision 0.9 --out topics.fanews

--precision and --recall are for models with several labels a text, --accuracy for
the others. Take texts that the model was not trained on.
"""


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command."""
    tune = verbs.add_parser(
        "tune-threshold",
        help="choose thresholds on labelled texts",
        description="Show what each threshold would cost on your texts; save the chosen ones.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    tune.add_argument(
        "--data", nargs="+", required=True, metavar="FILE", help="columns text and label"
    )
    tune.add_argument("--model", default="topic", help="name or path (default: topic)")
    tune.add_argument("--out", metavar="PATH", help="save a model with the chosen thresholds")
    goal = tune.add_mutually_exclusive_group()
    goal.add_argument("--precision", type=float, metavar="P", help="of each topic, at least")
    goal.add_argument("--recall", type=float, metavar="P", help="of each topic, at least")
    goal.add_argument("--accuracy", type=float, metavar="P", help="of the answers given, at least")
    tune.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what each threshold would cost; save a model with the chosen ones."""
    from fanews_classify.cli._thresholds import tune_threshold  # scipy and numpy only now

    return tune_threshold(options)
