"""Files of a run with one thing wrong are refused by name, and nothing else happens."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc import InputError
from optuna_dnc.ensemble import Ensemble
from optuna_dnc.refit import Refit
from optuna_dnc.results.run_data import data_of_run
from optuna_dnc.runs import search_status
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.run import read_settings
from optuna_dnc.search import SearchResult, StagedSearch
from optuna_dnc.tradeoff import Tradeoff
from optuna_dnc.tradeoff.folder import TradeoffFolder

DIGESTS = ("sha256", "files")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search with a refit, an ensemble and a trade-off, as versions without digests wrote it."""
    folder = tmp_path_factory.mktemp("schemas")
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    x = rng.normal(size=(60, 4)) + y[:, None]
    settings: dict[str, Any] = {
        "epochs": 2,
        "n_startup_trials": 2,
        "n_steps": 0,
        "space": {"width": (4, 8)},
        "device": "cpu",
    }
    result = StagedSearch((x, y), out=folder / "run", **settings).run()
    result.refit(data=(x, y), device="cpu")
    result.ensemble(2, data=(x, y), device="cpu")
    Tradeoff.load(folder).save()
    for path in folder.rglob("*.json"):
        content = json.loads(path.read_text())
        path.write_text(json.dumps({k: v for k, v in content.items() if k not in DIGESTS}))
    return folder


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    return tmp_path / "run"


READ: dict[str, Callable[[Path], object]] = {
    "result.json": SearchResult.load,
    "config.json": lambda run: SearchResult.load(run).predictor(),
    "settings.json": lambda run: read_settings(RunFolder(run)),
    "refit/refit.json": Refit.load,
    "ensemble/ensemble.json": lambda run: Ensemble.load(run).predictor(),
    "../tradeoff.json": lambda run: TradeoffFolder(run.parent).read(),
}


def change(path: Path, place: str, value: Any) -> None:
    content = json.loads(path.read_text())
    parent = content
    *keys, last = place.split(".")
    for key in keys:
        parent = parent[int(key) if isinstance(parent, list) else key]
    parent[int(last) if isinstance(parent, list) else last] = value
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("place", "value"),
    [("preprocessing", []), ("preprocessing.table", 5), ("preprocessing.y_logs", [3])],
)
def test_data_are_not_loaded_for_a_damaged_preprocessing(
    run: Path, place: str, value: Any
) -> None:
    change(run / "config.json", place, value)
    with pytest.raises(InputError, match=r"config\.json is damaged"):
        data_of_run(run, read_settings(RunFolder(run)), "digits")


@pytest.mark.parametrize("file", READ)
def test_what_was_written_is_read(run: Path, file: str) -> None:
    READ[file](run)


@pytest.mark.parametrize(
    ("file", "place", "value"),
    [
        ("result.json", "best", []),
        ("result.json", "best.config", [1]),
        ("result.json", "best.config.widths", ["a"]),
        ("result.json", "best.config.widths", [True]),
        ("result.json", "best.config.activation", 3),
        ("result.json", "best.config.dropout", "0.2"),
        ("result.json", "best.training", 5),
        ("result.json", "best.training.lr", "0.01"),
        ("result.json", "best.training.epochs", 10**30),
        ("result.json", "best.loss", float("nan")),
        ("result.json", "best.n_params", 10**30),
        ("result.json", "best.n_params", 3.5),
        ("result.json", "best.val_accuracy", 7),
        ("result.json", "best.val_accuracy", None),
        ("result.json", "leaders", []),
        ("result.json", "leaders.0.training.lr", None),
        ("result.json", "network", {}),
        ("result.json", "space", "mlp"),
        ("result.json", "complete", "yes"),
        ("result.json", "schema", True),
        ("result.json", "wc", "0.1"),
        ("result.json", "stages.0.n_trials", "3"),
        ("result.json", "dataset", "x" * 5000),
        ("result.json", "refit", {}),
        ("result.json", "refit.n_samples", "many"),
        ("result.json", "refit.before.test_error", "low"),
        ("result.json", "versions", [[]]),
        ("result.json", "versions.torch", 2),
        ("result.json", "evaluation", []),
        ("result.json", "evaluation.part", "training"),
        ("result.json", "evaluation.panel.metric", "beauty"),
        ("result.json", "evaluation.panel.scores.accuracy", "high"),
        ("result.json", "evaluation.panel.interval", [0.5]),
        ("result.json", "evaluation.panel.confusion", [[1, 2]]),
        ("result.json", "evaluation.panel.confusion.0.0", -1),
        ("result.json", "evaluation.floors.0.scores", None),
        ("result.json", "evaluation.skipped", ["boosting"]),
        ("config.json", "input_shape", "4"),
        ("config.json", "n_outputs", 10**30),
        ("config.json", "n_outputs", 4),
        ("config.json", "config", True),
        ("config.json", "config", ""),
        ("config.json", "preprocessing", None),
        ("config.json", "preprocessing.x_mean", [0.5]),
        ("config.json", "preprocessing.x_std.0", -1.0),
        ("config.json", "preprocessing.x_std.0", 10**30),
        ("config.json", "preprocessing.x_std.0", 0.0),
        ("config.json", "preprocessing.x_constant", [4]),
        ("config.json", "preprocessing.x_clipped", [4]),
        ("config.json", "preprocessing.feature_names", ["a"]),
        ("config.json", "preprocessing.label_dtype", "|O"),
        ("config.json", "preprocessing.label_dtype", "<U4"),
        ("config.json", "preprocessing.classes", [2, 1, 0]),
        ("config.json", "preprocessing.classes", None),
        ("config.json", "preprocessing.task", "regression"),
        ("settings.json", "epochs", []),
        ("settings.json", "wc", True),
        ("settings.json", "dataset", 3),
        ("settings.json", "strategy", "chess"),
        ("settings.json", "seed", -1),
        ("refit/refit.json", "asked.training", None),
        ("refit/refit.json", "asked.config.widths", 5),
        ("refit/refit.json", "measured.n_samples", "many"),
        ("refit/refit.json", "search", []),
        ("refit/refit.json", "search.training", 5),
        ("ensemble/ensemble.json", "kind", "x"),
        ("ensemble/ensemble.json", "selection", []),
        ("ensemble/ensemble.json", "members", {}),
        ("ensemble/ensemble.json", "members.0.config", []),
        ("ensemble/ensemble.json", "members.0.training.lr", [1]),
        ("ensemble/ensemble.json", "weights", [1.0]),
        ("ensemble/ensemble.json", "weights.0", "0.5"),
        ("ensemble/ensemble.json", "performance", 1),
        ("ensemble/ensemble.json", "preprocessing.scale", 0),
        ("../tradeoff.json", "wc", "all"),
        ("../tradeoff.json", "complete", 1),
    ],
)
def test_a_wrong_type_or_value_is_named_with_its_file(
    run: Path, file: str, place: str, value: Any
) -> None:
    path = run / file
    if file == "../tradeoff.json":
        change(path, "wc", [0.1])  # which a trade-off of runs one by one has not
    change(path, place, value)
    with pytest.raises(InputError) as error:
        READ[file](run)
    message = str(error.value)
    assert "\n" not in message
    assert max(map(len, message.replace("/", " ").split())) <= 80
    assert path.name in message or "Config field" in message


@pytest.mark.parametrize("file", READ)
@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b'{"a":' * 5_000 + b"}" * 5_000, b"\xff{}", b"[]", b"", b"1" * 5000],
)
def test_what_is_no_json_object_is_one_line(run: Path, file: str, content: bytes) -> None:
    (run / file).write_bytes(content)
    with pytest.raises(InputError) as error:
        READ[file](run)
    assert Path(file).name in str(error.value)


def test_what_the_first_versions_did_not_write_may_be_missing(run: Path) -> None:
    path = run / "result.json"
    content = json.loads(path.read_text())
    del content["diagnosis"], content["evaluation"]
    for stage in content["stages"]:
        del stage["epochs"], stage["n_pruned"]
    path.write_text(json.dumps(content))
    SearchResult.load(run)
    search_status(run)


def test_what_later_versions_add_is_left_alone(run: Path) -> None:
    change(run / "result.json", "energy", {"joules": 3})
    change(run / "result.json", "stages.0.energy", 3)
    assert SearchResult.load(run).summary["energy"] == {"joules": 3}
