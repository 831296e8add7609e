"""A parser of arguments that says what was probably meant."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from fanews_classify.records._nearest import did_you_mean


class Parser(argparse.ArgumentParser):
    """As that of argparse; of a wrong verb, option or choice it names the nearest."""

    def error(self, message: str) -> NoReturn:
        """Print usage and what is wrong; exit with 2."""
        super().error(message + self._hint(message))

    def _hint(self, message: str) -> str:
        wrong = re.search(r"unrecognized arguments: .*?(--[\w-]+)", message)
        if wrong is not None:
            return self._owners(wrong[1]) or did_you_mean(wrong[1], self._options())
        wrong = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message)
        if wrong is not None:
            names = re.findall(r"[\w-]+", wrong[2])
            if message.startswith("argument COMMAND"):  # "fanews help", "fanews version"
                names += [name for action in self._actions for name in action.option_strings]
            return did_you_mean(wrong[1], names)
        return ""

    def _owners(self, option: str) -> str:
        """Return the end of a sentence that names the verbs that have an option, or ``""``."""
        verbs = [
            verb
            for action in self._actions
            if isinstance(action, argparse._SubParsersAction)
            for verb, parser in parsers_of(action).items()
            if option in parser._option_string_actions
        ]
        return f"; only {', '.join(verbs)} take {option}, after their name" if verbs else ""

    def _options(self) -> Iterator[str]:
        """Yield the options of all verbs."""
        for action in self._actions:
            yield from action.option_strings
            if isinstance(action, argparse._SubParsersAction):
                for parser in parsers_of(action).values():
                    yield from parser._options()


def parsers_of(verbs: argparse._SubParsersAction[Any]) -> dict[str, Parser]:
    """Return the parsers of verbs by their names."""
    return dict(verbs.choices)
