"""Predictions on a real Spark in local mode, with Python workers and executors killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pages
import pytest

import fanews_classify as fc
from fanews_classify.errors import InputTypeError, MissingExtraError, ParameterError
from fanews_classify.interop.spark import add_predictions, answer_udf, label_udf
from fanews_classify.scale.columns import Columns
from fanews_classify.scale.shipping import Shipped

pytest.importorskip("pandas")
pytest.importorskip("pyarrow")
pyspark = pytest.importorskip("pyspark")
if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
    pytest.skip("Spark needs Java", allow_module_level=True)

# of PySpark about pandas 3, and of what it imports
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")

ANSWER = ["label", "label_fa", "confidence", "error"]
SPORT, ECONOMY = "گل دقیقه نود تیم فوتبال را قهرمان لیگ کرد", "نرخ سود بانکی بالا رفت"
GUIDE = Path(__file__).resolve().parent.parent / "docs/pages/en/guides/clusters.md"
SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.log.level": "OFF",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def session(master: str, folder: Path, **more: str) -> Any:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(master)
    settings = {**SETTINGS, "spark.sql.warehouse.dir": str(folder), **more}
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("spark")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("SPARK_LOCAL_DIRS", str(folder))
        patch.setenv("SPARK_WORKER_DIR", str(folder))
        patch.setenv("SPARK_HOME", str(Path(pyspark.__file__).parent))
        yield folder


@pytest.fixture(scope="module")
def spark(environment: Path) -> Iterator[Any]:
    made = session("local[2,4]", environment)  # a task may fail three times
    yield made
    made.stop()


@pytest.fixture(scope="module")
def texts(own_texts: list[dict[str, str]]) -> list[Any]:
    found: list[Any] = [row["body"] for row in own_texts[:240]]
    found[5], found[100], found[239] = None, "", None
    return found


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a model that does not come with the package."""
    path = tmp_path_factory.mktemp("models") / "mine.fanews"
    fc.save(fc.load("section"), path)
    return path


def rows(spark: Any, texts: list[Any], pieces: int) -> Any:
    """Return texts with their numbers, in so many partitions."""
    return spark.createDataFrame(
        spark.sparkContext.parallelize(list(enumerate(texts)), pieces), "id long, text string"
    )


def equal(found: list[Any], texts: list[Any], model: Any = "section", **asked: Any) -> None:
    assert [row["id"] for row in found] == list(range(len(texts)))
    for name, values in Columns(Shipped(model), **asked)(texts).items():
        assert [row[name] for row in found] == values, name


@pytest.mark.parametrize("batches", ["arrow", "pandas"])
def test_answers_are_those_of_one_process(spark: Any, texts: list[Any], batches: Any) -> None:
    out = add_predictions(rows(spark, texts, 5), batches=batches)
    assert out.columns == ["id", "text", *ANSWER]
    assert out.schema.simpleString() == (
        "struct<id:bigint,text:string,label:string,label_fa:string,confidence:double,error:string>"
    )
    found = out.collect()
    assert [row["text"] for row in found] == texts
    equal(found, texts)


@pytest.mark.parametrize("batches", ["arrow", "pandas"])
def test_topics_stances_and_claims(spark: Any, texts: list[Any], batches: Any) -> None:
    some = texts[:40]
    frame = rows(spark, some, 2)
    topics = add_predictions(frame, "topic", batches=batches)
    assert "labels:array<string>" in topics.schema.simpleString()
    assert "confidences:array<double>" in topics.schema.simpleString()
    equal(topics.collect(), some, "topic")
    for model, asked in (
        ("stance", {"target": "housing"}),
        ("claim_stance", {"claim": "نرخ سود بانکی بالا می‌رود"}),
    ):
        equal(
            add_predictions(frame, model, **asked, batches=batches).collect(), some, model, **asked
        )


def test_functions_for_columns_and_sql(spark: Any, texts: list[Any]) -> None:
    some = texts[:30]
    frame = rows(spark, some, 2)
    frame.createOrReplaceTempView("news")
    spark.udf.register("section", label_udf("section"))
    wanted = Columns(Shipped("section"))(some)
    found = spark.sql("SELECT id, section(text) AS found FROM news ORDER BY id").collect()
    assert [row["found"] for row in found] == wanted["label"]
    sport = spark.sql("SELECT id FROM news WHERE section(text) = 'sport'").collect()
    labelled = enumerate(wanted["label"])
    assert sorted(row["id"] for row in sport) == [i for i, label in labelled if label == "sport"]
    whole = frame.withColumn("answer", answer_udf("topic")("text")).select("id", "answer.*")
    equal(whole.collect(), some, "topic")
    topics = frame.select("id", label_udf("topic")("text").alias("labels")).collect()
    assert [row["labels"] for row in topics] == Columns(Shipped("topic"))(some)["labels"]


def test_other_columns_stay_what_they_are(spark: Any) -> None:
    from datetime import date, datetime
    from decimal import Decimal

    schema = (
        "big long, real double, day date, moment timestamp, exact decimal(20,4), raw binary, "
        "list array<struct<a:int,b:string>>, map map<string,long>, text string, Label int not null"
    )
    kept = [
        (2**60 + 1, 1.5, date(2024, 1, 1), datetime(1400, 1, 1), Decimal("1.5"), b"\x00\xff",
         [(1, "x"), None], {"a": 2**60 + 1}, SPORT, 1),
        (None, None, None, None, None, None, None, None, None, 2),
    ]  # fmt: skip
    frame = spark.createDataFrame(kept, schema).coalesce(1)
    out = add_predictions(frame)
    assert out.schema.fields[:10] == frame.schema.fields
    assert out.columns[10:] == ["predicted_" + name for name in ANSWER]  # capitals are no names
    found = out.collect()
    assert [tuple(row)[:10] for row in found] == [tuple(row) for row in frame.collect()]
    assert [row["predicted_label"] for row in found] == ["sport", None]
    assert [row["predicted_error"] for row in found] == [None, "no text"]
    assert [row["big"] for row in found] == [2**60 + 1, None]
    assert add_predictions(frame, column="big").first()["predicted_error"] == "not a text but int"
    assert add_predictions(frame, column="raw").first()["predicted_error"] == "not a text but bytes"
    two = add_predictions(frame, column="list+text").first()
    assert two["predicted_error"] is None


def test_awkward_texts_and_empty_partitions(spark: Any) -> None:
    # Spark itself makes a question mark of a lone surrogate when it takes a text from Python.
    texts = ["", " \u202e\x00\t", "\ud800 " + ECONOMY, "x" * 300_000, None]
    found = add_predictions(rows(spark, texts, 9)).collect()
    equal(found, [None if t is None else t.replace("\ud800", "?") for t in texts])
    assert found[2]["label"] == "economy"
    assert add_predictions(rows(spark, texts, 2).where("id > 9")).collect() == []


def test_what_cannot_be_asked_is_said_before_anything_is_computed(spark: Any) -> None:
    import pandas as pd

    frame = rows(spark, [SPORT], 1)
    with pytest.raises(ParameterError, match="no column 'txt'; did you mean 'text'"):
        add_predictions(frame, column="txt")
    with pytest.raises(ParameterError, match="target"):
        add_predictions(frame, "stance")
    with pytest.raises(ParameterError, match="claim"):
        label_udf("claim_stance")
    with pytest.raises(ParameterError, match="choose one of"):
        add_predictions(frame, batches="rows")  # type: ignore[arg-type]
    with pytest.raises(fc.FanewsError, match="no bundled model"):
        answer_udf("sections")
    with pytest.raises(InputTypeError, match=r"pandas\.DataFrame is no pyspark\.sql\.DataFrame"):
        add_predictions(pd.DataFrame({"text": [SPORT]}))


def test_without_spark_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyspark"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r"fanews-classify\[spark\]"):
        add_predictions(None)


def counting(function: Callable[[Any], Any]) -> Any:
    """Return a function that adds to each answer who gave it, and how often it opened a model."""
    import pandas as pd
    from pyspark.sql.functions import pandas_udf

    def counted(texts: Any) -> Any:
        from fanews_classify.scale import shipping

        module: Any = shipping
        if not hasattr(module, "opened"):
            module.opened = 0
            opening = shipping._store.from_bytes

            def opens(*arguments: Any) -> Any:
                module.opened += 1
                return opening(*arguments)

            module._store.from_bytes = opens
            shipping._OPENED.clear()
        return function(texts) + f" {os.getpid()} {module.opened}"

    counted.__annotations__ = {"texts": pd.Series, "return": pd.Series}
    return pandas_udf(counted, "string")


def test_a_model_is_opened_once_by_each_python_worker(
    spark: Any, own: Path, tmp_path: Path
) -> None:
    path = own.rename(tmp_path / "moved.fanews")
    functions = [counting(label_udf(path).func) for _ in range(2)]
    path.rename(own)  # executors do not read it
    frame = rows(spark, [SPORT] * 200, 20)
    seen: dict[str, set[str]] = {}
    for function in functions:  # two jobs, the workers of the first are used again
        for row in frame.select(function("text").alias("found")).collect():
            label, pid, opened = row["found"].split()
            assert label == "sport"
            seen.setdefault(pid, set()).add(opened)
    assert 1 <= len(seen) <= 4  # not one for each of the 40 tasks
    assert set().union(*seen.values()) == {"1"}


def test_the_model_is_no_part_of_the_task(spark: Any, own: Path) -> None:
    from pyspark.serializers import CloudPickleSerializer

    function = label_udf(own).func
    sent = len(CloudPickleSerializer().dumps(function))
    spark.sparkContext._pickled_broadcast_vars.clear()
    assert sent < 10_000 < own.stat().st_size


def gated(spark: Any, texts: list[Any], folder: Path) -> Any:
    """Return texts in eight partitions, six of which wait for a file."""
    here = str(folder)

    def gate(batches: Iterator[Any]) -> Iterator[Any]:
        from pyspark import TaskContext

        context = TaskContext.get()
        assert context is not None
        number, attempt = context.partitionId(), context.attemptNumber()
        Path(here, f"{number}-{attempt}-{os.getppid()}").touch()
        until = time.monotonic() + 60
        while number >= 2 and not Path(here, "go").exists() and time.monotonic() < until:
            time.sleep(0.01)
        yield from batches

    frame = rows(spark, texts, 8)
    return frame.mapInArrow(gate, frame.schema)


def begun(folder: Path) -> list[list[int]]:
    """Return partition, attempt and the parent of the worker, of those that wait."""
    names = [path.name.split("-") for path in folder.iterdir() if "-" in path.name]
    return sorted(list(map(int, name)) for name in names if int(name[0]) >= 2)


def children(parent: int) -> list[int]:
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False
    )
    return [int(pid) for pid in found.stdout.split()]


def killed_run(spark: Any, frame: Any, folder: Path, kill: Callable[[], None]) -> list[Any]:
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(frame.collect)
        try:
            while len(begun(folder)) < 2 and not run.done():
                time.sleep(0.01)
            kill()
        finally:
            (folder / "go").touch()
        rows: list[Any] = run.result()
        return rows


@pytest.mark.skipif(not shutil.which("ps"), reason="finds the workers by ps")
def test_python_workers_killed_in_mid_run_lose_nothing(
    spark: Any, texts: list[Any], tmp_path: Path
) -> None:
    def kill() -> None:
        for pid in children(begun(tmp_path)[0][2]):  # all of pyspark.daemon's
            os.kill(pid, signal.SIGKILL)

    frame = add_predictions(gated(spark, texts, tmp_path))
    found = killed_run(spark, frame, tmp_path, kill)
    assert [1 for _, attempt, _ in begun(tmp_path) if attempt > 0]  # done once more
    assert [row["text"] for row in found] == texts
    equal(found, texts)


def test_the_examples_of_the_guide_run(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = GUIDE.read_text(encoding="utf-8")
    start = text.index("## Spark\n")
    line = text.count("\n", 0, start)
    found = [block for block in pages.blocks(text) if block.line > line]
    assert len(found) >= 2
    names: dict[str, Any] = {}
    for block in found:
        exec(compile(block.body, f"{GUIDE.name}, line {block.line}", "exec"), names)
    assert names["spark"] is not None


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("ps"), reason="finds the executors by ps")
def test_an_executor_killed_in_mid_run_loses_nothing(
    environment: Path, texts: list[Any], own: Path, tmp_path: Path
) -> None:
    """In a process of its own: a program has one Spark, and this is another kind."""
    done = subprocess.run(
        [sys.executable, "-c", "import test_spark; test_spark.run_with_executors()",
         str(environment), str(own), str(tmp_path)],
        cwd=Path(__file__).parent, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.splitlines()[-1] == "complete"


def run_with_executors() -> None:
    environment, own, folder = map(Path, sys.argv[1:])
    memory = {"spark.executor.memory": "512m"}
    spark = session("local-cluster[2,1,512]", environment, **memory)
    texts = [f"{SPORT} {i}" if i % 3 else None for i in range(240)]
    killed: list[int] = []

    def kill() -> None:
        worker = begun(folder)[0][2]  # pyspark.daemon, whose parent is an executor
        parent = subprocess.run(
            ["ps", "-o", "ppid=", "-p", str(worker)], capture_output=True, text=True, check=True
        )
        killed.append(int(parent.stdout))
        os.kill(killed[0], signal.SIGKILL)

    frame = add_predictions(gated(spark, texts, folder), own)
    found = killed_run(spark, frame, folder, kill)
    assert killed[0] != os.getpid()
    assert [1 for _, attempt, _ in begun(folder) if attempt > 0]
    equal(found, texts, own)
    spark.stop()
    print("complete")
