"""``fanews train``."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from fanews_classify.cli._interrupts import check, is_interrupt
from fanews_classify.cli._progress import expect_to_be_stopped, is_terminal
from fanews_classify.errors import CorpusError, ModelFileError

_LOGGER: Final = "fanews_classify.training"
_EPILOG: Final = """\
examples:
  fanews train --data mine.csv --out mine.fanews
  fanews predict news.csv --model ./mine.fanews

mine.csv, in UTF-8 (in Excel «CSV UTF-8»); labels may be Persian:
  text,label
  تیم فوتبال شهر بازی را برد,ورزش
  قیمت نان در بازار بالا رفت,اقتصاد
The scores printed are of texts held out; near duplicates of a text are never in the
part that scores it.

Finished folds are kept in the folder mine.fanews.part until the model is saved: if the
training is stopped or killed, the same command goes on after them, and gives the same
model. What was at mine.fanews before stays until then.
"""


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command."""
    train = verbs.add_parser(
        "train",
        help="train a model",
        description="Train a model of your own labels, and score it on texts held out.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    train.add_argument(
        "recipe", nargs="?", default="custom", help="name or .toml file (default: custom)"
    )
    train.add_argument(
        "--data",
        nargs="+",
        default=[],
        metavar="FILE",
        help=".csv, .tsv, .jsonl or .parquet with a column 'text' and a column 'label'",
    )
    train.add_argument("--corpora", metavar="DIR", help="folder of corpora ($FANEWS_CORPORA)")
    train.add_argument(
        "--data-dir", default="data", metavar="DIR", help="folder of the recipe's own files"
    )
    train.add_argument("--out", required=True, metavar="PATH", help="where the model goes")
    train.add_argument(
        "--jobs",
        type=int,
        default=1,
        metavar="N",
        help="folds at once; of the bundled recipes each takes about 2 GB",
    )
    train.add_argument("--report", metavar="PATH", help="also write the report there")
    train.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train, save, and print the report."""
    import joblib

    from fanews_classify.training import train

    _check_writable(options.out)
    folder = f"{options.out}.part"
    with _told(), joblib.parallel_config(n_jobs=options.jobs):
        try:
            training = train(
                options.recipe,
                files=options.data,
                data=options.data_dir,
                corpora=options.corpora,
                out=options.out,
                progress=_progress,
                checkpoint=folder,
            )
        except BaseException as error:
            stopped = is_interrupt(error) or isinstance(error, CorpusError | ModelFileError)
            if stopped and Path(folder).exists():
                logging.getLogger(_LOGGER).info(
                    "finished folds are kept in %s: the same command goes on after them", folder
                )
            raise
    report = training.report()
    print(report)
    if options.report:
        Path(options.report).write_text(report + "\n", encoding="utf-8")
    print(f"\nsaved {options.out}, {Path(options.out).stat().st_size / 1e6:.1f} MB")
    return 0


@contextmanager
def _told() -> Iterator[None]:
    """Show what training says of its finished folds."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("fanews: %(message)s"))
    logger = logging.getLogger(_LOGGER)
    before = logger.level
    expect_to_be_stopped()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def _check_writable(path: str) -> None:
    """Say before an hour of training that its result cannot be saved."""
    folder = Path(path).resolve().parent
    if not folder.is_dir():
        raise CorpusError(f"there is no folder {folder} to save the model in")


def _progress(step: str, done: int, total: int) -> None:
    check()
    if not is_terminal(sys.stderr):
        return
    width = 30
    filled = width * done // max(total, 1)
    end = "\n" if done >= total else ""
    print(f"\r{step:<26} [{'#' * filled:<{width}}] {done}/{total}", end=end, file=sys.stderr)
