"""Freeze hazm's answers: python tests/golden/make_hazm.py, with the extra hazm."""

from __future__ import annotations

import json
from pathlib import Path

import hazm

HERE = Path(__file__).resolve().parent
TEXTS = HERE.parent.parent / "data" / "own_texts.jsonl"


def main() -> None:
    """Write the normalised text of every fourth of our own texts."""
    normalizer = hazm.Normalizer()
    lines = TEXTS.read_text(encoding="utf-8").splitlines()[::4]
    with open(HERE / "hazm_normalizer.jsonl", "w", encoding="utf-8") as file:
        for record in map(json.loads, lines):
            frozen = {"id": record["id"], "normalized": normalizer.normalize(record["body"])}
            file.write(json.dumps(frozen, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
