"""What exported files of networks that were trained on tables answer to raw rows."""

from __future__ import annotations

import importlib
import json
import random
import shutil
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from safetensors import safe_open

from optuna_dnc import InputError
from optuna_dnc.data import load_dataset
from optuna_dnc.export import export_model
from optuna_dnc.search import SearchResult, StagedSearch
from tests.export.all_kinds import KINDS, all_kinds, new_rows, write_csv
from tests.export.conftest import FAST
from tests.searches import made_once

TARGETS = {"label": "price", "price": "label"}
"""Targets, each with the column that is dropped: a classification and a regression."""

READER = """
import importlib.util, json, sys
sys.modules["optuna_dnc"] = None  # any import of it fails
import numpy as np

for folder in sys.argv[1:]:
    spec = importlib.util.spec_from_file_location("network", f"{folder}/network.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rows = json.load(open(f"{folder}/rows.json"))
    answer = getattr(module, "predict_proba", module.predict)
    np.savez(f"{folder}/answers.npz", outputs=answer(rows), labels=module.predict(rows))
"""


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Searches on the table, their exports, and what a process without this package answers."""

    def make(folder: Path) -> None:
        file = write_csv(folder / "people.csv")
        for target, other in TARGETS.items():
            run = folder / target
            result = StagedSearch(
                load_dataset(file, target=target, drop=other, kind=KINDS),
                network="mlp",
                space={"n_layers": (1, 1), "width": (4, 8), "refinements": ()},
                out=run,
                **FAST,
            ).run()
            export_model(result, "python", run / "network.py")
            export_model(result, "safetensors", run / "network.safetensors")
            if target == "label":  # a graph takes seconds
                export_model(result, "onnx", run / "network.onnx")
            (run / "rows.json").write_text(json.dumps(shuffled()))
        runs = [str(folder / target) for target in TARGETS]
        subprocess.run([sys.executable, "-c", READER, *runs], check=True, cwd=folder)

    return made_once(tmp_path_factory, "exported-tables", make)


def shuffled() -> list[dict[str, Any]]:
    """Rows whose columns come in an order of their own."""
    names = list(new_rows()[0])
    random.Random(1).shuffle(names)
    return [{name: row[name] for name in names} for row in new_rows()]


@pytest.fixture(params=TARGETS)
def run(request: pytest.FixtureRequest, exported: Path) -> Path:
    return exported / str(request.param)


@pytest.fixture
def result(run: Path) -> SearchResult:
    return SearchResult.load(run)


def expected_of(result: SearchResult) -> np.ndarray:
    """Probabilities, or values, of the network itself."""
    rows = shuffled()
    proba = result.preprocessing().classes is not None
    return result.predict_proba(rows) if proba else result.predict(rows)[:, None]


def unit(result: SearchResult) -> float:
    return float(np.max(result.preprocessing().y_std or (1.0,)))


def code_of(column: dict[str, Any], value: Any) -> float:
    """Encode a value as docs/export.md describes it."""
    value = value.strip() if isinstance(value, str) else value
    if value is None or value == "":
        return float("nan")
    if "categories" in column:
        text = {True: "true", 0.00005: "0.00005"}.get(value, str(value))
        known = column["categories"]
        return known.index(text) if text in known else -1
    if column["kind"] == "date":
        form = "%Y-%m-%dT%H:%M:%S" if "T" in value else "%d.%m.%Y"
        return datetime.strptime(value, form).replace(tzinfo=timezone.utc).timestamp()
    return float(value)


@pytest.mark.filterwarnings("ignore:rows of x have categories")
def test_onnx_takes_codes_that_its_metadata_describe(exported: Path) -> None:
    result = SearchResult.load(exported / "label")
    session = onnxruntime.InferenceSession(exported / "label" / "network.onnx")
    columns = json.loads(session.get_modelmeta().custom_metadata_map["columns"])
    codes = [[code_of(column, row[column["name"]]) for column in columns] for row in shuffled()]
    assert session.get_inputs()[0].type == "tensor(double)"  # for dates
    for n in (1, len(codes)):
        (answers,) = session.run(None, {"x": np.array(codes[:n])})
        np.testing.assert_allclose(answers, expected_of(result)[:n], atol=1e-6)


@pytest.mark.filterwarnings("ignore:rows of x have categories")
def test_the_python_file_takes_rows(run: Path, result: SearchResult) -> None:
    with np.load(run / "answers.npz") as answers:
        outputs = np.reshape(answers["outputs"], (len(shuffled()), -1))
        np.testing.assert_allclose(
            outputs / unit(result), expected_of(result) / unit(result), atol=1e-6
        )
        if result.preprocessing().classes is not None:
            assert answers["labels"].tolist() == result.predict(shuffled()).tolist()


@pytest.mark.filterwarnings("ignore:rows of x have categories")
def test_categories_without_training_rows_are_new_ones_in_every_file(
    run: Path, result: SearchResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = result.preprocessing().table
    assert table is not None
    city = table.used[-1].unseen[0]
    rows = [new_rows()[0] | {"city": name} for name in (city, "Atlantis")]
    monkeypatch.syspath_prepend(run)
    monkeypatch.delitem(sys.modules, "network", raising=False)
    module = importlib.import_module("network")
    np.testing.assert_array_equal(module.predict(rows[:1]), module.predict(rows[1:]))
    np.testing.assert_array_equal(result.predict(rows[:1]), result.predict(rows[1:]))
    with safe_open(run / "network.safetensors", framework="pt") as file:
        columns = json.loads(file.metadata()["optuna_dnc"])["columns"]
    assert code_of(columns[-1], city) == code_of(columns[-1], "Atlantis") == -1


def test_the_python_file_is_formatted(run: Path) -> None:
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--check"]
    outcome = subprocess.run([*ruff, str(run / "network.py")], capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stdout


def test_safetensors_describe_the_columns(run: Path) -> None:
    with safe_open(run / "network.safetensors", framework="pt") as file:
        columns = json.loads(file.metadata()["optuna_dnc"])["columns"]
    described = {column["name"]: column for column in columns}
    assert columns[-1]["name"] == "city"  # embedded columns are last
    assert described["size"]["categories"] == ["1 small", "2 medium", "3 large"]
    assert described["born"] == {"name": "born", "kind": "date"}


def test_it_is_tried_on_the_table_of_the_search(result: SearchResult, tmp_path: Path) -> None:
    export = export_model(result, "python", tmp_path / "net.py")
    assert (export.samples, export.n_samples) == ("rows of people", 220)
    assert export.takes.startswith("a list of rows as dictionaries with height, smokes, color")


def test_a_refitted_network_is_tried_on_that_table_too(exported: Path, tmp_path: Path) -> None:
    shutil.copytree(exported / "label", tmp_path / "run")
    refitted = SearchResult.load(tmp_path / "run").refit(epochs=1, device="cpu")
    export = export_model(refitted, "python")
    assert export.files[0] == tmp_path / "run" / "refit" / "export" / "network.py"
    assert export.samples == "rows of people"


def test_or_on_rows_that_are_drawn_if_the_table_is_gone(
    result: SearchResult, tmp_path: Path
) -> None:
    shutil.copytree(result.path, tmp_path / "run")
    (tmp_path / "run" / "data.json").unlink()
    alone = SearchResult.load(tmp_path / "run")
    for name in ("python", "safetensors"):
        export = export_model(alone, name)
        assert export.samples == "rows drawn like the training data"
        assert export.largest_deviation < 1e-6


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (all_kinds().drop_columns(["size"]), "data: table lacks the column 'size'"),
        ((np.zeros((4, 5)), np.arange(4) % 2), "data: arrays holds arrays, .*give a CSV"),
    ],
)
def test_other_data_are_refused(exported: Path, tmp_path: Path, data: Any, words: str) -> None:
    result = SearchResult.load(exported / "label")
    with pytest.raises(InputError, match=words):
        export_model(result, "python", tmp_path / "net.py", data=data)
    assert not (tmp_path / "net.py").exists()
