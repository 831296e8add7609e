"""``fanews suggest`` and ``fanews label-errors``: what to label next, and what again."""

from __future__ import annotations

import argparse
from typing import Final

_SUGGEST: Final = """\
first write a sheet, fill its column 'label' (in Excel, say), then read it back:
  fanews suggest --pool news.csv --data mine.csv -n 50 --out ask.csv
  fanews suggest --answers ask.csv --data mine.csv --merged mine.csv --save mine.fanews

Without --data and --model the sheet is of texts that stand for many others: for a start.
Several labels of one text are written a;b, and - says that it has none. An empty label
means not answered yet.
"""


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verbs to the command."""
    suggest = verbs.add_parser(
        "suggest",
        help="choose the texts to label next; learn from the answers",
        description="Choose the texts whose labels would teach a model most; learn the answers.",
        epilog=_SUGGEST,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = suggest.add_mutually_exclusive_group(required=True)
    what.add_argument("--pool", nargs="+", metavar="FILE", help="texts without labels: choose")
    what.add_argument("--answers", nargs="+", metavar="FILE", help="sheets that are filled: learn")
    suggest.add_argument(
        "--data", nargs="+", default=[], metavar="FILE", help="what is labelled already"
    )
    suggest.add_argument(
        "--model", help="name or path of the one that is unsure (default: trained on --data)"
    )
    suggest.add_argument(
        "--recipe", default="custom", help="how to train: name or .toml file (default: custom)"
    )
    suggest.add_argument(
        "--target", metavar="TOPIC", help="of a stance model: what the stance is about"
    )
    suggest.add_argument("--encoding", metavar="E", help="of the pool, or of the sheets")
    suggest.add_argument(
        "--interactive", action="store_true", help="ask here, one text after the other"
    )
    _choosing(suggest.add_argument_group("choosing (with --pool)"))
    _learning(suggest.add_argument_group("learning (with --answers)"))
    suggest.set_defaults(run=_suggest)

    errors = verbs.add_parser(
        "label-errors",
        help="list labels that may be wrong",
        description="List labels that models contradict which have not seen the texts.",
        epilog="example: fanews label-errors --data mine.csv --out doubtful.csv",
    )
    errors.add_argument(
        "--data", nargs="+", required=True, metavar="FILE", help="columns text and label"
    )
    errors.add_argument(
        "--recipe", default="custom", help="how to train: name or .toml file (default: custom)"
    )
    errors.add_argument("--model", help="ask this model, which has not learnt from the texts")
    errors.add_argument("-n", type=int, default=20, metavar="N", help="show so many (default: 20)")
    errors.add_argument("--out", metavar="FILE", help="write all to a sheet (.csv or .jsonl)")
    errors.add_argument("--seed", type=int, default=0, help="of the folds (default: 0)")
    errors.set_defaults(run=_errors)


def _choosing(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--out", metavar="FILE", help="the sheet to fill (.csv or .jsonl)")
    group.add_argument("-n", type=int, default=50, metavar="N", help="how many (default: 50)")
    group.add_argument(
        "--column",
        metavar="C",
        help="column of the text, title+body for several (default: guessed)",
    )
    group.add_argument("--lines", action="store_true", help="of .txt files each line is a text")
    group.add_argument(
        "--diversity",
        type=float,
        default=0.25,
        metavar="D",
        help="0: the least certain; 1: the least alike among them (default: 0.25)",
    )
    group.add_argument(
        "--per-label", type=int, metavar="N", help="at most so many with one answer of the model"
    )
    group.add_argument("--seed", type=int, default=0, help="of the first sheet (default: 0)")


def _learning(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--save", metavar="PATH", help="train with the answers, save the model")
    group.add_argument(
        "--merged", metavar="FILE", help="write --data and the answers there (.csv or .jsonl)"
    )
    group.add_argument(
        "--new-labels", action="store_true", help="answers may be labels that there were not so far"
    )
    group.add_argument("--corpora", metavar="DIR", help="of the recipe ($FANEWS_CORPORA)")
    group.add_argument(
        "--data-dir", default="data", metavar="DIR", help="folder of the recipe's own files"
    )


def _suggest(options: argparse.Namespace) -> int:
    if options.pool:
        from fanews_classify.cli._choosing import choose

        return choose(options)
    from fanews_classify.cli._learning import learn

    return learn(options)


def _errors(options: argparse.Namespace) -> int:
    from fanews_classify.cli._doubting import doubt

    return doubt(options)
