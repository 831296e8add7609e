"""What the command says: help, hints, messages, completion, what a terminal shows."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import fanews_classify as fc
from fanews_classify.cli import _progress
from fanews_classify.cli.main import build_parser, main

ROOT = Path(__file__).resolve().parent.parent
SPORT = "باشگاه فوتبال شهر در لیگ قهرمان شد"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with good and bad files."""
    monkeypatch.chdir(tmp_path)
    table = f"id,title,body\n1,عنوان,{SPORT}\n"
    files: dict[str, str | bytes] = {
        "news.csv": table,
        "news.txt": SPORT,
        "cp.csv": table.replace("ی", "ي").encode("cp1256"),
        "wide.csv": table.encode("utf-16"),
        "latin.csv": "text\ndéjà vu, été\n".encode("latin-1"),
        "empty.csv": "",
        "empty.jsonl": "",
        "columns.csv": "a,b\n1,2\n",
        "some.parquet": b"no",
        "sheet.xlsx": b"PK",
        "page.html": "x",
        "cut.csv.gz": gzip.compress(table.encode())[:-10],
        "plain.csv.gz": table,
    }
    for name, content in files.items():
        Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    Path("folder").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("nesw.csv", "cannot read nesw.csv: there is no such file; did you mean 'news.csv'?"),
        ("no/news.csv", "there is no folder no"),
        ("folder", "folder is a folder; name its files, for instance folder/*.txt"),
        ("folder/", "is a folder"),
        ("sheet.xlsx", "not .xlsx; save the sheet as «CSV UTF-8»"),
        ("page.html", "not .html; or say it with --format"),
        ("news.csv --column boddy", "no column 'boddy'; did you mean 'body'? It has 'id', 'title'"),
        ("news.csv --column title+boddy", "no column 'boddy'; did you mean 'body'?"),
        ("columns.csv", "has the columns 'a', 'b'; say with --column"),
        ("news.csv --model secton", "no model 'secton'; did you mean 'section'?"),
        ("news.csv --model ./secton.fanews", "no model file"),
        ("news.csv --model stance", "needs --target, one of"),
        ("news.csv --model claim_stance", "needs --claim"),
        ("news.csv --target housing", "no question about a --target"),
        ("empty.csv", "empty.csv is empty"),
        ("empty.jsonl", "empty.jsonl is empty"),
        ("some.parquet", "some.parquet is not a whole Parquet file"),
        ("cut.csv.gz", "cut.csv.gz to its end: the gzipped file is cut off"),
        ("plain.csv.gz", "is named .gz, but is not gzipped"),
        ("cp.csv", "cp.csv is not UTF-8; it looks like Windows-1256: add --encoding cp1256"),
        ("wide.csv", "wide.csv is not UTF-8; it looks like UTF-16: add --encoding utf-16"),
        ("latin.csv", "latin.csv is not UTF-8; say with --encoding"),
        ("news.csv --encoding cp1265", "no encoding 'cp1265'; did you mean 'cp1256'?"),
        ("news.csv --delimiter ab", "--delimiter 'ab' is not one character"),
        ("--format parquet", "Parquet needs a file"),
        ("news.csv --jobs 0", "--jobs 0"),
        ("news.csv --save-every 0", "--save-every"),
        ("news.csv --keep id", "--keep needs --out"),
        ("news.csv --restart", "--restart needs --out"),
        ("news.csv --abstain-below 7", "from 0 to 1"),
        ("news.csv --out o.xlsx", "take .csv with --excel"),
        ("news.csv --out o.json", "call it .jsonl"),
        ("news.csv --out o.parquet.gz", "leave out .gz"),
        ("news.csv --out o", "give --out-format"),
        ("news.csv --out no/o.csv", "there is no folder"),
        ("news.csv --out o.jsonl --excel", "--excel is for .csv"),
        ("news.csv --out o.csv --json", "--json is for standard output"),
        ("news.csv --out news.csv --overwrite", "is a file that is read"),
        ("news.csv --out empty.csv", "--overwrite replaces it"),
        ("news.txt --keep id --out o.csv", "news.txt has no column 'id'"),
    ],
)
def test_messages(arguments: str, message: str, folder: Path, capsys: Any) -> None:
    if "parquet" in arguments:
        pytest.importorskip("pyarrow", exc_type=ImportError)
    before = sorted(folder.iterdir())
    assert main(["predict", *arguments.split()]) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert told.err.startswith("fanews: ")
    assert told.err.count("\n") == 1
    assert told.out == ""
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        ("predct", "predict"),
        ("predict --drop-txt", "--drop-text"),
        ("predict --format cvs", "csv"),
        ("completion bsh", "bash"),
    ],
)
def test_what_was_probably_meant(arguments: str, meant: str, capsys: Any) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments.split())
    assert stop.value.code == 2
    assert f"did you mean '{meant}'?" in capsys.readouterr().err


def test_every_verb_says_what_it_does(capsys: Any) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    verbs = capsys.readouterr().out
    assert "exit codes: 0" in verbs
    parser = build_parser()
    (action,) = (one for one in parser._actions if one.dest == "verb")
    assert action.choices is not None
    for verb in action.choices:
        assert f"    {verb} " in verbs or f"    {verb}\n" in verbs
        with pytest.raises(SystemExit) as stop:
            main([verb, "--help"])
        assert stop.value.code == 0
        assert f"usage: fanews {verb}" in capsys.readouterr().out


def test_the_help_of_predict_tells_the_exit_codes(capsys: Any) -> None:
    with pytest.raises(SystemExit):
        main(["predict", "--help"])
    told = capsys.readouterr().out
    for part in ("exit codes: 0 done", "130 interrupted", "FILE.part", "--restart", "examples:"):
        assert part in told


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh"])
def test_completion_scripts(shell: str, capsys: Any) -> None:
    shtab = pytest.importorskip("shtab")
    if shell not in shtab.SUPPORTED_SHELLS:
        pytest.skip("this shtab does not know the shell")
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for word in ("predict", "--drop-text", *fc.models()) if shell != "tcsh" else ("predict",):
        assert word.removeprefix("--") in script
    with pytest.raises(SystemExit):
        main(["completion", "--help"])
    assert f"fanews completion {shell} >" in capsys.readouterr().out


def test_bash_completes(folder: Path, capsys: Any) -> None:
    pytest.importorskip("shtab")
    assert main(["completion", "bash"]) == 0
    Path("script").write_text(capsys.readouterr().out, encoding="utf-8")
    try:
        subprocess.run(["bash", "-n", "script"], check=True)
    except FileNotFoundError:
        pytest.skip("there is no bash")
    code = (
        'source ./script; set -- fanews "$@"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
        'function=$(complete -p fanews | sed "s/.*-F \\([^ ]*\\).*/\\1/"); "$function"; '
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    for words, expected in (
        (["pre"], ["predict"]),
        (["predict", "--drop"], ["--drop-text"]),
        (["predict", "--model", "cla"], ["claim_stance"]),
        (["predict", "--model", "new"], ["news.csv", "news.txt"]),
        (["predict", "news.c"], ["news.csv"]),
        (["predict", "--out-format", "p"], ["parquet"]),
        (["completion", "f"], ["fish"]),
    ):
        done = subprocess.run(
            ["bash", "-c", code, "bash", *words], capture_output=True, text=True, check=True
        )
        assert sorted(done.stdout.split()) == expected, done.stderr


@pytest.mark.parametrize(
    ("package", "arguments"),
    [("shtab", ["completion", "bash"]), ("pyarrow", ["predict", "news.csv", "--out", "o.parquet"])],
)
def test_without_an_optional_package(
    package: str, arguments: list[str], folder: Path, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert f"needs {package}" in told
    assert "pip install 'fanews-classify[cli]'" in told
    assert not Path("o.parquet.part").exists()


_MAIN = "import sys; from fanews_classify.cli.main import main; sys.exit(main(sys.argv[1:]))"


class Terminal:
    """A pseudo-terminal with the command in it."""

    def __init__(self, *arguments: str, before: str = "") -> None:
        fcntl = pytest.importorskip("fcntl")
        pty = pytest.importorskip("pty")
        termios = pytest.importorskip("termios")
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, b"\x18\0\x64\0\0\0\0\0")
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"{before}\n{_MAIN}", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"},
        )
        os.close(slave)

    def read_until(self, text: str | None = None, seconds: float = 60) -> str:
        """Read until a text is there, or to the end."""
        select = pytest.importorskip("select")
        end, data = time.monotonic() + seconds, b""
        while time.monotonic() < end and (
            text is None or text not in data.decode("utf-8", "replace")
        ):
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    piece = os.read(self.master, 65536)
                except OSError:  # the end, on Linux
                    break
                data += piece
                if not piece:
                    break
        return data.decode("utf-8", "replace")


def test_a_person_who_types_is_told_and_answered_at_once(folder: Path) -> None:
    terminal = Terminal("predict")
    assert "Ctrl-D ends" in terminal.read_until("Ctrl-D ends")
    os.write(terminal.master, f"{SPORT}\n".encode())
    assert "ورزش" in terminal.read_until("ورزش")  # before the end of the input
    os.write(terminal.master, SPORT.encode() + b"\x04\x04")  # the second one is the end
    assert "ورزش" in terminal.read_until()
    assert terminal.process.wait(60) == 0


def test_long_work_has_a_bar_on_a_terminal_only(
    folder: Path, monkeypatch: Any, capsys: Any
) -> None:
    pytest.importorskip("tqdm")
    rows = "".join(f"{i},{SPORT}\n" for i in range(3000))
    Path("a.csv").write_text("id,text\n" + rows, encoding="utf-8")
    arguments = ["predict", "a.csv", "--out", "o.csv", "--overwrite"]
    at_once = "from fanews_classify.cli import _progress; _progress._DELAY = 0"
    for quiet in ([], ["--quiet"]):
        shown = Terminal(*arguments, *quiet, before=at_once).read_until()
        assert ("%|" in shown) == (not quiet)
        assert ("wrote o.csv: 3,000 records" in shown) == (not quiet)
    without = "import sys; sys.modules['tqdm'] = None"
    shown = Terminal(*arguments, before=f"{at_once}; {without}").read_until()
    assert "%|" not in shown
    assert "wrote o.csv: 3,000 records" in shown
    monkeypatch.setattr(_progress, "_DELAY", 0)
    assert main(arguments) == 0
    told = capsys.readouterr().err
    assert "\r" not in told
    assert told.startswith("fanews: wrote o.csv: 3,000 records")
    assert main([*arguments, "--quiet"]) == 0
    assert capsys.readouterr().err == ""
