"""Predictions in Python read files and weights as the search did, as the command does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optuna_dnc import InputError, SearchResult
from optuna_dnc.cli import main
from optuna_dnc.ensemble import Ensemble
from optuna_dnc.refit import Refit
from optuna_dnc.results.trained_network import Predicting
from optuna_dnc.search import StagedSearch
from tests.searches import SMALL

TINY = SMALL | {"n_startup_trials": 1, "n_steps": 0, "space": {"width": (4, 8), "refinements": ()}}


def rows() -> pd.DataFrame:
    """Rows whose target and categories are not ASCII, with weights."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=60), "b": ["é", "ü", "o"] * 20})
    frame["goût"] = np.where(frame["a"] > 0, "bon", "très bon")
    frame["w"] = rng.integers(1, 9, size=60)
    return frame


def searched(data: Any, out: Path, **options: Any) -> SearchResult:
    return StagedSearch(data, target="goût", weights="w", out=out, **options, **TINY).run()


MAKERS: dict[str, Callable[[SearchResult, Path], Predicting]] = {
    "search": lambda result, out: result,
    "copy": lambda result, out: result.save(out),
    "refit": lambda result, out: Refit.load(result.refit(1, device="cpu").path),
    "refit elsewhere": lambda result, out: Refit.load(result.refit(1, out=out).path),
    "ensemble": lambda result, out: Ensemble.load(result.ensemble(1, device="cpu").path),
    "ensemble elsewhere": lambda result, out: Ensemble.load(result.ensemble(1, out=out).path),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a file in Latin-1, and a search on it."""
    path = tmp_path_factory.mktemp("latin")
    rows().to_csv(path / "rows.csv", index=False, encoding="latin-1")
    searched(path / "rows.csv", path / "run", encoding="latin-1")
    return path


@pytest.mark.parametrize("kind", MAKERS)
def test_files_are_read_with_the_options_of_the_search(
    kind: str, folder: Path, tmp_path: Path
) -> None:
    frame, file = rows(), folder / "rows.csv"
    network = MAKERS[kind](SearchResult.load(folder / "run"), tmp_path / "other")
    assert network.predict(file).tolist() == network.predict(frame).tolist()
    assert np.array_equal(network.predict_proba(file), network.predict_proba(frame))
    panel = network.evaluate(file)
    assert panel == network.evaluate(frame) == network.evaluate(frame, frame["goût"])
    assert panel.is_weighted
    right = network.predict(frame) == frame["goût"]
    assert panel.scores["accuracy"] == pytest.approx(np.average(right, weights=frame["w"]))
    assert not network.evaluate(frame.drop(columns="w")).is_weighted


def test_the_command_shows_the_accuracy_of_python(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, file = folder / "run", folder / "rows.csv"
    with pytest.raises(SystemExit):
        main(["predict", str(run), str(file)])
    accuracy = SearchResult.load(run).evaluate(file).scores["accuracy"]
    assert f"Accuracy {accuracy:.4f} on the 60 labels" in capsys.readouterr().err


def test_wrong_weights_are_refused_and_a_single_row_needs_none(folder: Path) -> None:
    result = SearchResult.load(folder / "run")
    with pytest.raises(InputError, match=r"^weights: column 'w' must hold finite numbers"):
        result.evaluate(rows().assign(w=-1))
    alone = result.evaluate(rows()[:1].assign(w=0))
    assert (alone.n_samples, alone.is_weighted) == (1, False)


def test_the_remedy_of_a_damaged_file_finds_the_data(folder: Path, tmp_path: Path) -> None:
    result = SearchResult.load(folder / "run")
    for network in (
        result.refit(1, out=tmp_path / "refit"),
        result.ensemble(1, out=tmp_path / "ensemble"),
    ):
        assert f"{folder / 'run'} " in network.remedy
        assert "--data" not in network.remedy


def test_a_frame_is_given_again_without_its_options(tmp_path: Path) -> None:
    frame = rows()
    result = searched(frame, tmp_path / "run", drop="b")
    assert result.evaluate(frame).is_weighted
    beside = frame.drop(columns="goût"), frame["goût"]
    for i, again in enumerate((frame, beside)):
        refit = result.refit(1, data=again, device="cpu", out=tmp_path / str(i))
        assert refit.n_samples == 60
    with pytest.raises(InputError, match="was run on 'table', which is not known by name"):
        result.refit(1, device="cpu", out=tmp_path / "other")
