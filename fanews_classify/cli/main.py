"""Arguments of the ``fanews`` command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import fanews_classify
from fanews_classify.cli import (
    _interrupts,
    commands,
    completion,
    evaluating,
    information,
    labelling,
    predicting,
    serving,
    training,
    tuning,
)
from fanews_classify.cli._parser import Parser
from fanews_classify.errors import FanewsError

# In the order in which --help lists their verbs.
_VERBS: Final = (
    predicting,
    commands,
    serving,
    training,
    labelling,
    evaluating,
    tuning,
    information,
    completion,
)

_EPILOG = """\
examples:
  echo "متن خبر" | fanews predict             one text a line from standard input
  fanews predict texts/*.txt --json           one text a .txt file
  fanews predict news.csv --column body       one text a row
  fanews predict *.csv --out answers.parquet  a file of the rows and their answers
  fanews predict --model topic news.jsonl     the policy topics; also --model stance --target T
  fanews predict --model claim_stance --claim "قیمت نان بالا رفت" news.txt
  fanews analyze article.txt                  section, topics, stances, and what carried them
  fanews explain article.txt                  the words that carried the answer
  fanews train --data mine.csv --out mine.fanews
  fanews suggest --pool news.csv --data mine.csv -n 50 --out ask.csv
  fanews evaluate --data test.csv --model ./mine.fanews

fanews COMMAND --help says more; fanews completion makes a shell complete all this.

exit codes: 0 done; 1 some records could not be read (each has its own output
record); 2 wrong arguments, files or models; 130 interrupted
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all subcommands."""
    parser = Parser(
        prog="fanews",
        description="Classify Persian news.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", action="version", version=f"fanews {fanews_classify.__version__}"
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    for module in _VERBS:
        module.add_arguments(verbs)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    if arguments is None:
        _begin_in_utf8()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # Persian also under LANG=C
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    options = build_parser().parse_args(arguments)
    try:
        with _interrupts.noted():
            code: int = options.run(options)
        if sys.stdout is not None:
            sys.stdout.flush()
    except FanewsError as error:
        print(f"fanews: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, such as head, has seen enough
        _close_output()
        return 0
    except OSError as error:  # standard output on a full disk
        _close_output()
        print(f"fanews: cannot write: {error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("fanews: interrupted", file=sys.stderr)
        return 130
    return code


def _begin_in_utf8() -> None:
    """Begin anew in Python's UTF-8 mode where the locale has no Persian letters.

    Under LANG=C Python does so by itself, unless it is told not to; under other
    locales arguments and names of files would be read as something else.
    """
    if os.name == "nt" or sys.getfilesystemencoding().lower() in ("utf-8", "utf8"):
        return
    if os.environ.get("PYTHONUTF8") != "1" and sys.executable:
        os.execve(sys.executable, sys.orig_argv, {**os.environ, "PYTHONUTF8": "1"})  # noqa: S606


def _close_output() -> None:
    """Let nothing more be written at the end, which would fail again."""
    if sys.stdout is None:
        return
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
