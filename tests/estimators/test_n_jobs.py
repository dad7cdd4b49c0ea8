"""Several trainings of an estimator at a time."""

from __future__ import annotations

import runpy
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.base import clone

from optuna_dnc import DNCClassifier, InputError
from optuna_dnc.estimators import base
from optuna_dnc.estimators.base import workers_for
from optuna_dnc.runs import open_run
from tests.estimators.conftest import SMALL
from tests.processes import Process, needs_fork

SCRIPT = """
import numpy as np
from optuna_dnc import DNCClassifier

rng = np.random.default_rng(0)
x = rng.normal(size=(120, 4)) * 0.5 + np.arange(120)[:, None] % 3
y = np.array(list("abc"))[np.arange(120) % 3]
print(DNCClassifier({settings}, out="run", n_jobs=2, random_state=0).fit(x, y).score(x, y))
"""
"""No ``if __name__ == "__main__"``, as in any script with scikit-learn."""


@needs_fork
@pytest.mark.filterwarnings("ignore:.*use of fork")
def test_processes_of_a_script_train_the_networks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {**SMALL, "n_startup_trials": 3}
    text = ", ".join(f"{name}={value!r}" for name, value in settings.items())
    (tmp_path / "script.py").write_text(SCRIPT.format(settings=text))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    script = partial(runpy.run_path, "script.py", run_name="__main__")
    done = Process(script, tmp_path).end()
    assert done.code == 0, done.err
    assert float(done.out) > 0.8
    assert "Traceback" not in done.err
    run = open_run(tmp_path / "run", to_read=True)
    keys = [record.key for record in run.ledger.records if record.reused_from is None]
    assert len(keys) == len(set(keys))
    assert sum(place["joined"] for place in run.studies.workers()) == 2


def test_it_is_a_parameter_like_the_others() -> None:
    model = DNCClassifier(n_jobs=2)
    assert DNCClassifier().get_params()["n_jobs"] is None
    assert clone(model).set_params(n_jobs=3).n_jobs == 3


@pytest.mark.parametrize(
    ("n_jobs", "expected"), [(None, 1), (1, 1), (3, 3), (np.int64(3), 3), (-1, 8), (-2, 7)]
)
def test_it_means_what_scikit_learn_means(
    n_jobs: Any, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("joblib._parallel_backends.cpu_count", lambda *a, **k: 8)
    assert workers_for(n_jobs, "cpu") == expected


def test_none_is_what_a_block_of_joblib_says() -> None:
    with joblib.parallel_config(n_jobs=3):
        assert workers_for(None, "cpu") == 3


def test_each_training_has_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "visible_gpus", lambda: ("0", "1"))
    assert [workers_for(4, device) for device in ("auto", "cuda:1", "cpu")] == [2, 1, 4]
    monkeypatch.setattr(base, "visible_gpus", lambda: ())
    assert workers_for(4, "auto") == 4


@pytest.mark.parametrize("n_jobs", [0, 1.5, True, "all"])
def test_what_is_no_number_of_jobs_is_refused(n_jobs: Any) -> None:
    with pytest.raises(InputError, match=r"^n_jobs must be None or an int other than 0, got"):
        DNCClassifier(n_jobs=n_jobs).fit([[0.0], [1.0]] * 2, [0, 1] * 2)
