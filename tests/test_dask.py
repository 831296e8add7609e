"""Predictions on a real Dask cluster with worker processes, one of which is killed."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dask_cluster import connected

import fanews_classify as fc
from fanews_classify.errors import InputTypeError, MissingExtraError, ParameterError
from fanews_classify.interop import _frames
from fanews_classify.interop.dask import add_predictions, predict
from fanews_classify.scale.columns import Columns
from fanews_classify.scale.shipping import Shipped

pd = pytest.importorskip("pandas")
pa = pytest.importorskip("pyarrow")
dask = pytest.importorskip("dask")
dd = pytest.importorskip("dask.dataframe")
distributed = pytest.importorskip("distributed")
cloudpickle = pytest.importorskip("cloudpickle")

ANSWER = ["label", "label_fa", "confidence", "error"]
SPORT, ECONOMY = "گل دقیقه نود تیم فوتبال را قهرمان لیگ کرد", "نرخ سود بانکی بالا رفت"


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with connected(__name__, threads=2) as found:
        yield found


@pytest.fixture(scope="module")
def texts(own_texts: list[dict[str, str]]) -> list[Any]:
    found: list[Any] = [row["body"] for row in own_texts[:240]]
    found[5], found[100], found[239] = None, "", None
    return found


def plain(values: Any) -> list[Any]:
    """Return the values of a column, None for whatever pandas calls missing."""
    return [
        value if isinstance(value, list | tuple) or not pd.isna(value) else None
        for value in values.tolist()
    ]


def equal(found: Any, texts: list[Any], model: Any = "section", **asked: Any) -> None:
    wanted = Columns(Shipped(model), **asked)(texts)
    assert len(found) == len(texts)
    for name, values in wanted.items():
        assert plain(found[name]) == values, name


def test_answers_are_those_of_one_process(client: Any, texts: list[Any]) -> None:
    frame = dd.from_pandas(pd.DataFrame({"id": range(240), "text": texts}), npartitions=7)
    out = add_predictions(frame)
    assert out.divisions == frame.divisions
    found = out.compute()
    assert found.columns.tolist() == ["id", "text", *ANSWER]
    assert found["id"].tolist() == found.index.tolist() == list(range(240))
    assert plain(found["text"]) == texts
    assert found.dtypes.to_dict() == out.dtypes.to_dict()
    equal(found, texts)


def test_labels_of_a_series(client: Any, texts: list[Any]) -> None:
    series = dd.from_pandas(pd.Series(texts, name="body"), npartitions=3)
    found = predict(series).compute()
    assert found.name == "section"
    assert plain(found) == Columns(Shipped("section"))(texts)["label"]
    counted = predict(series).value_counts().compute()
    assert counted.sum() == 238
    topics = predict(series, "topic").compute()
    assert plain(topics) == Columns(Shipped("topic"))(texts)["labels"]


def test_topics_stances_and_claims(client: Any, texts: list[Any], tmp_path: Path) -> None:
    frame = dd.from_pandas(pd.DataFrame({"text": texts[:60]}), npartitions=2)
    topics = add_predictions(frame, "topic", abstain_below=0.5).compute()
    equal(topics, texts[:60], "topic", abstain_below=0.5)
    equal(
        add_predictions(frame, "stance", target="housing").compute(),
        texts[:60],
        "stance",
        target="housing",
    )
    claim = "نرخ سود بانکی بالا می‌رود"
    equal(
        add_predictions(frame, "claim_stance", claim=claim).compute(),
        texts[:60],
        "claim_stance",
        claim=claim,
    )
    lists = {name: pa.list_(pa.string()) for name in ("labels", "labels_fa")}
    kinds = {"text": pa.string(), **lists, "confidences": pa.list_(pa.float64())}
    add_predictions(frame, "topic", abstain_below=0.5).to_parquet(
        tmp_path / "topics",
        schema=pa.schema({**kinds, "confidence": pa.float64(), "error": pa.string()}),
        write_index=False,
    )
    written = pd.read_parquet(tmp_path / "topics")
    assert [None if v is None else list(v) for v in written["labels"]] == plain(topics["labels"])


AWKWARD = [SPORT, None, float("nan"), 7, 2.5, b"x", "", ["l"], "\ud800 " + ECONOMY, pd.NA, pd.NaT]


@pytest.mark.parametrize("pieces", [1, 4])
def test_rows_that_are_no_texts(pieces: int, client: Any) -> None:
    table = pd.DataFrame({"text": pd.Series(AWKWARD, dtype=object, index=[3] * len(AWKWARD))})
    with dask.config.set({"dataframe.convert-string": False}):
        frame = dd.from_pandas(table, npartitions=pieces, sort=False)
        found = add_predictions(frame).compute()
    equal(found, AWKWARD)
    assert found.index.tolist() == [3] * len(AWKWARD)
    assert plain(found["label"])[0] == "sport"
    assert plain(found["label"])[8] == "economy"
    assert plain(found["error"]) == [
        None, "no text", "no text", "not a text but int", "not a text but float",
        "not a text but bytes", None, "not a text but list", None, "no text", "no text",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["object", "string", "string[pyarrow]", "category"])
@pytest.mark.parametrize("convert", [True, False])
def test_every_kind_of_text_column(kind: str, convert: bool) -> None:
    texts = [SPORT, None, ECONOMY, SPORT]
    with dask.config.set({"dataframe.convert-string": convert}):
        table = pd.DataFrame({"text": pd.Series(texts, dtype=kind)})
        out = add_predictions(dd.from_pandas(table, npartitions=2))
        found = out.compute(scheduler="synchronous")
        assert found.dtypes.to_dict() == out.dtypes.to_dict()
        of_dask = dd.from_pandas(pd.DataFrame({"x": ["a"]}), npartitions=1).dtypes["x"]
        assert out.dtypes["label"] == of_dask
        # what Dask itself does with such a column afterwards
        assert out[out["label"] == "sport"].index.compute(scheduler="synchronous").tolist() == [
            0,
            3,
        ]
    equal(found, texts)


def test_empty_partitions(client: Any) -> None:
    frame = dd.from_pandas(
        pd.DataFrame({"text": [SPORT, ECONOMY] * 4, "n": range(8)}), npartitions=4
    )
    found = add_predictions(frame[frame["n"] > 5]).compute()
    equal(found, [SPORT, ECONOMY])
    nothing = add_predictions(frame[frame["n"] > 50]).compute()
    assert nothing.columns.tolist() == ["text", "n", *ANSWER]
    assert len(nothing) == 0


def test_names_that_the_frame_has_and_several_columns(client: Any) -> None:
    table = pd.DataFrame(
        {
            "title": [SPORT, None, None],
            "label": [1, 2, 3],
            "body": ["", ECONOMY, None],
            4: [0, 0, 0],
        }
    )
    found = add_predictions(dd.from_pandas(table, npartitions=1), column="title+body").compute()
    assert found.columns.tolist() == [*table.columns, *("predicted_" + name for name in ANSWER)]
    assert found["label"].tolist() == [1, 2, 3]
    assert plain(found["predicted_label"]) == ["sport", "economy", None]
    assert plain(found["predicted_error"]) == [None, None, "no text"]


def test_what_cannot_be_asked_is_said_before_anything_is_computed() -> None:
    frame = dd.from_pandas(pd.DataFrame({"text": [SPORT], "x": [1]}), npartitions=1)
    with pytest.raises(ParameterError, match="no column 'txt'; did you mean 'text'"):
        add_predictions(frame, column="txt")
    with pytest.raises(ParameterError, match="target"):
        add_predictions(frame, "stance")
    with pytest.raises(ParameterError, match="lone surrogate"):
        add_predictions(frame, "claim_stance", claim="a\ud800")
    with pytest.raises(ParameterError, match="abstain_below"):
        add_predictions(frame, abstain_below=2)
    with pytest.raises(fc.FanewsError, match="no bundled model"):
        add_predictions(frame, "sections")
    with pytest.raises(InputTypeError, match=r"pandas\.DataFrame is no dask\.dataframe\.DataFrame"):
        add_predictions(pd.DataFrame({"text": [SPORT]}))
    with pytest.raises(InputTypeError, match=r"Series"):
        predict(frame)


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"fanews-classify\[dask\]"):
        add_predictions(None)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a model that does not come with the package."""
    path = tmp_path_factory.mktemp("models") / "mine.fanews"
    fc.save(fc.load("section"), path)
    return path


def _count_openings() -> None:
    """Have this worker count the models that it opens and the questions that reach it."""
    from fanews_classify.interop import _frames
    from fanews_classify.scale import shipping

    shipping._OPENED.clear()
    opened, arrived = shipping._store.from_bytes, []

    def counted(data: bytes, path: Path) -> Any:
        arrived.append("opened")
        time.sleep(0.2)  # so that another thread would come meanwhile
        return opened(data, path)

    def received(question: Any, state: dict[str, Any]) -> None:
        arrived.append("received")
        question.__dict__.update(state)

    shipping._store.from_bytes = counted  # type: ignore[assignment]
    _frames.Question.__setstate__ = received  # type: ignore[attr-defined]
    _frames.counts = arrived  # type: ignore[attr-defined]


def _counts() -> list[str]:
    from fanews_classify.interop import _frames

    del _frames.Question.__setstate__  # type: ignore[attr-defined]
    return sorted(_frames.counts)  # type: ignore[attr-defined]


def test_a_model_is_sent_to_a_worker_once_and_opened_once(
    client: Any, own: Path, texts: list[Any], tmp_path: Path
) -> None:
    path = own.rename(tmp_path / "moved.fanews")
    wanted = Columns(Shipped(path))(texts)
    frame = dd.from_pandas(pd.DataFrame({"text": texts}), npartitions=24)
    out = add_predictions(frame, path)
    path.rename(own)  # workers do not read it
    client.run(_count_openings)
    found = out.compute()
    counts = client.run(_counts)
    assert {name: plain(found[name]) for name in wanted} == wanted
    assert len(counts) == 2
    assert all(seen == ["opened", "received"] for seen in counts.values())


def test_of_a_bundled_model_only_its_name_is_sent(own: Path) -> None:
    def size(model: Any) -> int:
        answer = _frames.columns_of(model, None, None, None)
        return len(pickle.dumps(_frames.question(answer, ["text"], "text", fold=False)))

    assert size("section") < 1000
    assert size(own) > own.stat().st_size


def _gate(part: Any, folder: str) -> Any:
    """Note who works on a partition; the later ones wait until they may go on."""
    number = int(part["number"].iloc[0])
    Path(folder, f"{number}-{os.getpid()}").touch()
    until = time.monotonic() + 60
    while number >= 4 and not Path(folder, "go").exists() and time.monotonic() < until:
        time.sleep(0.01)
    return part


def _begun(folder: Path) -> list[tuple[int, int]]:
    names = [path.name.split("-") for path in folder.iterdir() if "-" in path.name]
    return sorted((int(number), int(pid)) for number, pid in names)


def test_a_worker_killed_in_mid_run_loses_nothing(
    client: Any, own: Path, texts: list[Any], tmp_path: Path
) -> None:
    table = pd.DataFrame({"text": texts, "number": [i // 20 for i in range(240)]})
    frame = dd.from_pandas(table, npartitions=12)
    gated = frame.map_partitions(_gate, str(tmp_path), meta=frame._meta)
    future = client.compute(add_predictions(gated, own))
    until = time.monotonic() + 60
    while not any(number >= 4 for number, _ in _begun(tmp_path)) and time.monotonic() < until:
        time.sleep(0.01)
    number, killed = next(one for one in _begun(tmp_path) if one[0] >= 4)
    assert killed in client.run(os.getpid).values()
    os.kill(killed, signal.SIGKILL)
    (tmp_path / "go").touch()
    found = future.result(timeout=60)
    assert [pid for other, pid in _begun(tmp_path) if other == number] != [killed]
    assert found.index.tolist() == list(range(240))
    assert found["number"].tolist() == table["number"].tolist()
    equal(found, texts, own)
