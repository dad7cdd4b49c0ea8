"""Searches that a version without recipes began."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest

from optuna_dnc import InputError
from optuna_dnc.runs import open_run
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.search import SearchResult, StagedSearch, TrialDone
from optuna_dnc.training import TrainingConfig
from tests.interruption import Killed
from tests.searches import SMALL, trials_of

Search = Callable[..., StagedSearch]

NEW_SETTINGS = ("recipe", "scaling", "max_params", "max_macs", "max_bytes", "max_ms", "n_folds")
NEW_RANGES = ("encoding", "encoded_width", "numeric", "most_bins", "single_logit")
COMMAND: dict[str, Any] = {
    "space": {"width": (4, 16), "dropout": (0.0, 0.2)},
    "n_steps": 2,
    "wc": 0.2,
}
"""What the user gave, then as now."""

BEFORE = {"recipe": "deep-n-cheap", **COMMAND}
"""The same search then."""


def _die(event: object) -> None:
    if isinstance(event, TrialDone) and event.number == 2:
        raise Killed


def _made_older(folder: Path) -> None:
    """Store the settings as the version did that began the search."""
    settings = json.loads((folder / "settings.json").read_text())
    for name in NEW_SETTINGS:
        del settings[name]
    for name in NEW_RANGES:
        settings["space"].pop(name)
    settings["space"]["refinements"] = ["activation", "dropout"]
    (folder / "settings.json").write_text(json.dumps(settings))
    storage = f"sqlite:///{folder / 'study.db'}"
    first = min(optuna.get_all_study_names(storage))
    optuna.load_study(study_name=first, storage=storage).set_user_attr("settings", settings)


@pytest.fixture
def begun(search: Search, tmp_path: Path) -> Path:
    """The folder of a search that was killed, by a version without recipes."""
    space = COMMAND["space"] | {"refinements": ("activation", "dropout")}
    with pytest.raises(Killed):
        search(**BEFORE | {"space": space}, on_event=_die).run()
    _made_older(tmp_path / "run")
    return tmp_path / "run"


def test_the_same_command_resumes_it_with_the_training_that_it_began_with(
    begun: Path, search: Search
) -> None:
    before = trials_of(begun, stages=("1-core-architecture",))[0][:2]
    result = search(**COMMAND).run()
    assert trials_of(begun)[0][:2] == before
    records = open_run(begun).ledger.records
    published = TrainingConfig(epochs=2, batch_size=256, lr=1e-3)
    for record in records:
        training = TrainingConfig(**record.training)
        if record.stage != "training":
            assert training.model_copy(update={"weight_decay": 0.0}) == published
        assert (training.optimizer, training.schedule, training.averaging) == ("adam", "cuts", 0)
    assert result.summary["settings"]["recipe"] == "deep-n-cheap"


def test_another_recipe_for_it_is_refused(begun: Path, search: Search) -> None:
    with pytest.raises(InputError, match='recipe was "deep-n-cheap", now "default"'):
        search(recipe="default", **COMMAND).run()
    with pytest.raises(InputError, match=r"lr was 0\.001, now 0\.01"):
        search(lr=0.01, **COMMAND).run()


def test_its_defaults_are_those_of_then(begun: Path, search: Search) -> None:
    settings = json.loads((begun / "settings.json").read_text())
    (begun / "settings.json").write_text(json.dumps(settings | {"epochs": 30, "n_steps": 15}))
    given = SMALL | COMMAND | {"out": begun}
    del given["epochs"], given["n_steps"]
    now = StagedSearch(search().dataset, **given).settings
    assert (now.epochs, now.n_steps, now.patience) == (30, 15, None)
    assert (now.batch_size, now.lr) == (256, 1e-3)


def test_its_result_opens_and_predicts(begun: Path, search: Search) -> None:
    finished = search(**COMMAND).run()
    summary = json.loads(RunFolder(begun).result.read_text())
    assert summary["settings"]["recipe"] == "deep-n-cheap"
    assert SearchResult.load(begun).best == finished.best
