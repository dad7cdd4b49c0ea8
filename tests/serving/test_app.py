"""Predictions over HTTP are those of the network."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from fastapi.testclient import TestClient
from pyarrow import csv

from optuna_dnc.data.tables import DataOptions
from optuna_dnc.results.predictor import Predictor
from optuna_dnc.search import SearchResult, StagedSearch
from optuna_dnc.serving import app as application
from optuna_dnc.serving import prediction_app
from tests.data.tables.test_table_dataset import people
from tests.searches import SMALL

ROWS = people(20, seed=2).drop_columns(["rich"])


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    out = tmp_path_factory.mktemp("serving") / "run"
    settings = SMALL | {"n_startup_trials": 1, "n_steps": 0}
    StagedSearch(people(), target="rich", out=out, **settings).run()
    return SearchResult.load(out).predictor()


@pytest.fixture
def client(predictor: Predictor) -> TestClient:
    app = prediction_app(predictor, "people", most_rows=50)
    return TestClient(app, base_url="http://127.0.0.1:8000")


def as_json(table: pa.Table) -> list[dict[str, Any]]:
    return [{**row, "day": str(row["day"])} for row in table.to_pylist()]


def as_csv(table: pa.Table) -> bytes:
    out = io.BytesIO()
    csv.write_csv(table, out)
    return out.getvalue()


def test_csv_in_the_encoding_of_the_request_or_of_the_training_data(predictor: Predictor) -> None:
    job = pa.array(["nürse"] * len(ROWS))
    text = as_csv(ROWS.set_column(ROWS.column_names.index("job"), "job", job)).decode()
    options = DataOptions(encoding="latin-1")
    for known, kind, encoding in (
        (predictor, "text/csv", "utf-8"),
        (predictor, "text/csv; charset=Latin-1", "latin-1"),
        (replace(predictor, options=options), "text/csv", "latin-1"),
        (replace(predictor, options=options), 'text/csv; charset="UTF-8"', "utf-8"),
    ):
        client = TestClient(prediction_app(known, "people"), base_url="http://127.0.0.1:8000")
        headers = {"content-type": kind}
        answer = client.post("/predict", headers=headers, content=text.encode(encoding))
        assert answer.status_code == 200
        assert "'job' (20 rows)" in answer.json()["warnings"][0]
    unknown = client.post(
        "/predict", headers={"content-type": "text/csv; charset=x"}, content=b"a"
    )
    assert (unknown.status_code, "encoding 'x' is unknown" in unknown.text) == (422, True)


def test_rows_as_json(client: TestClient, predictor: Predictor) -> None:
    answer = client.post("/predict?proba=true", json={"rows": as_json(ROWS)}).json()
    assert answer["predictions"] == predictor.predict(ROWS).tolist()
    assert np.allclose(answer["probabilities"], predictor.predict_proba(ROWS))
    assert answer["warnings"] == []


def test_rows_as_csv_and_answers_as_csv(client: TestClient, predictor: Predictor) -> None:
    shuffled = ROWS.select(ROWS.column_names[::-1])
    sent: dict[str, Any] = {"content": as_csv(shuffled)}
    headers = {"content-type": "text/csv; charset=utf-8", "accept": "text/csv"}
    answer = client.post("/predict", headers=headers, **sent)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.split()[1:] == [f'"{label}"' for label in predictor.predict(ROWS).tolist()]


def test_csv_is_read_as_files_are(client: TestClient, predictor: Predictor) -> None:
    lines = as_csv(ROWS).decode().replace(",", ";").replace(".", ",")
    answer = client.post("/predict", content=lines, headers={"content-type": "text/csv"})
    assert answer.json()["predictions"] == predictor.predict(ROWS).tolist()
    assert answer.json()["warnings"] == []


def test_gaps_and_new_categories_are_answered_with_a_warning(client: TestClient) -> None:
    row = {**as_json(ROWS)[0], "age": None, "job": "pilot"}
    answer = client.post("/predict", json={"rows": [row]})
    assert answer.status_code == 200
    assert "'job' (one row)" in answer.json()["warnings"][0]


def test_what_the_network_takes_and_answers(client: TestClient) -> None:
    facts = client.get("/").json()
    kinds = {column["name"]: column["kind"] for column in facts["columns"]}
    assert (kinds["job"], kinds["day"], facts["classes"]) == ("category", "date", ["no", "yes"])
    assert client.get("/health").json() == {"status": "ok", "name": "people"}
    paths = client.get("/openapi.json").json()["paths"]
    assert {"application/json", "text/csv"} == set(
        paths["/predict"]["post"]["requestBody"]["content"]
    )


@pytest.mark.parametrize(
    ("body", "kind", "code", "words"),
    [
        (b'{"rows": [{"age": 3}]}', "application/json", 422, "x lacks the columns"),
        (b'{"rows": []}', "application/json", 422, "with at least one row"),
        (b'{"rows": 3}', "application/json", 422, "with at least one row"),
        (b"[" * 100_000, "application/json", 422, "not valid JSON"),
        (b"{", "application/json", 422, "not valid JSON"),
        (b"a,b\n1,2,3\n", "text/csv", 422, "line 2 has 3 values and the header 2 names"),
        (b"", "text/csv", 422, "the body is empty"),
        (b"age,job\n", "text/csv", 422, "the body has 0 rows"),
        (b"age,job\n3,\xff\n", "text/csv", 422, "the body: line 2 is not UTF-8"),
        (b"age\n1\n", "text/csv", 422, "x lacks the columns"),
        (b"1", "text/plain", 415, "content-type must be application/json or text/csv"),
        (as_csv(people(51)), "text/csv", 413, "51 rows, and at most 50 are allowed"),
    ],
)
def test_bad_requests(client: TestClient, body: bytes, kind: str, code: int, words: str) -> None:
    answer = client.post("/predict", content=body, headers={"content-type": kind})
    assert answer.status_code == code
    assert words in answer.json()["detail"]


def test_large_requests_are_not_read_to_the_end(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "MOST_BYTES", 1000)
    answer = client.post(
        "/predict", content=b" " * 1001, headers={"content-type": "application/json"}
    )
    assert (answer.status_code, "more than 1,000 bytes" in answer.json()["detail"]) == (413, True)


def test_arrays_for_a_network_of_arrays(tmp_path: Path, arrays: Any) -> None:
    settings = SMALL | {"n_startup_trials": 1, "n_steps": 0}
    result = StagedSearch(arrays, out=tmp_path / "run", **settings).run()
    app = prediction_app(result.predictor(), "arrays")
    client = TestClient(app, base_url="http://localhost")
    x = arrays[2][:7]
    answer = client.post("/predict", json={"rows": x.tolist()})
    assert answer.json()["predictions"] == result.predict(x).tolist()


def test_several_labels_have_names(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(80, 3))
    labels = pa.table({name: x[:, i] > 0 for i, name in enumerate(("spam", "rude"))})
    settings = SMALL | {"n_startup_trials": 1, "n_steps": 0}
    result = StagedSearch((x, labels.to_pandas()), out=tmp_path / "run", **settings).run()
    app = prediction_app(result.predictor(), "labels")
    client = TestClient(app, base_url="http://localhost")
    rows = {"rows": x[:5].tolist()}
    answer = client.post("/predict?proba=true", json=rows).json()
    assert answer["names"] == client.get("/").json()["classes"] == ["spam", "rude"]
    assert answer["predictions"] == (np.array(answer["probabilities"]) > 0.5).tolist()
    written = client.post("/predict", json=rows, headers={"accept": "text/csv"}).text
    assert written.splitlines()[0] == '"spam","rude"'
