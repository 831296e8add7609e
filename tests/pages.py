"""Examples in Markdown pages: found, and run as a reader would run them.

In a page's code blocks

* a block with ``title="NAME"`` that is no program is a file that the reader makes,
* ``pycon`` is a doctest, ``python`` is run, ``toml`` must be a recipe,
* ``console`` is run where ``<!-- run -->`` stands before it,
* ``<!-- no-run -->`` keeps a block from being run; Python must compile all the same,
* ``<!-- needs: PACKAGE -->`` has it, and what follows, run only where the package is installed.

All blocks of a page share one folder and one namespace.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from fanews_classify.cli.main import main
from fanews_classify.training.recipe import parse_recipe

_FENCE: Final = re.compile(
    r"^(?P<indent>[ ]*)(?:<!-- (?P<mark>run|no-run|needs: [\w ]+) -->\n\s*)?"
    r"```(?P<language>\w+)(?P<options>[^\n]*)\n(?P<body>.*?)^(?P=indent)```[ ]*$",
    re.MULTILINE | re.DOTALL,
)
_TITLE: Final = re.compile(r'title="([^"]+)"')
_FLAGS: Final = doctest.NORMALIZE_WHITESPACE
_OUTPUT: Final = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    language: str
    title: str
    mark: str
    body: str
    line: int


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page, in its order."""
    found = []
    for match in _FENCE.finditer(text):
        title = _TITLE.search(match["options"])
        body = re.sub(rf"^{match['indent']}", "", match["body"], flags=re.MULTILINE)
        line = text.count("\n", 0, match.start("body")) + 1
        found.append(
            Block(match["language"], title[1] if title else "", match["mark"] or "", body, line)
        )
    return found


def run(page: Path, folder: Path) -> list[str]:
    """Run a page's blocks in a folder; return what went wrong."""
    faults: list[str] = []
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page.read_text(encoding="utf-8")):
        where = f"{page.name}, line {block.line}"
        needed = block.mark.removeprefix("needs: ").split() if "needs: " in block.mark else []
        if not all(map(find_spec, needed)):
            break
        try:
            faults += [f"{where}: {fault}" for fault in _run(block, names, folder, where)]
        except Exception as error:  # of the example, whatever it is
            faults.append(f"{where}: {type(error).__name__}: {error}")
    return faults


def _run(block: Block, names: dict[str, Any], folder: Path, where: str) -> Iterator[str]:
    if block.language == "toml":
        parse_recipe({"name": "example", **tomllib.loads(block.body)})
    if block.title and block.language not in {"python", "pycon", "console"}:
        (folder / block.title).write_text(block.body, encoding="utf-8")
    elif block.language == "python":
        code = compile(block.body, where, "exec")
        if block.mark != "no-run":
            with contextlib.redirect_stdout(io.StringIO()):
                exec(code, names)
    elif block.language == "pycon" and block.mark != "no-run":
        yield from _doctest(block, names, where)
    elif block.language == "console" and block.mark not in {"", "no-run"}:
        yield from _console(block.body, folder)


def _doctest(block: Block, names: dict[str, Any], where: str) -> Iterator[str]:
    examples = doctest.DocTestParser().get_doctest(block.body, names, where, where, block.line)
    if not examples.examples:
        yield "a pycon block without an example"
    examples.globs = names  # not a copy: later blocks see what this one makes
    report: list[str] = []
    doctest.DocTestRunner(optionflags=_FLAGS, verbose=False).run(
        examples, out=report.append, clear_globs=False
    )
    yield from report


def _console(body: str, folder: Path) -> Iterator[str]:
    """Run the commands after ``$`` and compare what they print where the page shows it."""
    for shown in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, wanted = shown.partition("\n")
        while command.endswith("\\"):
            more, _, wanted = wanted.partition("\n")
            command = command[:-1] + more
        got = _output(command, folder).replace("\ufeff", "")  # which a terminal does not show
        if wanted.strip() and not doctest.OutputChecker().check_output(wanted, got, _OUTPUT):
            yield f"$ {command}\nExpected:\n{wanted}\nGot:\n{got}"
        elif not wanted.strip() and re.search(r"^(fanews: |usage: |Traceback)", got, re.MULTILINE):
            yield f"$ {command}\n{got}"


def _output(command: str, folder: Path) -> str:
    words = shlex.split(command, comments=True)
    if words[0] == "fanews" and not {"|", ">", "<", "&&", ";", "2>"} & set(words) and _plain(words):
        printed = io.StringIO()
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            contextlib.suppress(SystemExit),  # argparse, of wrong arguments
        ):
            main(words[1:])
        return printed.getvalue()
    path = f"{_shim(folder)}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [shutil.which("bash") or "bash", "-c", command],
        cwd=folder, env={**os.environ, "PATH": path}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False,
        encoding="utf-8",
    )  # fmt: skip
    return done.stdout


def _plain(words: list[str]) -> bool:
    """Whether no word is for the shell to expand."""
    return not any(re.search(r"[*?$]", word) for word in words)


def _shim(folder: Path) -> Path:
    """Make a folder with the command ``fanews`` of the running interpreter."""
    tools = folder / ".bin"
    tools.mkdir(exist_ok=True)
    command = tools / "fanews"
    command.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -m fanews_classify.cli.main "$@"\n', encoding="utf-8"
    )
    command.chmod(0o755)
    return tools
