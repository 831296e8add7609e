"""``fanews predict``: an answer for each record."""

from __future__ import annotations

import argparse
import os
import stat
import sys
from typing import Final

from fanews_classify.analysis import answers
from fanews_classify.cli import _models
from fanews_classify.cli._archive import Archive
from fanews_classify.cli._arguments import add_input_arguments
from fanews_classify.cli._asking import Ask, answered
from fanews_classify.cli._inputs import Inputs, tell_about_terminal
from fanews_classify.cli._interrupts import check
from fanews_classify.cli._lines import Lines
from fanews_classify.cli._planning import is_folder_name
from fanews_classify.cli._progress import Progress, is_terminal, say
from fanews_classify.cli._summary import Summary
from fanews_classify.cli._writing import KINDS, Writer
from fanews_classify.cli.records import shown_error, shown_json
from fanews_classify.errors import ParameterError
from fanews_classify.scale.shipping import Shipped

_SHOWN: Final = 5  # files told one by one
_EPILOG = """\
examples:
  fanews predict news.csv --column title+body --out answers.csv
  fanews predict *.jsonl.gz --out all.parquet --jobs -1
  fanews predict export.csv --encoding cp1256 --out answers.csv --excel
  fanews predict old.csv --keep id,date --model topic --out topics.jsonl
  fanews predict archive/*.parquet --out answered/ --jobs -1
  zcat news.csv.gz | fanews predict --format csv --json | head

output: Without --out, a line for each record on standard output: label, Persian
name, confidence. With --out, the columns of the input and after them label,
label_fa, confidence (of topics labels, labels_fa, confidences, confidence; of
stances also target, of claims also claim) and error. If a column of the input has
one of these names, all of the answer begin with predicted_. If --out is a folder,
each file has an output of its own there, of the same name and kind.

records: There is one answer for each record, in order. A record that cannot be
read (wrong number of columns, not JSON, broken letters, no text) has an error in
place of its answer; an empty text is 'unknown'.

a run that is stopped: With --out, finished parts are kept in a folder FILE.part, or
FOLDER/_unfinished. The same command goes on after them, also with other --jobs;
--restart begins anew (and replaces outputs that are there only with --overwrite).

exit codes: 0 done; 1 done, but some records could not be read; 2 wrong arguments,
files or models, or nothing can be written, or (in a folder) some files could not be
read to their end; 130 interrupted
"""


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command."""
    predict = verbs.add_parser(
        "predict",
        help="label texts",
        description="Give each text of files or of standard input a label.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_input_arguments(predict)
    predict.add_argument(
        "--abstain-below", type=float, metavar="P", help="answer 'unknown' below this confidence"
    )
    predict.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="processes, -1: one on each core"
    )
    predict.add_argument("--quiet", action="store_true", help="no progress bar, no summary")
    group = predict.add_argument_group("writing")
    group.add_argument("--json", action="store_true", help="JSON lines on standard output")
    group.add_argument(
        "--out",
        metavar="FILE",
        help=".csv, .tsv, .jsonl, .txt (each also .gz) or .parquet; a folder (FOLDER/): "
        "an output for each file",
    )
    group.add_argument("--out-format", choices=KINDS, help="of --out (default: what its name says)")
    group.add_argument("--keep", metavar="A,B", help="columns of the input to keep (default: all)")
    group.add_argument("--drop-text", action="store_true", help="leave the text out")
    group.add_argument("--excel", action="store_true", help="write CSV that Excel reads rightly")
    group.add_argument("--overwrite", action="store_true", help="replace --out if it is there")
    group.add_argument("--restart", action="store_true", help="forget what an earlier run finished")
    group.add_argument(
        "--save-every",
        type=int,
        default=10_000,
        metavar="N",
        help="records of a part of --out, at most (default: 10000)",
    )
    predict.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write one answer for each record."""
    _check(options)
    inputs = Inputs(options, one_by_one=is_folder_name(options.out))
    shipped = _models.shipped(options.model)
    model = shipped.model
    asked = answers.question(model, options.target, options.claim)
    ask = Ask(model, asked, model._threshold(options.abstain_below))
    if options.out is None:
        summary = _to_standard_output(options, inputs, ask)
        _tell(options, inputs)
        return 1 if summary.faulty else 0
    if is_folder_name(options.out):
        return _to_folder(options, inputs, ask, shipped)
    writer = Writer(options, inputs, ask, shipped.digest)
    tell_about_terminal(inputs)
    summary = writer.write()
    _tell(options, inputs)
    if not options.quiet:
        say(summary.to_text(options.out))
    return 1 if summary.faulty else 0


def _to_folder(options: argparse.Namespace, inputs: Inputs, ask: Ask, shipped: Shipped) -> int:
    archive = Archive(options, inputs, ask, shipped)
    summary = archive.write()
    if not options.quiet:
        say(summary.to_text(options.out))
    faults = archive.faults
    for name, fault in list(faults.items())[:_SHOWN]:
        say(f"not done: {name}: {fault}")
    if faults:
        say(
            f"{len(faults):,} of {len(inputs.paths):,} files could not be read to their end; mend "
            "them and give the same command: what is done is kept"
        )
        return 2
    return 1 if summary.faulty else 0


def _check(options: argparse.Namespace) -> None:
    if options.jobs == 0:
        raise ParameterError("--jobs 0: give a number of processes, -1 for one on each core")
    if options.save_every < 1:
        raise ParameterError("--save-every: give a number of 1 or more")
    if options.out is None:
        names = ("out_format", "keep", "drop_text", "excel", "overwrite", "restart")
        for name in names:
            if getattr(options, name) not in (None, False):
                raise ParameterError(f"--{name.replace('_', '-')} needs --out FILE")


def _to_standard_output(options: argparse.Namespace, inputs: Inputs, ask: Ask) -> Summary:
    if sys.stdout is None:
        raise ParameterError("cannot write standard output: it is closed; give --out FILE")
    typed = tell_about_terminal(inputs)
    told = not options.quiet and is_terminal(sys.stderr)
    summary = Summary()
    progress = Progress(inputs, told and _goes_to_file())
    try:
        at_once = {"at_once": 1} if typed else {}  # a person waits for each answer
        with Lines(at_once=typed or is_terminal(sys.stdout)) as out:
            for record, answer in answered(inputs.records(), ask, jobs=options.jobs, **at_once):
                check()
                summary.add([(record, answer)])
                progress.count()
                if answer is None:
                    out.add(shown_error(record, options.json))
                elif options.json:
                    out.add(shown_json(record, answers.values(answer)))
                else:
                    out.add(answers.line(answer))
    finally:
        progress.close()
    if told and (summary.faulty or summary.records > 20):
        sys.stdout.flush()
        say(summary.to_text(None))
    return summary


def _tell(options: argparse.Namespace, inputs: Inputs) -> None:
    """Name the files that held nothing."""
    if inputs.without_records and not options.quiet:
        names = ", ".join(inputs.without_records[:5])
        say(f"there is no record in {names}")


def _goes_to_file() -> bool:
    """Tell whether standard output is a file: on a terminal the answers would break the bar."""
    try:
        return stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError):
        return False
