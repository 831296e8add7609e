"""``fanews completion``: scripts with which a shell completes the command."""

from __future__ import annotations

import argparse
from typing import Any, Final

from fanews_classify.cli import _models
from fanews_classify.errors import MissingExtraError, ParameterError

SHELLS: Final = ("bash", "zsh", "fish", "tcsh")

_EPILOG: Final = """\
how to install it (once; then open a new shell):
  bash  fanews completion bash > ~/.local/share/bash-completion/completions/fanews
  zsh   fanews completion zsh > ~/.zfunc/_fanews     with, in ~/.zshrc before compinit:
        fpath+=(~/.zfunc)
  fish  fanews completion fish > ~/.config/fish/completions/fanews.fish
  tcsh  fanews completion tcsh > ~/.fanews.tcsh     and in ~/.tcshrc: source ~/.fanews.tcsh
"""
_FILES: Final = ("FILE", "PATH")
_FOLDERS: Final = ("DIR",)


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command."""
    completion = verbs.add_parser(
        "completion",
        help="print a script for completion in a shell",
        description="Print a script with which a shell completes verbs, options, models and files.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    completion.add_argument("shell", choices=SHELLS)
    completion.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the script."""
    try:
        import shtab
    except ImportError as error:
        raise MissingExtraError("shtab", "cli", "shell completion") from error
    from fanews_classify.cli.main import build_parser

    if options.shell not in shtab.SUPPORTED_SHELLS:
        raise ParameterError(f"the installed shtab has no {options.shell}; a newer one does")
    parser = build_parser()
    _complete(parser, shtab)
    print(shtab.complete(parser, shell=options.shell))
    return 0


def _complete(parser: argparse.ArgumentParser, shtab: Any) -> None:
    """Say of each argument what it is completed with."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb in action.choices.values():
                _complete(verb, shtab)
        elif action.dest == "model" or action.metavar == "MODEL":
            action.complete = _model_names()  # type: ignore[attr-defined]
        elif action.metavar in _FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif action.metavar in _FOLDERS:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]


def _model_names() -> dict[str, Any]:
    """Bundled names, and files."""
    names = " ".join(_models.bundled())
    return {
        "bash": "_fanews_models",
        "zsh": f"{{compadd -- {names}; _files}}",
        "tcsh": f"({names})",
        "fish": f"({_fish(names)})",
        "preamble": {
            "bash": (
                f'_fanews_models() {{\n  compgen -W "{names}" -- "$1"\n  compgen -f -- "$1"\n}}\n'
            )
        },
    }


def _fish(names: str) -> str:
    return f"string split ' ' '{names}'; __fish_complete_path (commandline -ct)"
