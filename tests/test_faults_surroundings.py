"""Poor surroundings: locale C, no home, no temporary folder, Python -O and other flags."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from faults import ALONE, LABELLED, ROOT, can_mount, environment, python, told

import fanews_classify as fc

Record = Callable[[str, object], None]
SPORT: Final = "باشگاه فوتبال شهر در لیگ قهرمان شد"
ECONOMY: Final = "بانک مرکزی نرخ ارز و شاخص بورس را اعلام کرد"
POOR: Final[dict[str, dict[str, str | None]]] = {
    "as LANG=C is": {"LC_ALL": "C", "PYTHONUTF8": None},
    "LANG=C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "LANG=POSIX": {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "no LANG": {"LC_ALL": None, "LANG": None, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "ascii streams": {"PYTHONIOENCODING": "ascii:strict"},
    "ascii streams, LANG=C": {"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0",
                              "PYTHONCOERCECLOCALE": "0"},
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    with Path("خبر.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["شناسه", "متن خبر"], ["۱", SPORT], ["۲", ECONOMY]])
    Path("mine.csv").write_text(LABELLED, encoding="utf-8")
    return tmp_path


def fanews(
    *arguments: str, env: dict[str, str | None], given: str = ""
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "fanews_classify.cli.main", *arguments],
        capture_output=True,
        check=False,
        input=given.encode(),
        env=environment(env),
    )


@pytest.mark.skipif(os.name == "nt", reason="locales of POSIX")
@pytest.mark.parametrize("name", POOR)
def test_persian_in_every_locale(name: str, folder: Path, record_property: Record) -> None:
    env = POOR[name]
    section = fc.load("section")
    changed = lost = 0
    done = fanews("predict", "--json", env=env, given=f"{SPORT}\n{ECONOMY}\n")
    assert done.returncode == 0, done.stderr.decode()
    answers = [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]
    changed += [a["label"] for a in answers] != section.predict([SPORT, ECONOMY])
    done = fanews("predict", "خبر.csv", "--column", "متن خبر", "--out", "پاسخ.csv", env=env)
    assert done.returncode == 0, done.stderr.decode()
    assert "پاسخ.csv" in done.stderr.decode("utf-8")
    with Path("پاسخ.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lost += 2 - len(rows)
    changed += [(r["شناسه"], r["متن خبر"]) for r in rows] != [("۱", SPORT), ("۲", ECONOMY)]
    changed += [r["label_fa"] for r in rows] != ["ورزش", "اقتصاد"]
    done = fanews("explain", env=env, given=SPORT)
    assert done.returncode == 0, done.stderr.decode()
    assert "فوتبال" in done.stdout.decode("utf-8")
    if name == "ascii streams, LANG=C":
        done = fanews("train", "--data", "mine.csv", "--out", "مدل.fanews", env=env)
        assert done.returncode == 0, done.stderr.decode()
        assert "ورزش" in done.stdout.decode("utf-8")
        fc.train(files="mine.csv", out="plain")
        changed += Path("مدل.fanews").read_bytes() != Path("plain").read_bytes()
    done = fanews("predict", "نیست.csv", env=env)
    assert done.returncode == 2
    assert "نیست.csv" in done.stderr.decode("utf-8")
    told(record_property, fault="locale C or POSIX, no locale, streams of ASCII",
         done="Persian text, file names, columns and labels in and out as elsewhere",
         lost=lost, changed=changed)  # fmt: skip


_PATHS: Final = """
import hashlib, json, sys
import fanews_classify as fc
from fanews_classify.cli.main import main
section, text = fc.load("section"), sys.argv[1]
found = [section.predict_proba(text).tobytes().hex(), str(section.explain(text)),
         str(fc.analyze(text)), str(fc.load("claim_stance").predict(text, claim=text))]
trained = fc.train(files="mine.csv", out="m.fanews")
found.append(hashlib.sha256(open("m.fanews", "rb").read()).hexdigest())
found.append(trained.report())
found.append(main(["predict", "mine.csv", "--out", "o.csv", "--overwrite", "--quiet"]))
found.append(hashlib.sha256(open("o.csv", "rb").read()).hexdigest())
print(json.dumps(found))
"""


def _paths(
    flags: list[str], env: dict[str, str | None] | None = None, before: tuple[str, ...] = ()
) -> list[str]:
    said = python(_PATHS, SPORT, flags=flags, env=env, before=before)
    found: list[str] = json.loads(said.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the main paths give in good surroundings."""
    with contextlib.chdir(tmp_path_factory.mktemp("expected")):
        Path("mine.csv").write_text(LABELLED, encoding="utf-8")
        return _paths([])


@pytest.mark.parametrize(
    "flags",
    [
        ["-O"],
        ["-OO", "-bb", "-W", "error"],
        pytest.param(["-X", "dev", "-W", "error"], marks=pytest.mark.slow),
    ],
)
def test_flags_of_python(
    flags: list[str], folder: Path, expected: list[str], record_property: Record
) -> None:
    changed = int(_paths(flags) != expected)
    told(record_property, fault="Python -O, -OO, -bb, -W error, -X dev", lost=0, changed=changed,
         done="predict, explain, analyze, claims, train and the command answer as without",
         )  # fmt: skip


@pytest.mark.parametrize("verb", ["", "predict", "train"])
def test_help_without_docstrings(verb: str) -> None:
    said = [
        subprocess.run(
            [sys.executable, *flags, "-m", "fanews_classify.cli.main", *verb.split(), "--help"],
            capture_output=True,
            env=environment(),
            check=True,
        ).stdout
        for flags in ([], ["-OO"])
    ]
    assert said[0] == said[1]


@pytest.mark.skipif(os.name == "nt", reason="users of POSIX")
def test_no_home(folder: Path, expected: list[str], record_property: Record) -> None:
    changed = times = 0
    nowhere = "/nonexistent"
    for env in (
        {"HOME": nowhere, "TMPDIR": nowhere},
        {"HOME": None, "XDG_CACHE_HOME": None, "XDG_CONFIG_HOME": None, "USER": None,
         "LOGNAME": None, "PATH": None},
    ):  # fmt: skip
        changed += _paths([], env) != expected  # type: ignore[arg-type]
        times += 1
    told(record_property, fault="no home directory, no temporary folder, no PATH", lost=0,
         done="predict, explain, analyze, claims, train and the command answer as elsewhere",
         changed=changed, times=times)  # fmt: skip


_NO_USER: Final = """
import os, sys
from fanews_classify.cli.main import main
folder = sys.argv[1]
call = ["predict", f"{folder}/a.csv", "--quiet", "--out"]
code = main([*call, f"{folder}/known.csv"])  # what is imported late, others may not read
os.setgroups([])
os.setgid(12345)
os.setuid(12345)
sys.exit(code or main([*call, f"{folder}/o.csv"]))
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="changes the user")
def test_a_user_who_is_not_listed(record_property: Record) -> None:
    folder = Path(tempfile.mkdtemp())  # the folders above that of pytest are closed to others
    try:
        folder.chmod(0o777)
        (folder / "a.csv").write_text(f"text\n{SPORT}\n{ECONOMY}\n", encoding="utf-8")
        python(_NO_USER, folder, env={"HOME": None, "USER": None, "LOGNAME": None})
        owner = (folder / "o.csv").stat().st_uid
        with (folder / "o.csv").open(encoding="utf-8") as file:
            labels = [row["label"] for row in csv.DictReader(file)]
    finally:
        shutil.rmtree(folder)
    assert owner == 12345
    told(record_property, fault="a user without an entry and without a home",
         done="predict answers as elsewhere", lost=2 - len(labels),
         changed=int(labels != ["sport", "economy"]))  # fmt: skip


_SEALED: Final = """
import os, subprocess, sys
package, code, text = sys.argv[1:]
subprocess.run(["mount", "--bind", package, package], check=True)
subprocess.run(["mount", "-o", "remount,bind,ro", package], check=True)
os.execv(sys.executable, [sys.executable, "-c", code, text])
"""


@pytest.mark.skipif(not can_mount(), reason="may mount no file system here")
def test_a_read_only_package(folder: Path, expected: list[str], record_property: Record) -> None:
    said = python(_SEALED, ROOT / "fanews_classify", _PATHS, SPORT, before=ALONE)
    found = json.loads(said.splitlines()[-1])
    told(record_property, fault="the package lies on a read-only disk", lost=0,
         done="predict, explain, analyze, claims and train answer as elsewhere",
         changed=int(found != expected))  # fmt: skip
