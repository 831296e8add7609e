from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import fanews_classify as fc
from fanews_classify.cli.main import build_parser, main

ROOT = Path(__file__).resolve().parent.parent
SEEDS = sorted(str(path) for path in (ROOT / "seeds").glob("*.txt"))


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Any:
    def give(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return give


def test_one_line_one_answer(stdin: Any, capsys: pytest.CaptureFixture[str]) -> None:
    stdin("تیم فوتبال قهرمان شد\n\n🔹\nبانک مرکزی نرخ ارز را اعلام کرد".encode() + b"\n\xff\xfe")
    assert main(["predict"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in lines] == [
        "sport", "unknown", "unknown", "economy", "error",
    ]  # fmt: skip
    assert lines[0].split("\t")[1] == "ورزش"


def test_whole_input_is_one_text(stdin: Any, capsys: pytest.CaptureFixture[str]) -> None:
    stdin("تیم فوتبال\nقهرمان شد\n".encode())
    assert main(["predict", "--whole", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["label"] == "sport"


def test_files_of_all_kinds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "news.csv"
    table.write_text('id,body\n1,"گل در فوتبال"\n2,a,b\n3,"قیمت دلار"\n', encoding="utf-8")
    lines = tmp_path / "news.jsonl"
    lines.write_text('{"text": "گل در فوتبال"}\n{broken\n{"text": 3}\n', encoding="utf-8")
    assert main(["predict", *SEEDS, str(table), str(lines), "--json"]) == 1
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(records) == 8
    assert [record["label"] for record in records[2:]] == [
        "sport", None, "economy", "sport", None, None,
    ]  # fmt: skip
    assert "wrong number of columns" in records[3]["error"]
    assert "not JSON" in records[6]["error"]
    assert "no text" in records[7]["error"]
    assert main(["predict", str(table), "--column", "id"]) == 1
    assert main(["predict", str(table), str(tmp_path / "x.csv")]) == 2


def test_column_that_cannot_be_guessed(tmp_path: Path, capsys: Any) -> None:
    table = tmp_path / "news.csv"
    table.write_text("a,b\n1,2\n", encoding="utf-8")
    assert main(["predict", str(table)]) == 2
    assert "--column" in capsys.readouterr().err


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", SEEDS[0], "--top", "3", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    text = Path(SEEDS[0]).read_text(encoding="utf-8")
    assert len(record["evidence"]) == 3
    for item in record["evidence"]:
        assert text[item["start"] : item["end"]] == item["text"]
    assert main(["explain", SEEDS[0], "--label", "sport"]) == 0
    assert main(["explain", SEEDS[0], "--label", "nothing"]) == 2


def test_train_evaluate_info_verify(
    own_texts: list[dict[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "mine.jsonl"
    chosen = [text for text in own_texts if text["section"] in ("sport", "health")]
    data.write_text(
        "".join(
            json.dumps({"text": t["body"], "label": t["section"], "source": t["voice"]}) + "\n"
            for t in chosen
        ),
        encoding="utf-8",
    )
    out, report = tmp_path / "mine.fanews", tmp_path / "report.txt"
    assert main(["train", "--data", str(data), "--out", str(out), "--report", str(report)]) == 0
    assert "macro-F1" in report.read_text(encoding="utf-8")
    assert main(["evaluate", "--data", str(data), "--model", str(out), "--noise"]) == 0
    assert "by source" in capsys.readouterr().out
    assert main(["evaluate", "--data", str(data), "--model", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n"] == len(chosen)
    for verb in (["info"], ["info", str(out)], ["info", "--json"], ["info", str(out), "--json"]):
        assert main(verb) == 0
    assert main(["verify", str(out), "section"]) == 0
    out.write_bytes(out.read_bytes()[:-5])
    assert main(["verify", str(out)]) == 2
    assert "ends before" in capsys.readouterr().err
    assert main(["train", "--data", str(data), "--out", str(tmp_path / "no" / "x")]) == 2
    assert main(["train", "nothing", "--out", str(out)]) == 2


def test_as_a_command_in_a_bare_environment() -> None:
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "-m", "fanews_classify.cli.main", "predict"],
        input="تیم فوتبال قهرمان لیگ شد\n".encode(),
        capture_output=True,
        env=environment,
        cwd=ROOT,
        check=True,
    )
    assert done.stdout.decode("utf-8").startswith("sport\tورزش\t")


def test_usage_errors_exit_with_2() -> None:
    for arguments in ([], ["dance"], ["predict", "--model"], ["train"]):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 2


def test_topics_and_stances_on_the_command_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "news.jsonl"
    told = "بیمارستان‌ها از بدهی بیمه‌ها و پرداخت نشدن مطالبات خود گلایه کردند"
    path.write_text(
        json.dumps({"text": told}) + "\n" + json.dumps({"text": "تیم والیبال برد"}) + "\n",
        encoding="utf-8",
    )
    assert main(["predict", "--model", "topic", str(path)]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("health_finance_dispute\tمطالبات و اختلافات مالی سلامت\t0.")
    assert second == "\t\t"
    assert main(["predict", "--json", "--model", "topic", str(path)]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["labels"] for record in records] == [["health_finance_dispute"], []]
    stance = ["--model", "stance", "--target", "health_finance_dispute", str(path)]
    assert main(["predict", *stance]) == 0
    assert capsys.readouterr().out.startswith("critical\tانتقادی\t0.")
    assert main(["explain", "--top", "3", *stance]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict", "--model", "stance"], "needs --target, one of health_coverage"),
        (["predict", "--model", "stance", "--target", "x"], "'x' is no target"),
        (["predict", "--target", "housing"], "no question about a --target"),
        (["explain", "--model", "topic", "--label", "x"], "'x' is no label"),
    ],
)
def test_wrong_targets_and_labels(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, SEEDS[0]]) == 2
    assert message in capsys.readouterr().err


def test_thresholds_are_tuned_and_saved(
    own_texts: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    topics, desks, out = tmp_path / "topics.jsonl", tmp_path / "desks.jsonl", tmp_path / "x.fanews"
    for path, label in ((topics, "topics"), (desks, "section")):
        rows = (json.dumps({"text": t["body"], "label": t[label]}) + "\n" for t in own_texts[::3])
        path.write_text("".join(rows), encoding="utf-8")
    chosen = own_texts[::3]
    arguments = ["tune-threshold", "--data", str(topics), "--out", str(out)]
    for goal, value in (("--precision", 0.98), ("--recall", 0.99)):
        assert main([*arguments, goal, str(value)]) == 0
        answers = fc.load(out).predict([text["body"] for text in chosen])
        for topic in fc.TOPICS:
            given = [topic in answer for answer in answers]
            true = [topic in text["topics"] for text in chosen]
            right = sum(a and b for a, b in zip(given, true, strict=True))
            assert right >= value * sum(given if goal == "--precision" else true) - 1e-9
    assert main(arguments) == 0
    assert "f1" in capsys.readouterr().out
    arguments = ["tune-threshold", "--model", "section", "--data", str(desks)]
    assert main([*arguments, "--accuracy", "0.97", "--out", str(out)]) == 0
    assert "answers" in capsys.readouterr().out
    cautious = fc.load(out)
    assert cautious.abstain_below > 0
    answers = cautious.predict([t["body"] for t in own_texts[::3]])
    right = [
        a == t["section"] for a, t in zip(answers, own_texts[::3], strict=True) if a != "unknown"
    ]
    assert sum(right) / len(right) >= 0.97
    assert main([*arguments, "--precision", "0.9"]) == 2
    assert main(["tune-threshold", "--data", str(topics), "--accuracy", "0.9"]) == 2


def test_evaluating_topics_and_stances(
    own_texts: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.jsonl"
    rows = (json.dumps({"text": t["body"], "label": t["topics"]}) + "\n" for t in own_texts[::8])
    path.write_text("".join(rows), encoding="utf-8")
    assert main(["evaluate", "--model", "topic", "--data", str(path), "--noise"]) == 0
    shown = capsys.readouterr().out
    assert "micro-F1" in shown
    assert "no half-space" in shown
    assert main(["evaluate", "--model", "stance", "--data", str(path)]) == 0
    assert "by target:" in capsys.readouterr().out
    path.write_text('{"text": "الف", "label": ["weather"]}\n', encoding="utf-8")
    assert main(["evaluate", "--model", "topic", "--data", str(path)]) == 2
    assert "line 1: the label 'weather' is none of" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ("analyze --target housing", "; only predict, explain, suggest take --target"),
        ("--json predict", " take --json, after their name"),
        ("help", "did you mean '--help'?"),
        ("version", "did you mean '--version'?"),
    ],
)
def test_an_option_of_another_verb_and_a_verb_that_is_an_option(
    arguments: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main([*arguments.split(), SEEDS[0]] if " " in arguments else [arguments])
    assert stop.value.code == 2
    assert hint in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["predict", "explain", "analyze"])
def test_a_text_where_a_file_should_be(
    verb: str, tmp_path: Path, monkeypatch: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "تیم والیبال شهر. در فینال پیروز شد"
    for given in (text, f"{text}\n" * 300):
        assert main([verb, given]) == 2
        told = capsys.readouterr().err
        assert 'through a pipe: echo "..." | fanews predict' in told
        assert len(told) < 200
        assert told.count("\n") == 1
    (tmp_path / "my good news").write_text(text, encoding="utf-8")
    assert main([verb, "my good news"]) == 0
    assert main([verb, "my good file.csv"]) == 2
    assert "no such file" in capsys.readouterr().err


def test_explained_is_named_where_it_is_not_the_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "news.jsonl"
    path.write_text('{"text": "تیم والیبال در فینال پیروز شد"}\n{"x": 1}\n', encoding="utf-8")
    assert main(["explain", str(path), "--top", "1"]) == 1
    answer, word, fault = capsys.readouterr().out.splitlines()
    assert "\tsport\t" in answer
    assert word.startswith("  +")
    assert fault.startswith(f"{path}:2\terror\tno text")
    assert main(["explain", str(path), "--top", "1", "--label", "world"]) == 1
    assert capsys.readouterr().out.splitlines()[1].startswith("  world (بین‌الملل) 0.0")
    assert main(["explain", str(path), "--top", "1", "--model", "topic"]) == 1
    assert re.fullmatch(r"  \w+ \(.+\) 0\.\d\d", capsys.readouterr().out.splitlines()[1])
    assert main(["analyze", str(path)]) == 1
    assert f"\n{path}:2\terror\tno text" in capsys.readouterr().out


def test_labels_that_are_their_own_persian_name_are_listed_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = tmp_path / "mine.csv", tmp_path / "mine.fanews"
    rows = [f"تیم {word} بازی را برد,ورزشی" for word in "آبی سرخ سبز زرد سفید".split()]
    rows += [f"قیمت {word} در بازار بالا رفت,بازار" for word in "طلا نان سیب مس برنج".split()]
    data.write_text("\n".join(["Text, Label", *rows]), encoding="utf-8")
    assert main(["train", "--data", str(data), "--out", str(out)]) == 0
    capsys.readouterr()
    assert main(["info", str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[1:3] == ["  بازار", "  ورزشی"]


@pytest.mark.parametrize("verb", ["explain", "analyze", "train", "evaluate", "tune-threshold"])
def test_help_has_examples_that_can_be_parsed(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([verb, "--help"])
    examples = re.findall(r"^  (?:echo .*\| )?fanews (.*)$", capsys.readouterr().out, re.MULTILINE)
    assert examples
    for example in examples:
        assert build_parser().parse_args(shlex.split(example)).verb in (verb, "predict")


def test_persian_names_where_ids_should_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "test.csv"
    path.write_text("text,label\nتیم والیبال پیروز شد,ورزش\n", encoding="utf-8")
    assert main(["evaluate", "--data", str(path)]) == 2
    assert capsys.readouterr().err.endswith("; write 'sport'\n")
    path.write_text("text,label\nتیم والیبال پیروز شد,شطرنج\n", encoding="utf-8")
    assert main(["evaluate", "--data", str(path)]) == 2
    assert capsys.readouterr().err.endswith("'world']\n")
