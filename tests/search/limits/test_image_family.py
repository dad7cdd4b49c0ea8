"""Network family of images: CNNs only if the time limit is long enough to train them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.runs import open_run
from optuna_dnc.search import StagedSearch, search_of_run
from optuna_dnc.search.limits import pace as training_pace
from optuna_dnc.tradeoff import TradeoffSearch

Images = tuple[np.ndarray, np.ndarray]
Pace = Callable[[float], None]

pytestmark = pytest.mark.usefixtures("time_stands_still")

QUICK: dict[str, Any] = {
    "epochs": 2,
    "n_startup_trials": 2,
    "n_steps": 0,
    "refit": False,
    "floors": False,
    "device": "cpu",
}


SLOW = 20.0
"""Seconds of a batch: a training of two epochs takes about 90."""


@pytest.fixture(scope="module")
def images() -> Images:
    """Two classes of grey images of 16 x 16 pixels: bright above or below."""
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    x = rng.normal(size=(60, 1, 16, 16)).astype(np.float32)
    x[y == 0, :, :8] += 1
    x[y == 1, :, 8:] += 1
    return x, y


@pytest.fixture
def pace(monkeypatch: pytest.MonkeyPatch) -> Pace:
    """Let each batch of a CNN take so many seconds; other networks take none."""

    def timed(seconds: float) -> None:
        def time_epoch(family: Any, config: Any, data: Any, training: Any, **rest: Any) -> float:
            n_steps = -(-data.n_train // training.batch_size)
            return n_steps * (seconds if family.convolutional else 1e-9)

        monkeypatch.setattr(training_pace, "time_epoch", time_epoch)

    return timed


def no_timing(*arguments: Any, **options: Any) -> float:
    raise AssertionError("nothing is to be timed")


def test_an_mlp_is_searched_if_there_is_no_time_for_cnns(
    images: Images, pace: Pace, tmp_path: Path
) -> None:
    pace(SLOW)
    search = StagedSearch(*images, **QUICK, timeout=45.0, out=tmp_path / "run")
    assert search.family.name == "mlp"
    assert search.reason is not None
    assert search.reason.startswith("the samples are images of 16 x 16 pixels, but CNNs are too")
    room = "of 45 s is too short for a training of the smallest one, of 2 epochs"
    assert room in search.reason
    assert search.plan().reason == search.reason
    result = search.run()
    assert result.summary["network"] == "mlp"
    assert result.predict(images[0]).shape == (60,)
    first = open_run(tmp_path / "run").ledger.records[0]
    assert first.measured.is_usable


def test_cnns_are_searched_if_there_is_time(images: Images, pace: Pace, tmp_path: Path) -> None:
    pace(SLOW)
    search = StagedSearch(*images, **QUICK, timeout=200.0, out=tmp_path / "run")
    assert search.family.name == "cnn"
    assert search.reason == "the samples are images of 16 x 16 pixels"


@pytest.mark.parametrize(
    "changes",
    [
        {"timeout": None},
        {"network": "cnn"},
        {"space": {"channels": (8, 12)}},
        {"augment": True},
        {"preset": "deep-n-cheap", "space": {"max_channels": 64}},
    ],
)
def test_what_the_user_wants_is_not_timed(
    images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    monkeypatch.setattr(training_pace, "time_epoch", no_timing)
    settings = QUICK | {"timeout": 10.0, "out": tmp_path / "run"} | changes
    assert StagedSearch(*images, **settings).family.name == "cnn"


def test_small_images_are_not_timed(
    images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_pace, "time_epoch", no_timing)
    x, y = images
    search = StagedSearch(x[..., :8, :8], y, **QUICK, timeout=10.0, out=tmp_path / "run")
    assert search.family.name == "mlp"


def test_cnns_that_run_out_of_memory_are_left_to_the_search(
    images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **options: Any) -> float:
        raise MemoryError

    monkeypatch.setattr(training_pace, "time_epoch", fail)
    search = StagedSearch(*images, **QUICK, timeout=10.0, out=tmp_path / "run")
    assert search.family.name == "cnn"


@pytest.mark.parametrize(("first", "later"), [(SLOW, 1e-9), (1e-9, SLOW)])
def test_the_same_command_resumes_at_any_pace(
    images: Images, pace: Pace, tmp_path: Path, first: float, later: float
) -> None:
    settings = QUICK | {"timeout": 60.0, "out": tmp_path / "run"}
    pace(first)
    begun = StagedSearch(*images, **settings)
    begun.prepare()
    pace(later)
    again = StagedSearch(*images, **settings)
    assert again.family == begun.family
    assert again.identity == begun.identity
    assert again.reason is not None
    assert str(tmp_path / "run") in again.reason
    assert search_of_run(tmp_path / "run", data=images).family == begun.family


def test_without_the_limit_it_is_another_search(
    images: Images, pace: Pace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pace(SLOW)
    StagedSearch(*images, **QUICK, timeout=60.0).prepare()
    other = StagedSearch(*images, **QUICK)
    assert other.family.name == "cnn"
    folders = [path for path in (tmp_path / "runs").iterdir() if path.is_dir()]
    assert other.folder.path.resolve() not in folders
    with pytest.raises(InputError, match=r"network was \"mlp\", now \"cnn\""):
        StagedSearch(*images, **QUICK, out=folders[0]).prepare()


def test_searches_of_a_tradeoff_have_one_family(
    images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paces = iter([SLOW])  # for the first search only

    def time_epoch(family: Any, config: Any, data: Any, training: Any, **rest: Any) -> float:
        return -(-data.n_train // training.batch_size) * next(paces, 1e-9)

    monkeypatch.setattr(training_pace, "time_epoch", time_epoch)
    kept = {name: QUICK[name] for name in ("epochs", "n_startup_trials", "n_steps", "device")}
    search = TradeoffSearch(images, wc=[0.0, 0.1, 1.0], timeout=60.0, out=tmp_path, **kept)
    assert {each.family.name for each in search.searches.values()} == {"mlp"}
