"""Estimators in pipelines, pickles and folders, and what they refuse."""

from __future__ import annotations

import gc
import json
import pickle
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from optuna_dnc import InputError
from optuna_dnc.runs import open_run
from optuna_dnc.runs.recipe import PRESET_SECONDS
from tests.estimators.conftest import classifier, refused, regressor

Data = tuple[np.ndarray, np.ndarray]


@pytest.mark.filterwarnings("ignore:.*use of fork")
def test_pipelines_grids_and_cross_validation(blobs: Data) -> None:
    x, y = blobs
    pipeline = make_pipeline(StandardScaler(), classifier(refit=False))
    with joblib.parallel_config("multiprocessing"):  # the default would import torch twice
        scores = cross_val_score(pipeline, x, y, cv=2, n_jobs=2, error_score="raise")
    assert scores.min() > 0.6
    grid = GridSearchCV(
        pipeline, {"dncclassifier__epochs": np.array([1, 8])}, cv=2, error_score="raise"
    ).fit(x, y)
    assert grid.best_params_ == {"dncclassifier__epochs": 8}
    assert grid.predict_proba(x).shape == (120, 3)


PREDICT = """
import pickle, sys
import numpy as np
model = pickle.load(open(sys.argv[1], "rb"))
np.save(sys.argv[2], model.predict_proba(np.load(sys.argv[3])))
"""


def test_a_pickle_predicts_elsewhere_and_without_its_folder(blobs: Data, tmp_path: Path) -> None:
    x, y = blobs
    model = classifier().fit(x, y)
    expected, folder = model.predict_proba(x), model.result_.path
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(model))
    np.save(tmp_path / "x.npy", x)
    del model
    gc.collect()
    assert not folder.exists()
    files = [str(tmp_path / name) for name in ("model.pickle", "p.npy", "x.npy")]
    subprocess.run([sys.executable, "-c", PREDICT, *files], check=True, timeout=120)
    assert np.array_equal(np.load(tmp_path / "p.npy"), expected)


def test_the_temporary_folder_goes_with_the_estimator(blobs: Data) -> None:
    model = classifier().fit(*blobs)
    place = model.result_.path.parent
    assert model.result_.predict(blobs[0][:2]).shape == (2,)
    del model
    gc.collect()
    assert not place.exists()


def test_a_folder_of_ones_own_stays_and_is_gone_on_with(blobs: Data, tmp_path: Path) -> None:
    out = tmp_path / "run"
    first = classifier(out=out).fit(*blobs)
    written = (out / "result.json").stat().st_mtime_ns
    again = classifier(out=str(out)).fit(*blobs)
    assert (out / "result.json").stat().st_mtime_ns == written
    assert np.array_equal(first.predict_proba(blobs[0]), again.predict_proba(blobs[0]))
    assert open_run(out).state == "complete"
    assert json.loads((out / "result.json").read_text())["best"]["test_accuracy"] is None
    with pytest.raises(InputError, match=r"epochs was 8, now 9\. Choose another folder"):
        classifier(out=out, epochs=9).fit(*blobs)


def test_verbose_tells_stages_and_trials(blobs: Data, capsys: pytest.CaptureFixture[str]) -> None:
    classifier().fit(*blobs)
    assert capsys.readouterr() == ("", "")
    classifier(verbose=1).fit(*blobs)
    told = capsys.readouterr().err
    assert "120 samples, cross-validated in 5 folds" in told
    assert "training, trials: 1; best so far:" in told
    assert "core-architecture 1/1" not in told
    classifier(verbose=2).fit(*blobs)
    assert "core-architecture 1/1:" in capsys.readouterr().err


def test_bad_settings_are_refused_in_one_sentence(blobs: Data) -> None:
    refused(classifier(network="cn"), *blobs, "'cn'", "Did you mean 'cnn'")
    refused(classifier(wc=-1), *blobs, "wc", "-1")
    refused(classifier(space={"wdth": 3}), *blobs, "wdth")
    refused(classifier(timeout=0), *blobs, "timeout")
    refused(classifier(device="tpu7"), *blobs, "tpu7")
    refused(classifier(penalize="size"), *blobs, "penalize", "n_params")
    refused(classifier(network="cnn", space=None), *blobs, "images of shape")


def test_bad_data_are_refused_in_one_sentence(blobs: Data, line: Data) -> None:
    x, y = blobs
    refused(classifier(), x, np.zeros(120), "one class")
    refused(classifier(), x, np.append(y[:-1], 9), "single sample of class", "9")
    refused(classifier(), x * 1e300, y, "X holds values beyond float32")
    refused(classifier(), x[:, :, None], y, "images without channels", "X[:, None]")
    refused(classifier(), x, line[1][:120], "Unknown label type", error=ValueError)
    refused(classifier(), csr_matrix(x), y, "Sparse data", "toarray", error=TypeError)
    refused(classifier(), np.where(x > 1, np.nan, x), y, "NaN", error=ValueError)
    refused(
        regressor(), x, np.array(["low", "mid", "top"])[y], "could not convert", error=ValueError
    )


def test_only_measured_costs_make_a_search_non_deterministic() -> None:
    assert not classifier().__sklearn_tags__().non_deterministic
    assert classifier(penalize="t_epoch").__sklearn_tags__().non_deterministic
    assert classifier(timeout=60).__sklearn_tags__().non_deterministic
    assert classifier(max_ms=1.0).__sklearn_tags__().non_deterministic
    assert classifier(preset="quick").__sklearn_tags__().non_deterministic


def test_the_time_limit_of_a_preset_holds(blobs: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PRESET_SECONDS, "quick", 1e-6)
    assert not classifier(preset="quick").fit(*blobs).result_.complete
