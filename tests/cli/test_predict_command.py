"""``optuna-dnc predict``: what it prints and writes, and for which files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc.cli import main
from optuna_dnc.evaluation.panel import text_of
from optuna_dnc.results import predictor
from optuna_dnc.search import SearchResult
from tests.cli.conftest import FAST, Run
from tests.searches import made_once

TINY = [*FAST, "--startup", "1", "--steps", "0"]


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search on three named classes, one of a regression, and samples of both; to be copied."""

    def make(folder: Path) -> None:
        rng = np.random.default_rng(0)
        y = np.arange(120) % 3
        x = rng.normal(size=(120, 4)) + y[:, None]
        names = np.array(["ant", "bee", "cat"])[y]
        for name, labels, options in (
            ("classes", names, []),
            ("values", 1000 + 10 * x.sum(axis=1), ["--task", "regression"]),
        ):
            file = folder / f"{name}.npz"
            np.savez(file, xtr=x[:90], ytr=labels[:90], xte=x[90:], yte=labels[90:])
            with pytest.raises(SystemExit):
                main(["search", str(file), *TINY, *options, "--out", str(folder / name), "-q"])

    return made_once(tmp_path_factory, "predicting", make)


@pytest.fixture(autouse=True)
def _copied(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)


def test_labels_one_a_line_and_the_accuracy_beside_them(run: Run, tmp_path: Path) -> None:
    outcome = run("predict", "classes", "classes.npz")
    result = SearchResult.load(tmp_path / "classes")
    with np.load("classes.npz") as data:
        assert outcome.out.split() == result.predict(data["xte"]).tolist()
    accuracy = result.best.test_accuracy
    assert outcome.err == f"Accuracy {accuracy:.4f} on the 30 labels of the file.\n"


def test_the_error_of_a_regression(run: Run, tmp_path: Path) -> None:
    err = run("predict", "values", "values.npz").err
    best = SearchResult.load(tmp_path / "values").best
    assert err.startswith(f"Error {best.test_error:.4g} on the 30 labels of the file")
    assert err.endswith(" training targets).\n")


@pytest.mark.parametrize(
    ("name", "metric", "words"),
    [
        ("classes", "f1_macro", "macro F1"),
        ("classes", "roc_auc", "ROC AUC"),
        ("values", "mae", "MAE"),
    ],
)
def test_the_metric_of_the_search_is_shown(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, metric: str, words: str
) -> None:
    monkeypatch.setattr(SearchResult, "main_metric", metric)
    outcome = run("predict", name, f"{name}.npz")
    result = SearchResult.load(tmp_path / name)
    with np.load(f"{name}.npz") as data:
        panel = result.evaluate(data["xte"], data["yte"], metric=metric)
    assert outcome.err.endswith(f"; {words} {text_of(metric).format(panel.value)}.\n")
    assert len(outcome.out.split()) == 30


def test_probabilities(run: Run, tmp_path: Path) -> None:
    with np.load("classes.npz") as data:
        expected = SearchResult.load(tmp_path / "classes").predict_proba(data["xte"])
    lines = run("predict", "classes", "classes.npz", "--proba").out.splitlines()
    np.testing.assert_allclose(np.array([line.split() for line in lines], float), expected)
    answer = json.loads(run("predict", "classes", "classes.npz", "--proba", "--json").out)
    assert answer["classes"] == ["ant", "bee", "cat"]
    np.testing.assert_allclose(answer["probabilities"], expected)
    run("predict", "classes", "classes.npz", "--proba", "--out", "new/p.npz")
    with np.load("new/p.npz") as arrays:
        assert arrays["predictions"].tolist() == arrays["classes"][expected.argmax(1)].tolist()
        np.testing.assert_allclose(arrays["probabilities"], expected)


def test_an_npy_file_holds_samples_alone(run: Run) -> None:
    with np.load("classes.npz") as data:
        np.save("x.npy", data["xte"])
    outcome = run("predict", "classes", "x.npy")
    assert outcome.out == run("predict", "classes", "classes.npz").out
    assert outcome.err == ""


@pytest.mark.parametrize(
    "labels", [np.zeros(30, int), np.array(["ant"] * 29), np.array(["ant"] * 30, object)]
)
def test_labels_that_do_not_fit_are_no_error(run: Run, labels: np.ndarray) -> None:
    with np.load("classes.npz") as data:
        np.savez("odd.npz", x=data["xte"], y=labels)
    outcome = run("predict", "classes", "odd.npz")
    assert outcome.code == 0
    assert len(outcome.out.split()) == 30
    assert outcome.err.startswith("Accuracy not shown: ")


def test_samples_go_through_batch_by_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    outputs_of = predictor.outputs_of

    def watched(model: Any, x: Any, device: Any) -> object:
        sizes.append(len(x))
        return outputs_of(model, x, device)

    monkeypatch.setattr(predictor, "outputs_of", watched)
    x = np.random.default_rng(0).normal(size=(2500, 4))
    result = SearchResult.load(tmp_path / "classes")
    done: list[int] = []
    labels = result.predict(x, on_progress=done.append)
    assert (sizes, done) == ([1024, 1024, 452], [1024, 2048, 2500])
    assert labels[2000:2010].tolist() == result.predict(x[2000:2010]).tolist()
    assert result.predict(x[:0]).shape == (0,)


def test_an_ensemble_predicts_in_the_place_of_the_network(run: Run, tmp_path: Path) -> None:
    missing = run("predict", "classes", "classes.npz", "--ensemble")
    assert missing.code == 2
    assert "make one with: optuna-dnc ensemble classes" in missing.err
    made = run("ensemble", "classes", "--data", "classes.npz", "--top", "3", "--json")
    accuracy = json.loads(made.out)["performance"]["test_accuracy"]
    assert f"Accuracy {accuracy:.4f}" in run("predict", "classes", "classes.npz", "--ensemble").err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["values", "values.npz", "--proba"], "needs a classification"),
        (["classes", "classes.npz", "--out", "taken.npz"], "exists and is not overwritten"),
        (["classes", "classes.npz", "--out", "out.txt"], "must end in .csv, .parquet or .npz"),
        (["classes", "other.npz"], "expected is (N, 4)"),
        (["classes", "missing.npy"], "does not exist"),
        (["classes", "text.npy"], "is not an .npy file"),
        (["nothing", "classes.npz"], "nothing does not exist; give the folder"),
    ],
)
def test_bad_input_is_one_line(run: Run, arguments: list[str], words: str) -> None:
    np.savez("other.npz", x=np.zeros((3, 9)))
    Path("text.npy").write_text("no array")
    Path("taken.npz").write_text("mine")
    outcome = run("predict", *arguments)
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert words in outcome.err
    assert Path("taken.npz").read_text() == "mine"


def test_damaged_files_of_a_search_are_one_line(run: Run) -> None:
    Path("classes/config.json").write_text('{"schema": 1}')
    outcome = run("predict", "classes", "classes.npz")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "config.json is damaged" in outcome.err


def test_columns_with_names_are_matched(run: Run, tmp_path: Path) -> None:
    names = np.array(["age", "height", "weight", "visits"])
    with np.load("classes.npz") as data:
        arrays = dict(data)
    x = arrays["xte"]
    np.savez("named.npz", **arrays, feature_names=names)
    assert run("search", "named.npz", *TINY, "--out", "named", "-q").code == 0
    np.savez("turned.npz", x=x[:, ::-1], feature_names=names[::-1])
    np.savez("plain.npz", x=x)
    expected = run("predict", "named", "plain.npz").out
    assert run("predict", "named", "turned.npz").out == expected
    np.savez("fewer.npz", x=x[:, 1:], feature_names=names[1:])
    outcome = run("predict", "named", "fewer.npz")
    assert outcome.code == 2
    assert "x lacks the column 'age'" in outcome.err
    np.savez("odd.npz", x=x, feature_names=names[1:])
    outcome = run("predict", "named", "odd.npz")
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
