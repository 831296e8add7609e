"""``fanews predict`` from files to files: order, faults, columns, interrupted runs."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from faults import told

import fanews_classify as fc
from fanews_classify.cli import _asking, _formats, _parts, _writing
from fanews_classify.cli.main import main

ROOT = Path(__file__).resolve().parent.parent
SPORT = "باشگاه فوتبال شهر در لیگ قهرمان شد"
ECONOMY = "بانک مرکزی نرخ ارز و شاخص بورس را اعلام کرد"
HEALTH = "بیمارستان‌ها از کمبود دارو و پزشک خبر دادند"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> int:
    return main(["predict", *arguments])


def write_csv(name: str, rows: list[list[str]], **settings: Any) -> None:
    with Path(name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, **settings).writerows(rows)


def read_csv(name: str, delimiter: str = ",") -> list[dict[str, str]]:
    with Path(name).open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter, strict=True))


def read_lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(name).read_text(encoding="utf-8").split("\n")[:-1]]


def many(name: str, n: int) -> None:
    """Write n short texts, some empty, and broken rows after the third and at the end."""
    texts = [SPORT, ECONOMY, HEALTH, "", 'یک "نقل"\nدو خط, ویرگول', "نیم‌فاصله\u200c"]
    rows = [[str(i), texts[i % 6] + f" {i}"] for i in range(n)]
    write_csv(name, [["id", "text"], *rows[:3]])
    with Path(name).open("ab") as file:
        file.write(b"x,\xe1\xcd\r\n")
    with Path(name).open("a", encoding="utf-8", newline="") as table:
        csv.writer(table).writerows([*rows[3:], ["y"]])


def test_one_answer_for_each_record_in_order(folder: Path, capsys: Any) -> None:
    Path("a.csv").write_bytes(
        f"id,body\n1,{SPORT}\n2,".encode() + b"\xe1\xcd\n" + f"3,a,b\n4,{ECONOMY}\n5,\n".encode()
    )
    Path("b.jsonl").write_text(
        json.dumps({"body": HEALTH, "tags": ["ا", {"b": None}], "n": 1.50}) + "\n\n{bad\n"
        '{"body": null}\n{"body": 3}\n{"body": "\\ud800", "big": 123456789012345678901234567890}\n',
        encoding="utf-8",
    )
    Path("c.txt").write_text(SPORT, encoding="utf-8")
    assert run("a.csv", "b.jsonl", "c.txt", "--out", "o.jsonl") == 1
    found = read_lines("o.jsonl")
    assert [row["label"] for row in found] == [
        "sport", None, None, "economy", "unknown", "health", None, None, None, "unknown", "sport",
    ]  # fmt: skip
    assert [row["error"] and row["error"].split(": ")[0] for row in found] == [
        None, "a.csv:3", "a.csv:4", None, None, None, "b.jsonl:3", "b.jsonl:4", "b.jsonl:5",
        None, None,
    ]  # fmt: skip
    assert found[5] == {
        "body": HEALTH, "tags": ["ا", {"b": None}], "n": 1.5, "label": "health",
        "label_fa": "سلامت", "confidence": found[5]["confidence"], "error": None,
    }  # fmt: skip
    assert found[9]["big"] == 123456789012345678901234567890
    assert found[9]["body"] == "\ud800"
    assert found[10]["record"] == "c.txt"
    told = capsys.readouterr().err
    assert "wrote o.jsonl: 11 records" in told
    assert "could not be read: 5 records" in told
    assert "a.csv:3: broken letters" in told
    assert "sport 2" in told
    assert not Path("o.jsonl.part").exists()


def test_the_answers_are_those_of_the_library(folder: Path, section: fc.NewsClassifier) -> None:
    many("a.csv", 40)
    texts = [row["text"] for row in read_csv("a.csv") if row["id"].isdigit()]
    assert run("a.csv", "--out", "o.csv", "--save-every", "7") == 1
    found = read_csv("o.csv")
    faulty = {i: row["error"] for i, row in enumerate(found) if row["error"]}
    assert list(faulty) == [3, 41]
    assert "a.csv:5: broken letters" in faulty[3]
    assert "wrong number of columns" in faulty[41]
    good = [row for row in found if not row["error"]]
    expected = list(section.stream(texts))
    assert [row["label"] for row in good] == [answer.label for answer in expected]
    assert [float(row["confidence"]) for row in good] == [
        round(answer.confidence, 4) for answer in expected
    ]
    assert [row["text"] for row in good] == texts


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".csv.gz", ".jsonl.gz", ".txt"])
def test_all_formats_hold_the_same(ending: str, folder: Path) -> None:
    many("a.csv", 20)
    assert run("a.csv", "--out", f"o{ending}", "--save-every", "6", "--quiet") == 1
    data = Path(f"o{ending}").read_bytes()
    text = (gzip.decompress(data) if ending.endswith(".gz") else data).decode()
    if ending == ".txt":
        labels = [line.split("\t")[0].replace("error", "") for line in text.split("\n")[:-1]]
    elif "jsonl" in ending:
        rows = [json.loads(line) for line in text.split("\n")[:-1]]
        labels = [row["label"] or "" for row in rows]
        assert list(rows[0]) == ["id", "text", "label", "label_fa", "confidence", "error"]
    else:
        delimiter = "\t" if "tsv" in ending else ","
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
        assert table[0] == ["id", "text", "label", "label_fa", "confidence", "error"]
        labels = [row[2] for row in table[1:]]
    assert run("a.csv", "--out", "whole.jsonl", "--quiet") == 1
    assert labels == [row["label"] or "" for row in read_lines("whole.jsonl")]


def test_excel(folder: Path) -> None:
    write_csv("a.csv", [["شناسه", "متن"], ["۱", f'{SPORT}\n"خط دوم"']], delimiter=";")
    data = Path("a.csv").read_bytes()
    Path("a.csv").write_bytes(b"\xef\xbb\xbf" + data)
    assert run("a.csv", "--out", "o.csv", "--excel") == 0
    written = Path("o.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbf" + "شناسه,متن,label".encode())
    assert written.endswith(b"\r\n")
    assert read_csv("o.csv")[0]["متن"] == f'{SPORT}\n"خط دوم"'
    assert run("a.csv", "--out", "p.csv.gz", "--excel", "--delimiter", ";") == 0
    unpacked = gzip.decompress(Path("p.csv.gz").read_bytes()).decode("utf-8")
    assert unpacked.startswith("\ufeffشناسه;متن;label;")


def test_awkward_cells_survive(folder: Path) -> None:
    cells = ["a\rb", "a\nb", "a\r\nb", '"', '""', ",", " ", "\u200c", "=1+1", "\x00", "\x1b[2J"]
    write_csv("a.csv", [["id", "text"], *([cell, SPORT] for cell in cells)], lineterminator="\r\n")
    for name in ("o.csv", "o.tsv"):
        assert run("a.csv", "--out", name) == 0
        assert [row["id"] for row in read_csv(name, "\t" if "tsv" in name else ",")] == cells


def test_chosen_columns(folder: Path, capsys: Any) -> None:
    write_csv("a.csv", [["id", "title", "body"], ["1", "عنوان", SPORT]])
    answer = ["label", "label_fa", "confidence", "error"]
    for arguments, columns in (
        (["--keep", "body,id"], ["body", "id"]),
        (["--keep", ""], []),
        (["--drop-text"], ["id", "title"]),
        (["--drop-text", "--column", "title+body"], ["id"]),
        (["--drop-text", "--keep", "body,id"], ["id"]),
    ):
        for name in ("o.csv", "o.jsonl"):
            assert run("a.csv", "--out", name, "--overwrite", *arguments) == 0
        assert list(read_csv("o.csv")[0]) == [*columns, *answer]
        assert list(read_lines("o.jsonl")[0]) == [*columns, *answer]
    assert run("a.csv", "--out", "p.csv", "--keep", "id,titel") == 2
    assert "no column 'titel'; did you mean 'title'?" in capsys.readouterr().err
    Path("t.txt").write_text(f"{SPORT}\n\n{ECONOMY}", encoding="utf-8")
    assert run("t.txt", "--lines", "--drop-text", "--out", "o.csv", "--overwrite") == 0
    assert [row["record"] for row in read_csv("o.csv")] == ["t.txt:1", "t.txt:2", "t.txt:3"]
    assert list(read_csv("o.csv")[0]) == ["record", *answer]


def test_columns_named_as_the_answer(folder: Path, capsys: Any) -> None:
    # So late that it is not seen before the work begins.
    rows = [{"text": SPORT}] * 110 + [{"text": HEALTH, "label": "x", "new": 1}]
    Path("a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    names = [f"predicted_{name}" for name in ("label", "label_fa", "confidence", "error")]
    for every in ("40", "1000"):  # parts that know of the namesake, and parts that do not
        for name in ("o.jsonl", "o.csv", "o.csv.gz", "o.jsonl.gz"):
            assert run("a.jsonl", "--out", name, "--overwrite", "--save-every", every) == 0
            assert "predicted_label" in capsys.readouterr().err
        found = read_lines("o.jsonl")
        assert [row["predicted_label"] for row in found] == ["sport"] * 110 + ["health"]
        assert all(list(row) == ["text", *names] for row in found[:110])
        assert list(found[110]) == ["text", "label", "new", *names]
        table = read_csv("o.csv")
        assert list(table[0]) == ["text", "label", "new", *names]
        assert [row["label"] for row in table] == [""] * 110 + ["x"]
        assert [row["predicted_label_fa"] for row in table] == ["ورزش"] * 110 + ["سلامت"]
        for name in ("o.csv", "o.jsonl"):
            packed = gzip.decompress(Path(f"{name}.gz").read_bytes())
            assert packed == Path(name).read_bytes()
    assert run("o.csv", "--out", "again.csv", "--quiet") == 0
    assert list(read_csv("again.csv")[0])[-1] == "predicted_predicted_error"


def test_topics_stances_and_claims(folder: Path) -> None:
    told = "بیمارستان‌ها از بدهی بیمه‌ها و پرداخت نشدن مطالبات خود گلایه کردند"
    write_csv("a.csv", [["text"], [told], [SPORT], ["x", "y"]])
    assert run("a.csv", "--model", "topic", "--out", "o.csv") == 1
    assert list(read_csv("o.csv")[0]) == [
        "text", "labels", "labels_fa", "confidences", "confidence", "error",
    ]  # fmt: skip
    assert [row["labels"] for row in read_csv("o.csv")] == ["health_finance_dispute", "", ""]
    assert run("a.csv", "--model", "topic", "--out", "o.jsonl") == 1
    assert [row["labels"] for row in read_lines("o.jsonl")] == [
        ["health_finance_dispute"], [], None,
    ]  # fmt: skip
    target = ["--model", "stance", "--target", "health_finance_dispute"]
    assert run("a.csv", *target, "--out", "s.csv") == 1
    assert [row["target"] for row in read_csv("s.csv")] == ["health_finance_dispute"] * 2 + [""]
    claim = ["--model", "claim_stance", "--claim", "بدهی بیمه‌ها پرداخت نشد"]
    assert run("a.csv", *claim, "--out", "c.csv") == 1
    assert read_csv("c.csv")[1]["label"] == "unrelated"
    assert read_csv("c.csv")[0]["claim"] == claim[-1]


def test_parquet_keeps_the_types(folder: Path) -> None:
    pa = pytest.importorskip("pyarrow", exc_type=ImportError)
    pq = pytest.importorskip("pyarrow.parquet", exc_type=ImportError)
    n = 24
    table = pa.table(
        {
            "متن": pa.array([SPORT, None, "", ECONOMY] * 6, pa.large_string()),
            "kind": pa.array(["a", None] * 12).dictionary_encode(),
            "nested": pa.array([{"a": [1, None]}, None] * 12),
            "time": pa.array([1_700_000_000_123_456_789] * n, pa.timestamp("ns", "Asia/Tehran")),
            "map": pa.array([[("k", 1)]] * n, pa.map_(pa.string(), pa.int16())),
            "bytes": pa.array([b"\xff"] * n),
            "nothing": pa.nulls(n),
            "a.b": pa.array(range(n), pa.int8()),
            "label": pa.array(["x"] * n),
        }
    ).replace_schema_metadata({"pandas": "{}"})
    pq.write_table(table, "a.parquet", row_group_size=7)
    assert run("a.parquet", "--out", "o.parquet", "--save-every", "10") == 1
    found = pq.read_table("o.parquet")
    assert found.select(table.column_names).equals(table)
    assert found.schema.metadata == {b"pandas": b"{}"}
    assert found["predicted_label"].to_pylist() == ["sport", None, "unknown", "economy"] * 6
    assert found["predicted_error"].to_pylist()[:2] == [
        None, "a.parquet:2: no text in column 'متن'",
    ]  # fmt: skip
    assert str(found.schema.field("predicted_confidence").type) == "double"
    assert run("a.parquet", "--out", "p.parquet", "--keep", "a.b,kind", "--model", "topic") == 1
    found = pq.read_table("p.parquet")
    assert found.column_names[:3] == ["a.b", "kind", "labels"]
    assert str(found.schema.field("labels").type).startswith("list<")
    assert found["labels"].to_pylist()[:3] == [[], None, []]
    assert run("a.parquet", "--out", "q.parquet", "--keep", "") == 1
    assert pq.read_table("q.parquet").num_rows == n
    assert run("a.parquet", "--out", "o.csv", "--keep", "متن,nested,a.b") == 1
    assert [(row["nested"], row["a.b"]) for row in read_csv("o.csv")[:2]] == [
        ('{"a": [1, null]}', "0"), ("", "1"),
    ]  # fmt: skip


def test_json_becomes_parquet(folder: Path) -> None:
    pytest.importorskip("pyarrow", exc_type=ImportError)
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = [
        {"text": SPORT, "mixed": 1, "number": 1, "empty": {}},
        {"text": "x", "mixed": "two", "number": 2.5, "object": {"a": 1}},
        {"text": "\ud800", "mixed": [3], "object": {"b": ["x"]}, "big": 2**70},
        {"text": "x", "flag": True, "list": [1]},
        {"text": "x", "list": ["y"], "nothing": None},
    ]
    Path("a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    for every in ("1", "2", "10"):
        arguments = ["--out", "o.parquet", "--overwrite", "--save-every", every]
        assert run("a.jsonl", *arguments) == 0
        found = pq.read_table("o.parquet")
        assert found["text"].to_pylist() == [SPORT, "x", "\\ud800", "x", "x"]
        assert found["mixed"].to_pylist() == ["1", "two", "[3]", None, None]
        assert found["number"].to_pylist() == [1.0, 2.5, None, None, None]
        assert found["flag"].to_pylist() == [None, None, None, True, None]
        assert found["list"].to_pylist() == [None, None, None, "[1]", '["y"]']
        assert found["empty"].to_pylist() == ["{}", None, None, None, None]
        assert found["big"].to_pylist()[2] == str(2**70)
        assert found["nothing"].null_count == 5
        assert found["label"].to_pylist()[0] == "sport"
    many("b.csv", 3)
    assert run("a.jsonl", "b.csv", "--out", "o.parquet", "--overwrite") == 1
    assert pq.read_table("o.parquet").num_rows == 10


def start(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "fanews_classify.cli.main", "predict", *arguments],
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )


def stop_in_the_middle(name: str, sign: int, *arguments: str) -> str:
    process = start("a.csv", "--out", name, "--save-every", "20", *arguments)
    try:
        while not Path(f"{name}.part", "000005").exists():
            assert process.poll() is None, "ended before it could be stopped"
            time.sleep(0.005)
        os.kill(process.pid, sign)
        told = process.communicate(timeout=60)[1].decode()
    finally:
        process.kill()
        process.wait()
    assert process.returncode == (130 if sign == signal.SIGINT else -sign)
    assert not Path(name).exists()
    return told


@pytest.mark.skipif(os.name == "nt", reason="sends signals")
@pytest.mark.parametrize("name", ["o.csv", "o.jsonl", "o.parquet"])
def test_a_killed_run_is_resumed(name: str, folder: Path, capsys: Any) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow", exc_type=ImportError)
    many("a.csv", 2500)
    stop_in_the_middle(name, signal.SIGKILL)
    # What a power cut may leave: a part that is not noted, a line cut off.
    Path(f"{name}.part", "000005.tmp").write_bytes(b"half")
    with Path(f"{name}.part", "done.jsonl").open("ab") as journal:
        journal.write(b'{"records": 2')
    assert run("a.csv", "--out", "whole" + name[1:], "--quiet", "--save-every", "20") == 1
    capsys.readouterr()
    assert run("a.csv", "--out", name, "--save-every", "20") == 1
    told = capsys.readouterr().err
    assert "resuming after " in told
    assert "2,50" not in told.split("resuming after ")[1].split("records")[0]
    assert "by an earlier run" in told
    assert "could not be read: 2 records" in told
    assert not Path(f"{name}.part").exists()
    if name.endswith("parquet"):
        import pyarrow.parquet as pq

        assert pq.read_table(name).equals(pq.read_table("whole.parquet"))
    else:
        assert Path(name).read_bytes() == Path("whole" + name[1:]).read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="sends signals")
def test_an_interrupted_run_says_how_to_go_on(folder: Path, capsys: Any) -> None:
    many("a.csv", 2500)
    told = stop_in_the_middle("o.csv", signal.SIGINT)
    assert "are kept in o.csv.part: the same command goes on" in told
    assert "interrupted" in told
    assert run("a.csv", "--out", "o.csv", "--restart") == 1
    assert "resuming" not in capsys.readouterr().err
    assert len(read_csv("o.csv")) == 2502


def stopped_run(monkeypatch: pytest.MonkeyPatch, *arguments: str, before: str = "finish") -> None:
    """Leave parts of a run behind that was stopped before it joined them."""
    with monkeypatch.context() as patch:

        def stop(*_: Any) -> None:
            raise KeyboardInterrupt

        patch.setattr(_parts.Parts, before, stop)
        assert run("a.csv", "--out", "o.csv", "--save-every", "5", *arguments) == 130


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "topic"], "--model was 'section', is 'topic'"),
        (["--keep", "id"], "--keep was None, is 'id'"),
        (["--abstain-below", "0.5"], "--abstain-below was None, is 0.5"),
    ],
)
def test_parts_of_another_command_are_not_mixed(
    arguments: list[str], message: str, folder: Path, monkeypatch: Any, capsys: Any
) -> None:
    many("a.csv", 20)
    stopped_run(monkeypatch)
    assert run("a.csv", "--out", "o.csv", *arguments) == 2
    told = capsys.readouterr().err
    assert message in told
    assert "--restart" in told
    assert run("a.csv", "--out", "o.csv") == 1
    assert "resuming after 22 records" in capsys.readouterr().err


def test_parts_of_other_input_or_models_are_not_mixed(
    folder: Path, monkeypatch: Any, capsys: Any
) -> None:
    many("a.csv", 20)
    fc.save(fc.load("section"), "m.fanews")
    stopped_run(monkeypatch, "--model", "./m.fanews")
    fc.save(fc.load("topic"), "m.fanews")
    assert run("a.csv", "--out", "o.csv", "--model", "./m.fanews") == 2
    assert "SHA-256 of the model changed" in capsys.readouterr().err
    fc.save(fc.load("section"), "m.fanews")
    many("a.csv", 21)
    assert run("a.csv", "--out", "o.csv", "--model", "./m.fanews") == 2
    assert "input changed" in capsys.readouterr().err
    assert run("a.csv", "--out", "o.csv", "--model", "./m.fanews", "--restart") == 1
    assert len(read_csv("o.csv")) == 23


def test_an_output_whose_run_was_killed_before_it_tidied_up(
    folder: Path, monkeypatch: Any, capsys: Any
) -> None:
    many("a.csv", 20)
    same = ("a.csv", "--out", "o.csv", "--save-every", "5")
    stopped_run(monkeypatch, before="discard")
    made = Path("o.csv").read_bytes()
    Path("o.csv.part", "000001").unlink()  # it had begun to
    assert run("a.csv", "--out", "o.csv", "--keep", "id") == 2
    assert "--keep was None, is 'id'" in capsys.readouterr().err
    assert run(*same, "--restart") == 2
    assert "is there already; --overwrite" in capsys.readouterr().err
    assert run(*same) == 1
    told = capsys.readouterr().err
    assert "an earlier run has written o.csv" in told
    assert "22 by an earlier run" in told
    assert Path("o.csv").read_bytes() == made
    assert not Path("o.csv.part").exists()
    assert run(*same) == 2


@pytest.mark.parametrize("there", [None, b"of somebody else"])
def test_an_output_that_was_changed_after_its_run(
    there: bytes | None, folder: Path, monkeypatch: Any, capsys: Any
) -> None:
    many("a.csv", 20)
    stopped_run(monkeypatch, before="discard")
    made = Path("o.csv").read_bytes()
    Path("o.csv").unlink()
    if there is not None:
        Path("o.csv").write_bytes(there)
        assert run("a.csv", "--out", "o.csv") == 2
        assert "is there already; --overwrite" in capsys.readouterr().err
        assert Path("o.csv").read_bytes() == there
    assert run("a.csv", "--out", "o.csv", "--overwrite") == 1
    assert "resuming after 22 records" in capsys.readouterr().err
    assert Path("o.csv").read_bytes() == made


def test_damaged_parts_are_made_again(folder: Path, monkeypatch: Any, capsys: Any) -> None:
    many("a.csv", 20)
    stopped_run(monkeypatch)
    Path("o.csv.part", "000002").write_bytes(b"")
    capsys.readouterr()
    assert run("a.csv", "--out", "o.csv", "--save-every", "5") == 1
    assert "resuming after 10 records" in capsys.readouterr().err
    assert run("a.csv", "--out", "p.csv") == 1
    assert Path("o.csv").read_bytes() == Path("p.csv").read_bytes()


def test_a_journal_that_is_cut_off_can_be_continued(
    folder: Path, monkeypatch: Any, capsys: Any
) -> None:
    many("a.csv", 20)
    stopped_run(monkeypatch)
    journal = Path("o.csv.part", "done.jsonl")
    journal.write_bytes(journal.read_bytes()[:-9])
    stopped_run(monkeypatch)
    assert "resuming after 20 records" in capsys.readouterr().err
    assert run("a.csv", "--out", "o.csv") == 1
    assert "resuming after 22 records" in capsys.readouterr().err


def test_foreign_folders_and_other_runs_are_left_alone(
    folder: Path, monkeypatch: Any, capsys: Any
) -> None:
    many("a.csv", 5)
    Path("o.csv.part").mkdir()
    Path("o.csv.part", "mine.txt").write_text("x", encoding="utf-8")
    assert run("a.csv", "--out", "o.csv", "--restart") == 2
    assert "not made by this command" in capsys.readouterr().err
    assert Path("o.csv.part", "mine.txt").exists()
    pytest.importorskip("fcntl")
    parts = _parts.Parts(folder / "p.csv", {}, restart=False)
    assert run("a.csv", "--out", "p.csv") == 2
    assert "another run is writing" in capsys.readouterr().err
    parts.close()


@pytest.mark.skipif(os.name == "nt", reason="limits the size of files")
def test_a_full_disk(folder: Path, record_property: Any) -> None:
    many("a.csv", 3000)
    code = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))\n"
        "from fanews_classify.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    arguments = ["predict", "a.csv", "--out", "o.csv", "--save-every", "200"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    said = done.stderr.decode()
    assert done.returncode == 2, said
    assert "cannot write" in said
    assert "the answers of 3,002 records are kept: give the same command" in said
    assert not Path("o.csv").exists()
    assert run("a.csv", "--out", "o.csv") == 1
    assert run("a.csv", "--out", "whole.csv") == 1
    found, whole = read_csv("o.csv"), read_csv("whole.csv")
    told(record_property, fault="disk full while predict writes a file",
         done="a clear error; what is finished is kept, with space again the same command goes on",
         lost=abs(len(whole) - len(found)) + abs(len(whole) - 3002),
         changed=sum(a != b for a, b in zip(found, whole, strict=False)))  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may do all")
def test_folders_that_cannot_be_written(folder: Path, capsys: Any) -> None:
    many("a.csv", 2)
    Path("closed").mkdir(mode=0o500)
    assert run("a.csv", "--out", "closed/o.csv") == 2
    assert "cannot write" in capsys.readouterr().err


def test_what_may_not_be_overwritten(folder: Path, capsys: Any) -> None:
    many("a.csv", 3)
    Path("o.csv").write_text("mine", encoding="utf-8")
    Path("link.csv").symlink_to("o.csv")
    for name in ("o.csv", "link.csv"):
        assert run("a.csv", "--out", name) == 2
        assert "--overwrite" in capsys.readouterr().err
    assert Path("o.csv").read_text(encoding="utf-8") == "mine"
    assert run("a.csv", "--out", "link.csv", "--overwrite") == 1
    assert Path("link.csv").is_symlink()
    assert len(read_csv("o.csv")) == 5
    assert run("a.csv", "--out", "./a.csv", "--overwrite") == 2
    assert "is a file that is read" in capsys.readouterr().err


def test_standard_input_is_not_resumed(folder: Path, monkeypatch: Any, capsys: Any) -> None:
    def give(text: str) -> None:
        data = io.BytesIO(text.encode())
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(data))

    give(f"id;text\n1;{SPORT}\n2\n")
    assert run("--format", "csv", "--out", "o.csv") == 1
    assert "cannot be resumed" in capsys.readouterr().err
    assert [row["label"] for row in read_csv("o.csv")] == ["sport", ""]
    assert "-:3: wrong number" in read_csv("o.csv")[1]["error"]
    give(f"{SPORT}\n{ECONOMY}\n")
    assert run("--out", "o.jsonl") == 0
    assert [(row["record"], row["label"]) for row in read_lines("o.jsonl")] == [
        ("-:1", "sport"), ("-:2", "economy"),
    ]  # fmt: skip
    give(json.dumps({"text": SPORT}) + "\n")
    assert run("-", "--format", "jsonl", "--json") == 0
    assert json.loads(capsys.readouterr().out)["label"] == "sport"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("خبر ورزشي".encode("cp1256"))))
    assert run() == 2
    assert "standard input is not UTF-8; it looks like Windows-1256" in capsys.readouterr().err


def test_texts_in_other_encodings(folder: Path, capsys: Any) -> None:
    Path("good.txt").write_text(SPORT, encoding="utf-8-sig")
    Path("bad.txt").write_bytes(SPORT.replace("ی", "ي").encode("cp1256"))
    Path("wide.txt").write_bytes(SPORT.encode("utf-16"))
    assert run("good.txt", "bad.txt", "wide.txt", "--json") == 1
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["label"] for row in found] == ["sport", None, None]
    assert "--encoding cp1256" in found[1]["error"]
    assert "--encoding utf-16" in found[2]["error"]
    assert run("bad.txt", "--encoding", "cp1256") == 0
    assert run("wide.txt", "--encoding", "utf-16") == 0
    assert capsys.readouterr().out.count("sport") == 2


@pytest.mark.parametrize("name", ["o.csv", "o.jsonl"])
def test_several_processes_answer_the_same(name: str, folder: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(_asking, "_ROUND", 100)  # several rounds
    many("a.csv", 250)
    assert run("a.csv", "--out", "one" + name, "--quiet") == 1
    assert run("a.csv", "--out", "two" + name, "--quiet", "--jobs", "2", "--save-every", "33") == 1
    assert Path("one" + name).read_bytes() == Path("two" + name).read_bytes()


def test_a_fault_of_reading_ends_several_processes(folder: Path, capsys: Any) -> None:
    many("a.csv", 4000)
    data = gzip.compress(Path("a.csv").read_bytes(), 1)
    Path("b.csv.gz").write_bytes(data[:-2000])
    for jobs in ("1", "2"):
        assert run("b.csv.gz", "--out", "o.csv", "--jobs", jobs, "--save-every", "100") == 2
        assert "cut off" in capsys.readouterr().err
        assert Path("o.csv.part", "000003").exists()
        assert run("b.csv.gz", "--out", "o.csv", "--jobs", jobs) == 2
        assert "resuming after" in capsys.readouterr().err
        assert not Path("o.csv").exists()
        assert run("a.csv", "--out", "o.csv", "--restart", "--quiet") == 1
        Path("o.csv").unlink()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux for the peak")
def test_memory_does_not_grow_with_the_file(folder: Path) -> None:
    # Not ru_maxrss: that of a new process begins with that of the process that started it.
    code = (
        "import re, sys\n"
        "from pathlib import Path\n"
        "from fanews_classify.cli.main import main\n"
        "assert main(sys.argv[1:]) == 0\n"
        "print(re.search(r'VmHWM:\\s+(\\d+) kB', Path('/proc/self/status').read_text())[1])\n"
    )
    used = []
    for n in (200, 2000):
        write_csv("a.csv", [["text", "more"], *([SPORT, f"{i} " * 5000] for i in range(n))])
        arguments = ["predict", "a.csv", "--out", "o.csv", "--overwrite", "--save-every", "100"]
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=True,
        )
        used.append(int(done.stdout) * 1024)
    assert Path("a.csv").stat().st_size > 40_000_000
    assert used[1] - used[0] < 20_000_000


def test_large_records_make_smaller_parts(folder: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(_writing, "_CHARACTERS", 100)
    seen = []
    add = _parts.Parts.add
    monkeypatch.setattr(
        _parts.Parts, "add", lambda self, data, entry: (seen.append(entry), add(self, data, entry))
    )
    write_csv("a.csv", [["text"], *([SPORT] for _ in range(12))])
    assert run("a.csv", "--out", "o.csv") == 0
    assert sum(entry["records"] for entry in seen) == 12
    assert len(seen) > 3
    assert len(read_csv("o.csv")) == 12


def test_files_without_a_record(folder: Path, capsys: Any) -> None:
    write_csv("a.csv", [["id", "text"]])
    assert run("a.csv", "--out", "o.csv") == 0
    assert Path("o.csv").read_text(encoding="utf-8") == (
        "id,text,label,label_fa,confidence,error\n"
    )
    assert "there is no record in a.csv" in capsys.readouterr().err
    Path("b.jsonl").write_text("\n\n", encoding="utf-8")
    assert run("b.jsonl", "--out", "o.jsonl") == 0
    assert Path("o.jsonl").read_bytes() == b""


def test_columns_that_appear_late_beside_a_long_text(folder: Path) -> None:
    objects: list[dict[str, Any]] = [{"text": SPORT} for _ in range(150)]
    objects[3]["text"] = f"{SPORT} " * 5000
    objects[140]["late"] = "x"
    lines = [json.dumps(value, ensure_ascii=False) for value in objects]
    Path("a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    before = csv.field_size_limit(1 << 17)  # that of a fresh process
    try:
        assert run("a.jsonl", "--out", "o.csv", "--save-every", "50") == 0
        csv.field_size_limit(1 << 20)
        rows = read_csv("o.csv")
    finally:
        csv.field_size_limit(before)
    assert [row["text"] for row in rows] == [value["text"] for value in objects]
    assert [row["late"] for row in rows] == [value.get("late", "") for value in objects]


def test_parquet_of_numbers_that_have_no_common_type(folder: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet", exc_type=ImportError)
    ids = [2**60 + 1, 2**60 + 2, 1.5, 2.5]
    shares = [1, 2, 1.5, 2.5]
    lines = [
        json.dumps({"text": SPORT, "id": one, "share": two})
        for one, two in zip(ids, shares, strict=True)
    ]
    Path("a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert run("a.jsonl", "--out", "o.parquet", "--save-every", "2") == 0
    found = pq.read_table("o.parquet").to_pydict()
    assert found["id"] == [str(value) for value in ids]
    assert found["share"] == shares


def test_parquet_of_deeply_nested_objects(folder: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet", exc_type=ImportError)
    deep, deeper = ("[" * n + "]" * n for n in (90, 900))
    rows = [f'{{"text": "{SPORT}", "deep": {value}}}\n' for value in (deep, deeper)]
    Path("a.jsonl").write_text("".join(rows), encoding="utf-8")
    assert run("a.jsonl", "--out", "o.parquet") == 1
    found = pq.read_table("o.parquet").to_pydict()
    assert found["deep"] == [deep, None]
    assert "nested more than 100 levels" in found["error"][1]


def test_large_nested_records_make_smaller_parts(folder: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(_writing, "_CHARACTERS", 1000)
    seen = []
    add = _parts.Parts.add
    monkeypatch.setattr(
        _parts.Parts, "add", lambda self, data, entry: (seen.append(entry), add(self, data, entry))
    )
    record = {"text": SPORT, "lines": [{"words": ["x" * 50] * 5}] * 2}
    Path("a.jsonl").write_text(f"{json.dumps(record)}\n" * 12, encoding="utf-8")
    assert run("a.jsonl", "--out", "o.jsonl") == 0
    assert len(seen) > 3
    assert len(read_lines("o.jsonl")) == 12


def test_gzipped_standard_input(folder: Path, monkeypatch: Any) -> None:
    data = gzip.compress(f"{SPORT}\n{ECONOMY}\n".encode() * 2000)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert run("--out", "o.csv") == 0
    assert [row["label"] for row in read_csv("o.csv")] == ["sport", "economy"] * 2000


@pytest.mark.skipif(os.name == "nt", reason="sends signals")
def test_a_pipe_does_not_throw_away_what_another_run_finished(
    folder: Path, monkeypatch: Any, capsys: Any
) -> None:
    many("a.csv", 2500)
    stop_in_the_middle("o.csv", signal.SIGKILL)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SPORT.encode())))
    assert run("--out", "o.csv") == 2
    assert "left by an unfinished run that differs" in capsys.readouterr().err
    assert run("a.csv", "--out", "o.csv") == 1
    assert "resuming after" in capsys.readouterr().err


def test_what_a_pipe_gave_is_not_said_to_be_kept(
    folder: Path, monkeypatch: Any, capsys: Any
) -> None:
    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_formats, "_copy", fail)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SPORT.encode())))
    assert run("--out", "o.csv") == 2
    told = capsys.readouterr().err
    assert "No space left" in told
    assert "kept" not in told
    assert not Path("o.csv.part").exists()


def test_file_systems_without_locks(folder: Path, monkeypatch: Any) -> None:
    fcntl = pytest.importorskip("fcntl")

    def refuse(*_: Any) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    many("a.csv", 3)
    assert run("a.csv", "--out", "o.csv") == 1
    assert len(read_csv("o.csv")) == 5


def test_a_file_name_that_is_too_long(folder: Path, capsys: Any) -> None:
    assert run(f"{'a' * 300}.csv") == 2
    assert "cannot read aaa" in capsys.readouterr().err


@pytest.mark.parametrize(("stream", "told"), [("stdin", "read"), ("stdout", "write")])
def test_standard_streams_that_are_closed(
    stream: str, told: str, folder: Path, monkeypatch: Any, capsys: Any
) -> None:
    write_csv("a.csv", [["text"], [SPORT]])
    monkeypatch.setattr(sys, stream, None)  # as Python starts if there is none
    assert run(*(["a.csv"] if stream == "stdout" else [])) == 2
    assert f"cannot {told} standard" in capsys.readouterr().err
    assert run("a.csv", "--out", "o.csv") == 0
    assert len(read_csv("o.csv")) == 1
