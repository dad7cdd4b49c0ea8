"""How a result is shown, saved elsewhere and pickled."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from optuna_dnc import InputError, SearchResult
from optuna_dnc._locks import claimed
from optuna_dnc.runs import search_status


def test_a_result_shows_itself_in_about_ten_lines(result: SearchResult) -> None:
    lines = repr(result).splitlines()
    assert 8 <= len(lines) <= 12
    assert lines[0] == "mlp on arrays (classification), wc 0.1 on n_params"
    text = " ".join(" ".join(lines).split())
    assert f"network {result.best.config}" in text
    assert f"test accuracy {result.best.test_accuracy:.2%}" in text
    assert f"parameters {result.best.n_params:,}" in text
    assert f"folder {result.path}" in text
    assert ".predict(x)" in lines[-2]


def test_a_notebook_shows_the_same_with_its_text_escaped(result: SearchResult) -> None:
    result.summary["dataset"] = "<b>data</b>"
    shown = result._repr_html_()
    assert "&lt;b&gt;data&lt;/b&gt;" in shown
    assert f"{result.best.test_accuracy:.2%}" in shown
    assert ".predict(x)" in shown


def test_a_saved_result_predicts_and_reports_without_the_first_folder(
    result: SearchResult, tmp_path: Path, classes: tuple[np.ndarray, ...]
) -> None:
    predicted = result.predict(classes[2])
    saved = result.save(tmp_path / "new" / "answer")
    shutil.rmtree(result.path)
    assert saved.path == tmp_path / "new" / "answer"
    assert np.array_equal(saved.predict(classes[2]), predicted)
    saved.check_intact()
    assert search_status(saved.path).state == "complete"
    assert {path.name for path in saved.path.iterdir()} == {
        "config.json",
        "model.safetensors",
        "result.json",
        "settings.json",
        "study.db",
    }


def test_save_replaces_nothing(result: SearchResult, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(InputError, match=r"path: .*there exists and is not overwritten"):
        result.save(tmp_path / "there")
    assert list((tmp_path / "there").iterdir()) == []


def test_save_waits_for_a_search_that_is_running(result: SearchResult, tmp_path: Path) -> None:
    with claimed(result.path, "searching"), pytest.raises(InputError, match="is running in"):
        result.save(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_pickled_result_is_loaded_from_its_folder_again(
    result: SearchResult, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(result.path.parent)
    content = pickle.dumps(SearchResult.load(result.path.name))
    monkeypatch.chdir("/")
    again = pickle.loads(content)
    assert (again.path, again.summary) == (result.path, result.summary)


def test_a_pickled_result_tells_its_numbers_when_its_folder_is_gone(result: SearchResult) -> None:
    content = pickle.dumps(result)
    shutil.rmtree(result.path)
    assert pickle.loads(content).best == result.best
