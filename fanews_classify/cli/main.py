"""Arguments of the ``fanews`` command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import fanews_classify
from fanews_classify.cli import commands
from fanews_classify.errors import FanewsError

_EPILOG = """\
examples:
  echo "متن خبر" | fanews predict             one text a line from standard input
  fanews predict seeds/*.txt --json           one text a .txt file
  fanews predict news.csv --column body       one text a row
  fanews predict --model topic news.jsonl     the policy topics; also --model stance --target T
  fanews predict --model claim_stance --claim "قیمت نان بالا رفت" news.txt
  fanews analyze seeds/000.txt                section, topics, stances, and what carried them
  fanews explain seeds/000.txt                the words that carried the answer
  fanews train --data mine.csv --out mine.fanews
  fanews evaluate --data test.csv --model ./mine.fanews

exit codes: 0 done; 1 some records could not be read (each has its own output
record); 2 wrong arguments, files or models; 130 interrupted
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all subcommands."""
    parser = argparse.ArgumentParser(
        prog="fanews",
        description="Classify Persian news.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", action="version", version=f"fanews {fanews_classify.__version__}"
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")

    predict = verbs.add_parser("predict", help="label texts")
    _input_arguments(predict)
    predict.add_argument("--json", action="store_true", help="write JSON lines")
    predict.add_argument(
        "--abstain-below", type=float, metavar="P", help="answer 'unknown' below this confidence"
    )
    predict.set_defaults(run=commands.predict)

    explain = verbs.add_parser("explain", help="show the words that carried an answer")
    _input_arguments(explain)
    explain.add_argument("--json", action="store_true", help="write JSON lines")
    explain.add_argument(
        "--top", type=int, help="how many (default: 10 words; of a claim up to 4 sentences)"
    )
    explain.add_argument("--label", help="explain this label instead of the answer")
    explain.set_defaults(run=commands.explain)

    analyze = verbs.add_parser("analyze", help="section, topics and stances with their evidence")
    _text_arguments(analyze)
    analyze.add_argument("--json", action="store_true", help="write JSON lines")
    analyze.add_argument("--abstain-below", type=float, metavar="P")
    analyze.set_defaults(run=commands.analyze)

    train = verbs.add_parser("train", help="train a model")
    train.add_argument(
        "recipe", nargs="?", default="custom", help="name or .toml file (default: custom)"
    )
    train.add_argument(
        "--data", nargs="+", default=[], metavar="FILE", help="CSV or JSON lines: text and label"
    )
    train.add_argument("--corpora", metavar="DIR", help="folder of corpora ($FANEWS_CORPORA)")
    train.add_argument(
        "--data-dir", default="data", metavar="DIR", help="folder of the recipe's own files"
    )
    train.add_argument("--out", required=True, metavar="PATH", help="where the model goes")
    train.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="folds at once, each about 2 GB"
    )
    train.add_argument("--report", metavar="PATH", help="also write the report there")
    train.set_defaults(run=commands.train)

    evaluate = verbs.add_parser("evaluate", help="score a model on labelled texts")
    evaluate.add_argument("--data", nargs="+", required=True, metavar="FILE")
    evaluate.add_argument("--model", default="section", help="name or path (default: section)")
    evaluate.add_argument("--noise", action="store_true", help="also on disturbed texts")
    evaluate.add_argument("--json", action="store_true")
    evaluate.add_argument("--abstain-below", type=float, metavar="P")
    evaluate.set_defaults(run=commands.evaluate)

    _tune_arguments(verbs.add_parser("tune-threshold", help="choose thresholds on labelled texts"))

    info = verbs.add_parser("info", help="describe a model, or list the bundled ones")
    info.add_argument("model", nargs="?")
    info.add_argument("--json", action="store_true")
    info.set_defaults(run=commands.info)

    verify = verbs.add_parser("verify", help="check model files")
    verify.add_argument("models", nargs="+", metavar="MODEL")
    verify.set_defaults(run=commands.verify)
    return parser


def _tune_arguments(tune: argparse.ArgumentParser) -> None:
    tune.add_argument("--data", nargs="+", required=True, metavar="FILE")
    tune.add_argument("--model", default="topic", help="name or path (default: topic)")
    tune.add_argument("--out", metavar="PATH", help="save a model with the chosen thresholds")
    goal = tune.add_mutually_exclusive_group()
    goal.add_argument("--precision", type=float, metavar="P", help="of each topic, at least")
    goal.add_argument("--recall", type=float, metavar="P", help="of each topic, at least")
    goal.add_argument("--accuracy", type=float, metavar="P", help="of the answers given, at least")
    tune.set_defaults(run=_tune)


def _tune(options: argparse.Namespace) -> int:
    from fanews_classify.cli.tuning import tune_threshold

    return tune_threshold(options)


def _input_arguments(parser: argparse.ArgumentParser) -> None:
    _text_arguments(parser)
    parser.add_argument("--model", default="section", help="name or path (default: section)")
    parser.add_argument("--target", metavar="TOPIC", help="of a stance model: about which topic")
    parser.add_argument("--claim", metavar="TEXT", help="of a claim model: what texts may back")


def _text_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help=".txt (one text a file), .csv, .tsv or .jsonl (also .gz); '-' or none: standard "
        "input, one text a line",
    )
    parser.add_argument("--column", help="text column of CSV or JSON lines (default: guessed)")
    parser.add_argument("--whole", action="store_true", help="standard input is one text")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # Persian also under LANG=C
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    options = build_parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except FanewsError as error:
        print(f"fanews: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("fanews: interrupted", file=sys.stderr)
        return 130
    return code


if __name__ == "__main__":
    sys.exit(main())
