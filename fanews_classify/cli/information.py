"""``fanews info`` and ``fanews verify``: what models are, and whether files are whole."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

from fanews_classify.cli import _models
from fanews_classify.model import _store


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verbs to the command."""
    describe = verbs.add_parser(
        "info",
        help="describe a model, or list the bundled ones",
        description="Describe a model: its labels, scores, training and licences.",
    )
    describe.add_argument("model", nargs="?", help="name or path (default: all bundled ones)")
    describe.add_argument("--json", action="store_true", help="write JSON")
    describe.set_defaults(run=info)

    check = verbs.add_parser(
        "verify",
        help="check model files",
        description="Check every byte of model files against their digests.",
    )
    check.add_argument("models", nargs="+", metavar="MODEL", help="name or path")
    check.set_defaults(run=verify)


def info(options: argparse.Namespace) -> int:
    """Describe one model or all bundled ones."""
    if options.model is None:
        described = _store.models()
        if options.json:
            print(json.dumps(described, ensure_ascii=False, indent=1))
        for name, entry in described.items() if not options.json else ():
            print(f"{name}  {entry['size'] / 1e6:.1f} MB  {_score(entry['info'])}")
            _list(entry["labels"], entry["labels_fa"])
        return 0
    model = _models.load(options.model)
    if options.json:
        print(json.dumps(dict(model.info), ensure_ascii=False, indent=1))
        return 0
    print(f"{model.name}: {len(model.labels)} labels, {_score(model.info)}")
    _list(model.labels, model.labels_fa)
    card = model.info.get("card", {})
    for key, value in {**card, **model.info.get("training", {})}.items():
        for item in value if isinstance(value, list) else [value]:
            if not isinstance(item, dict):
                print(f"  {key}: {item}")
    return 0


def _list(labels: Sequence[str], persian: Sequence[str]) -> None:
    for label, name in zip(labels, persian, strict=True):
        print(f"  {label}" if name == label else f"  {label}  {name}")


def _score(description: Any) -> str:
    scores = description.get("scores", {}).get("macro_f1")
    if not scores:
        return "no scores"
    return f"macro-F1 {scores['value']:.3f} [{scores['low']:.3f}, {scores['high']:.3f}]"


def verify(options: argparse.Namespace) -> int:
    """Check files completely; the first fault ends with its message."""
    for name in options.models:
        model = _store.verify(name)
        print(f"{name}: good, {model.name!r}, {len(model.labels)} labels")
    return 0
