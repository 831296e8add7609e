"""``fanews explain`` and ``fanews analyze``: answers with what carried them."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable
from typing import Final

from fanews_classify.analysis import answers
from fanews_classify.cli import _models
from fanews_classify.cli._arguments import add_input_arguments, add_text_arguments
from fanews_classify.cli.records import Record, read_texts, write_error, write_json
from fanews_classify.display import clean, depth, one_line, width

_COLOUR: Final = {"auto": None, "always": True, "never": False}
_INDENT: Final = "  "

_EXPLAIN: Final = """\
examples:
  fanews explain article.txt
  fanews explain news.csv --column body --top 5 --label economy
  fanews explain article.txt --model stance --target housing
  fanews explain article.txt --model claim_stance --claim "قیمت نان بالا رفت"

Below each answer: what a word adds to the score of the label (below 0: it speaks
against it), its place in the text in characters from 0, and the word.
"""
_ANALYZE: Final = """\
examples:
  fanews analyze article.txt
  fanews analyze news.csv --column title+body --json
  echo "متن خبر" | fanews analyze

Below each answer: the words that carried it, strongest first, and the sentences,
with their places in the text in characters from 0.
"""


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verbs to the command."""
    words = verbs.add_parser(
        "explain",
        help="show the words that carried an answer",
        description="Show the words, or of a claim the sentences, that carried an answer.",
        epilog=_EXPLAIN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_input_arguments(words)
    words.add_argument("--json", action="store_true", help="write JSON lines")
    words.add_argument(
        "--top", type=int, help="how many (default: 10 words; of a claim up to 4 sentences)"
    )
    words.add_argument("--label", help="explain this label instead of the answer")
    _add_colour(words)
    words.set_defaults(run=explain)

    whole = verbs.add_parser(
        "analyze",
        help="section, topics and stances with their evidence",
        description="Tell section, policy topics and the stance on each, with their evidence.",
        epilog=_ANALYZE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_text_arguments(whole)
    whole.add_argument("--json", action="store_true", help="write JSON lines")
    whole.add_argument(
        "--abstain-below",
        type=float,
        metavar="P",
        help="section and stance are 'unknown' below this confidence",
    )
    _add_colour(whole)
    whole.set_defaults(run=analyze)


def _add_colour(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--colour",
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="on a terminal (default), always or never; shows the text as well",
    )


def explain(options: argparse.Namespace) -> int:
    """Write each answer and the words that carried it."""
    model = _models.load(options.model)
    asked = answers.question(model, options.target, options.claim)

    def show(record: Record) -> None:
        answer = next(answers.stream(model, [record.text], asked, None))
        evidence = answers.explain(model, record.text, asked, options.label, options.top)
        if options.json:
            found = [item._asdict() for item in evidence]
            write_json(record, {**answers.values(answer), "evidence": found})
            return
        name, line = clean(record.name), clean(answers.line(answer))
        title = f"{name}\t{line}"
        colour = _COLOUR[options.colour]
        shown_below = line.split("\t")[0] == evidence.label
        if depth(colour):
            told = evidence.to_text(colour, _columns(), rows=None)
            print(f"{name if shown_below else title}\n{_indented(told)}")
            return
        print(title)
        if evidence and not shown_below:  # of another label, or of one among several
            of = f"{evidence.label} ({evidence.label_fa}) {evidence.confidence:.2f}"
            print(f"{_INDENT}{one_line(of)}")
        for item in evidence:
            print(f"  {item.weight:+.3f}  {item.start}-{item.end}  {one_line(item.text)}")

    return _for_each(options, show)


def analyze(options: argparse.Namespace) -> int:
    """Write section, topics and stances of each record, with their evidence."""
    from fanews_classify.analysis.analyze import analyze as run

    def show(record: Record) -> None:
        analysis = run(record.text, abstain_below=options.abstain_below)
        if options.json:
            write_json(record, analysis.to_dict())
        else:
            told = analysis.to_text(_COLOUR[options.colour], _columns())
            print(f"{clean(record.name)}\n{_indented(told)}")

    return _for_each(options, show)


def _columns() -> int | None:
    columns = width()
    return None if columns is None else max(columns - len(_INDENT), 1)


def _indented(told: str) -> str:
    return textwrap.indent(told, _INDENT)


def _for_each(options: argparse.Namespace, show: Callable[[Record], None]) -> int:
    """Show each record that could be read, and the fault of each that could not."""
    faulty = 0
    for record in read_texts(options):
        if record.error:
            faulty += 1
            write_error(record, options.json, named=True)
        else:
            show(record)
    return 1 if faulty else 0
