"""Arguments that several verbs share."""

from __future__ import annotations

import argparse

from fanews_classify.records.kinds import KINDS


def add_input_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the texts, and the model that is asked about them."""
    add_text_arguments(parser)
    add_model_arguments(parser)


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the model and what it may have to be told."""
    group = parser.add_argument_group("model")
    group.add_argument("--model", default="section", help="name or path (default: section)")
    group.add_argument("--target", metavar="TOPIC", help="of a stance model: about which topic")
    group.add_argument("--claim", metavar="TEXT", help="of a claim model: what texts may back")


def add_text_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the files that texts are read from, and how."""
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help=".txt (one text a file), .csv, .tsv, .jsonl, .json (each also .gz) or .parquet; "
        "'-' or none: standard input, one text a line",
    )
    group = parser.add_argument_group("reading")
    group.add_argument(
        "--column",
        metavar="C",
        help="column of the text, title+body for several (default: guessed)",
    )
    group.add_argument("--lines", action="store_true", help="of .txt files each line is a text")
    group.add_argument("--whole", action="store_true", help="standard input is one text")
    group.add_argument(
        "--format",
        choices=KINDS,
        help="what standard input or files hold (default: text, or what the name says)",
    )
    group.add_argument(
        "--encoding", metavar="E", help="of the files, for instance cp1256, utf-16 (default: utf-8)"
    )
    group.add_argument(
        "--delimiter", metavar="D", help="of CSV files (default: what the header line has)"
    )
