"""The reader of records: tables, lines, encodings, broken rows."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanews_classify.errors import CorpusError, MissingExtraError, ParameterError
from fanews_classify.records import encoding, tables
from fanews_classify.records.columns import text_columns, text_of
from fanews_classify.records.reading import Reading, Records
from fanews_classify.training.records import read_records

TEXT = "باشگاه فوتبال شهر قهرمان لیگ شد"


def rows_of(path: Path, **reading: Any) -> list[tuple[int, Any, str | None]]:
    with Records(path, Reading(**reading)) as records:
        return [(row.number, row.values, row.error) for row in records.rows()]


def written(path: Path, content: str | bytes, code: str = "utf-8") -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(code))
    return path


CELLS = st.text(st.sampled_from('ab ,;"\n\r\t\u200cخبر\ufeff'), max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6), st.sampled_from(",;\t|"))
def test_what_the_csv_module_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], delimiter: str
) -> None:
    text = io.StringIO(newline="")
    # The module does not quote a lone \r unless its line end has one (before Python 3.13).
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([("id", "text"), *rows])
    path = tmp_path_factory.mktemp("rows") / "a.csv"
    written(path, text.getvalue())
    found = rows_of(path)
    assert [tuple(values.values()) for _, values, _ in found] == rows
    assert all(error is None for _, _, error in found)


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("id;text\n1;a, b\n", ["id", "text"]),
        ("id\ttext\n1\ta\n", ["id", "text"]),
        ("sep=;\r\nid;text\r\n1;a\r\n", ["id", "text"]),
        ("sep=,\nid,text\n1,a\n", ["id", "text"]),
        ("\ufeffid,text\n1,a\n", ["id", "text"]),
        ("\n\nid,text\n1,a\n", ["id", "text"]),
        ('"id";"te;xt"\n1;a\n', ["id", "te;xt"]),
        ("text\n1\n", ["text"]),
        ("text,text,text.1\n1,2,3\n", ["text", "text.1", "text.1.1"]),
        ("عنوان,متن\n1,2\n", ["عنوان", "متن"]),
    ],
)
def test_headers(content: str, columns: list[str], tmp_path: Path) -> None:
    with Records(written(tmp_path / "a.csv", content)) as records:
        assert records.columns == columns
        (row,) = records.rows()
        assert row.error is None
        assert row.values is not None
        assert list(row.values) == columns


def test_a_broken_row_costs_itself_only(tmp_path: Path) -> None:
    content = (
        b"id,text\n"
        b"1,good\n"
        b"2,a,b\n"
        b"\n"
        b"3\n"
        b'4,"two\nlines"\n'
        b"5,surplus,,\n"
        b'6,"never closed\n'
        b"7,good\n"
        b'8,"closed" late\n'
        b'9,"opened\n'
        b'10,"closed elsewhere"\n'
        b"11,good\n"
    ) + b"12,\xe1\xcd\n13,good\n"
    found = rows_of(written(tmp_path / "a.csv", content))
    assert [(number, values["id"]) for number, values, _ in found] == [
        (2, "1"), (3, "2"), (5, "3"), (6, "4"), (8, "5"), (9, "6"), (10, "7"),
        (11, "8"), (12, "9"), (13, "10"), (14, "11"), (15, "12"), (16, "13"),
    ]  # fmt: skip
    errors = {values["id"]: error for _, values, error in found if error}
    assert errors.keys() == {"2", "3", "6", "9", "12"}
    assert "3 instead of 2" in errors["2"]
    assert "not closed" in errors["6"]
    assert "not closed" in errors["9"]
    assert "broken letters" in errors["12"]
    by_id = {values["id"]: values for _, values, _ in found}
    assert by_id["4"]["text"] == "two\nlines"
    assert by_id["6"]["text"] == "never closed"
    assert "\ufffd" in by_id["12"]["text"]


def test_a_quotation_mark_takes_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_MOST", 200)
    content = 'id,text\n0,"open\n' + "".join(f"{i},{'x' * 20}\n" for i in range(1, 50))
    found = rows_of(written(tmp_path / "a.csv", content + '50,"\n51,y\n'))
    assert [values["id"] for _, values, _ in found] == [str(i) for i in range(52)]
    assert [values["id"] for _, values, error in found if error] == ["0", "50"]


def test_json_lines(tmp_path: Path) -> None:
    content = (
        '{"text": "a\\u2028b"}\n\n   \n{bad\n[1]\n3\n{"text": "\u2028 c"}\r\n{"text": 1e3}'
    ).encode() + b'\n{"text": "\xff\xfe"}\n'
    found = rows_of(written(tmp_path / "a.jsonl", content + b"[" * 100_000))
    assert [number for number, _, _ in found] == [1, 4, 5, 6, 7, 8, 9, 10]
    good = [values for _, values, error in found if error is None]
    assert good == [{"text": "a\u2028b"}, {"text": "\u2028 c"}, {"text": 1000.0}]
    assert "not JSON" in str(found[1][2])
    assert "not a JSON object" in str(found[2][2])
    assert "broken letters" in str(found[6][2])
    assert found[6][1] == {"text": "\ufffd\ufffd"}
    assert "nested" in str(found[7][2])


def test_json_arrays(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    written(path, '\ufeff [{"text": "a"}, 3]')
    assert rows_of(path) == [(1, {"text": "a"}, None), (2, None, "not a JSON object")]
    written(path, '{"text": "a"}\n{"text": "b"}\n')  # lines under the wrong name
    assert [values["text"] for _, values, _ in rows_of(path)] == ["a", "b"]
    for content, message in (("[1,", "is not JSON"), ("3", "no array")):
        with pytest.raises(CorpusError, match=message):
            rows_of(written(path, content))


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("cp1256", "Windows-1256: add --encoding cp1256"),
        ("utf-16", "UTF-16: add --encoding utf-16"),
        ("utf-16-le", "UTF-16-LE: add --encoding utf-16-le"),
        ("utf-16-be", "UTF-16-BE: add --encoding utf-16-be"),
        ("utf-32", "UTF-32: add --encoding utf-32"),
    ],
)
def test_other_encodings_are_told_and_read(code: str, told: str, tmp_path: Path) -> None:
    content = f"id,text\n1,{TEXT}\n".replace("ی", "ي")
    path = written(tmp_path / "a.csv", content, code)
    with pytest.raises(CorpusError, match=f"a.csv is not UTF-8; it looks like {told}"):
        rows_of(path)
    given = told.rsplit(maxsplit=1)[-1]
    assert rows_of(path, encoding=given)[0][1]["text"] == TEXT.replace("ی", "ي")
    with Records(path, Reading(encoding=given)) as records:
        assert records.columns == ["id", "text"]


def test_a_guess_is_not_made_of_a_single_broken_place() -> None:
    good = (TEXT * 3).encode()
    assert encoding.foreign(good + b"\xe1", cut=False) is None
    assert encoding.foreign(good[:-1], cut=True) is None
    assert encoding.foreign(b"plain ascii, \x06 and a control", cut=False) is None
    latin = encoding.foreign("déjà vu, où est l'été".encode("latin-1"), cut=False)
    assert latin is not None
    assert "1256" not in latin


def test_unknown_encodings(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "text\na\n")
    with pytest.raises(ParameterError, match="did you mean 'cp1256'"):
        rows_of(path, encoding="cp1265")
    for name in ("base64", "no such thing"):
        with pytest.raises(ParameterError, match="no encoding"):
            rows_of(path, encoding=name)


def test_gzip(tmp_path: Path) -> None:
    data = gzip.compress(f"id,text\n1,{TEXT}\n".encode() * 1)
    path = written(tmp_path / "a.csv.gz", data)
    assert rows_of(path)[0][1]["text"] == TEXT
    assert rows_of(written(tmp_path / "b.csv", data))[0][1]["text"] == TEXT  # the wrong name
    for content, message in (
        (data[:-9], "cut off"),
        (data[:20] + b"xx" + data[22:], "damaged|cut off"),
        (b"id,text\n", "not gzipped"),
    ):
        with pytest.raises(CorpusError, match=message):
            rows_of(written(path, content))


def test_columns_of_the_text() -> None:
    columns = ["id", "title", "Body", "a+b"]
    assert text_columns("x", columns, None) == ("Body",)
    assert text_columns("x", ["only"], None) == ("only",)
    assert text_columns("x", columns, "title+Body") == ("title", "Body")
    assert text_columns("x", columns, "a+b") == ("a+b",)
    with pytest.raises(ParameterError, match=r"no column 'titel'; did you mean 'title'.*'a\+b'"):
        text_columns("x", columns, "titel+Body")
    with pytest.raises(ParameterError, match="--column"):
        text_columns("x", ["a", "b"], None)
    assert text_of({"a": " x ", "b": "y"}, ["a"]) == (" x ", None)
    assert text_of({"a": "x", "b": None, "c": "z"}, ["a", "b", "c"]) == ("x\nz", None)
    assert text_of({"a": "", "b": None}, ["a", "b"]) == ("", None)
    for values in ({}, {"a": None}, {"a": float("nan")}):
        assert text_of(values, ["a"]) == ("", "no text in column 'a'")
        assert text_of(values, ["a", "b"]) == ("", "no text in column 'a+b'")
    assert text_of({"a": 3}, ["a"]) == ("", "no text in column 'a' but int")


def test_training_reads_the_same_and_refuses_the_first_fault(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", 'id;text\n1;"x\ny"\n2\n')
    assert list(read_records(path, keep_faulty=True)) == [
        (2, {"id": "1", "text": "x\ny"}),
        (4, "wrong number of columns: 1 instead of 2"),
    ]
    with pytest.raises(CorpusError, match="line 4: wrong number"):
        list(read_records(path))
    array = written(tmp_path / "a.json", json.dumps([{"text": "x"}]))
    assert list(read_records(array)) == [(1, {"text": "x"})]
    with pytest.raises(CorpusError, match=r"only \.csv"):
        list(read_records(written(tmp_path / "a.txt", "x")))


def test_parquet_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"fanews-classify\[cli\]"):
        rows_of(written(tmp_path / "a.parquet", b"PAR1"))


def test_parquet_values_are_json_values(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", exc_type=ImportError)
    pq = pytest.importorskip("pyarrow.parquet", exc_type=ImportError)
    path = tmp_path / "a.parquet"
    table = pa.table(
        {
            "متن": pa.array([TEXT, None], pa.large_string()),
            "kind": pa.array(["a", "b"]).dictionary_encode(),
            "time": pa.array([1_700_000_000_123_456_789, None], pa.timestamp("ns")),
            "nested": pa.array([{"a": [1, None]}, None]),
            "bytes": pa.array([b"\xff", b"x"]),
            "number": pa.array([float("nan"), 1.5]),
            "a.b": pa.array([1, 2]),
        }
    )
    pq.write_table(table, path, row_group_size=1)
    first, second = (values for _, values, _ in rows_of(path))
    assert first == {
        "متن": TEXT, "kind": "a", "time": "2023-11-14 22:13:20.123456789",
        "nested": {"a": [1, None]}, "bytes": "\ufffd", "number": None, "a.b": 1,
    }  # fmt: skip
    assert second["متن"] is None
    json.dumps([first, second], allow_nan=False)
    with Records(path) as records:
        row = next(iter(records.rows(["متن", "kind"], ["متن"], ["متن"])))
        assert row.values == {"متن": TEXT}
        assert row.batch.schema.names == ["متن", "kind"]
    with pytest.raises(CorpusError, match="not a whole Parquet file"):
        rows_of(written(path, b"id,text\n"))
    bad = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xe1"]).buffers())
    pq.write_table(pa.table({"text": bad}), path)
    assert [error is None for _, _, error in rows_of(path)] == [False]


def test_a_name_is_like_another_by_more_than_its_ending(tmp_path: Path) -> None:
    written(tmp_path / "news.csv", "text\nخبر\n")
    for name, hint in (
        ("nesw.csv", "did you mean"),
        ("news.cvs", "did you mean"),
        ("abcd.csv", ""),
    ):
        with pytest.raises(CorpusError, match="no such file") as told:
            Records(tmp_path / name, Reading("csv"))
        assert ("did you mean" in str(told.value)) == bool(hint)


def test_the_usual_name_of_a_persian_column_is_guessed(tmp_path: Path) -> None:
    assert text_columns("a.csv", ["شناسه", "عنوان", "متن خبر"], None) == ("متن خبر",)


def test_labelled_files_have_no_encoding_option_to_advise(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", f"text,label\n{TEXT.replace('ی', 'ي')},x\n", "cp1256")
    with pytest.raises(CorpusError, match="save it as UTF-8") as told:
        list(read_records(path))
    assert "--encoding" not in str(told.value)


def test_a_cell_that_is_too_long_costs_its_row_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_MOST", 200)
    path = written(tmp_path / "a.csv", f"id,text\n1,a\n2,{'x' * 300}\n3,b\n")
    found = rows_of(path)
    assert [(number, error is None) for number, _, error in found] == [
        (2, True), (3, False), (4, True),
    ]  # fmt: skip
    assert "field larger" in str(found[1][2])


def test_broken_letters_of_json_arrays_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    good = f'[{{"text": "{TEXT}"}}, '.encode()
    written(path, good + b'{"text": "a\xff", "more": ["\xff"]}, {"text": "b"}]')
    assert rows_of(path) == [
        (1, {"text": TEXT}, None),
        (2, {"text": "a\ufffd", "more": ["\ufffd"]}, encoding.BROKEN),
        (3, {"text": "b"}, None),
    ]


def test_a_gzipped_array_that_is_cut_off(tmp_path: Path) -> None:
    texts = [{"text": f"{TEXT} {i * 7919 % 65537:x} {i * 104729 % 99991:x}"} for i in range(20_000)]
    packed = gzip.compress(json.dumps(texts).encode())
    path = written(tmp_path / "a.json.gz", packed[: len(packed) // 2])
    with pytest.raises(CorpusError, match="cut off"):
        rows_of(path)


def test_parquet_columns_of_the_same_name(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", exc_type=ImportError)
    pq = pytest.importorskip("pyarrow.parquet", exc_type=ImportError)
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table([[TEXT], [1], [2]], names=["text", "a", "a"]), path)
    assert rows_of(path) == [(1, {"text": TEXT, "a": 1, "a.1": 2}, None)]


def test_parquet_times_that_python_has_not(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", exc_type=ImportError)
    pq = pytest.importorskip("pyarrow.parquet", exc_type=ImportError)
    path = tmp_path / "a.parquet"
    times = pa.array([[2 * 10**17]], pa.list_(pa.timestamp("ms")))
    pq.write_table(pa.table({"text": [TEXT], "times": times}), path)
    with pytest.raises(CorpusError, match="cannot read"):
        rows_of(path)
    with Records(path) as records:
        assert [row.values for row in records.rows(only=["text"])] == [{"text": TEXT}]
