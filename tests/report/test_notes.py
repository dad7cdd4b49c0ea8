"""Notes say what a search, a stage and a network are."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc.cli import main
from optuna_dnc.data.tables import DataOptions, DataSource
from optuna_dnc.evaluation import Comparison, panel_of
from optuna_dnc.nets import CNNConfig, MLPConfig, ResNetConfig
from optuna_dnc.report.dashboard.notes_studies import study_note
from optuna_dnc.report.dashboard.notes_trials import (
    Links,
    network_note,
    noted_records,
    training_in_words,
    trial_note,
)
from optuna_dnc.report.formats import ordinal
from optuna_dnc.runs import Run
from optuna_dnc.runs.command import search_command
from optuna_dnc.search import StagedSearch

LINKS = Links({"core-architecture": 7, "training": 9})


@pytest.mark.parametrize(
    ("network", "config", "words"),
    [
        ("mlp", MLPConfig(), "A linear model: an MLP without hidden layers."),
        (
            "mlp",
            MLPConfig((30, 20), "tanh", 0.25),
            "An MLP with 2 hidden layers of 30 and 20 nodes, tanh and 25% dropout after each.",
        ),
        (
            "cnn",
            CNNConfig(
                channels=(16, 32, 32, 80),
                kernel_sizes=(3, 3, 5, 3),
                downsampling=("none", "none", "none", "pool"),
                batch_norm=(False, True, False, True),
                dropout=(0.1, 0, 0, 0.3),
                shortcuts=(0,),
            ),
            "| 4 | 80 | 3 × 3 | pool | yes | 30% |",
        ),
        (
            "resnet",
            ResNetConfig((2, 2, 2), widening=3, regulariser="shake-drop"),
            "3 stages of 2 basic blocks, from 48 channels on",
        ),
    ],
)
def test_a_network_of_each_family_is_described(network: str, config: Any, words: str) -> None:
    as_stored = json.loads(json.dumps(asdict(config)))
    assert words in network_note(network, as_stored)


@pytest.mark.parametrize("network", ["mine", "mlp"])
def test_a_network_that_is_not_known_is_described_by_its_fields(network: str) -> None:
    assert network_note(network, {"towers": 3}) == "- towers: `3`"


def test_only_what_is_used_of_a_training_is_told() -> None:
    training: dict[str, Any] = {
        "lr": 0.05,
        "weight_decay": 0.0,
        "batch_size": 64,
        "patience": None,
    }
    training |= {"optimizer": "sgd", "augment": True, "bf16": False}
    assert training_in_words(training) == (
        "SGD, learning rate 0.05, no weight decay, batch size 64 and augmentation"
    )


def test_the_best_trial_says_its_rank_and_what_was_measured(finished: Run) -> None:
    best = finished.ledger.best
    assert best is not None
    assert best in noted_records(finished)
    note = trial_note(finished, best, LINKS)
    assert note.startswith(f"## 1st of {len(finished.leaderboard)} networks: ")
    for told in (
        best.description,
        f"{best.measured.val_accuracy:.2%}",
        f"{best.measured.costs['n_params']:,}",
    ):
        assert told in note


def test_another_training_of_a_network_has_the_rank_of_the_network(finished: Run) -> None:
    row = next(row for row in finished.leaderboard if row.n_trainings > 1)
    records = [finished.ledger.of_trial(label) for label in row.trials]
    other = next(record for record in records if record and record.key != row.record.key)
    note = trial_note(finished, other, LINKS)
    assert note.startswith(f"## Another training of the {ordinal(row.rank)} of ")


def test_the_best_networks_of_a_note_are_architectures(finished: Run) -> None:
    note = study_note(finished, finished.stages[0], LINKS, {})
    listed = note.partition("## Best networks")[2].partition("## How")[0]
    for row in finished.leaderboard[:5]:
        assert listed.count(f"| {row.network}{' ◆' if row.on_front else ''} |") == 1


def test_a_trial_that_trained_nothing_says_which_one_did(finished: Run) -> None:
    record = replace(finished.ledger.records[0], reused_from="core-architecture/1")
    link = "[core-architecture/1](/dashboard/studies/7/trials?numbers=1)"
    assert link in trial_note(finished, record, LINKS)


def test_a_stage_without_a_study_is_no_link() -> None:
    assert LINKS.trial("remaining-architecture/3") == "remaining-architecture/3"


def test_the_note_of_a_study_tells_the_state_and_the_result(finished: Run) -> None:
    note = study_note(finished, finished.stages[0], LINKS, {"cost": "Accuracy against cost"})
    assert finished.summary is not None
    tested = finished.summary["best"]["test_accuracy"]
    told = (
        "**complete**",
        "**1-core-architecture**",
        f"**{tested:.2%}**",
        "Accuracy against cost",
    )
    for words in told:
        assert words in note


def test_the_note_of_a_stopped_search_says_that_it_can_go_on(stopped: Run) -> None:
    note = study_note(stopped, stopped.stages[2], LINKS, {})
    assert "**stopped**; run the same command again to resume" in note
    assert "| 3-training" not in note.replace("[3-training]", "")


@pytest.mark.parametrize(
    "changes",
    [
        {"network": "mlp"},
        {
            "network": "mlp",
            "wc": 0.03,
            "penalize": "t_epoch",
            "epochs": 7,
            "n_startup_trials": 2,
            "space": {"width": (4, 9), "activation": ("tanh", "relu"), "core_dropout": 0.1},
            "training_space": {"lr": (1e-4, 1e-2)},
            "augment": True,
            "seed": 3,
        },
        {"network": "resnet", "strategy": "joint", "epochs": 9, "budget": 40},
    ],
)
def test_the_command_repeats_the_search(
    changes: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = StagedSearch("digits", **changes).identity
    command = search_command(wanted)
    assert command is not None
    with pytest.raises(SystemExit):
        main([*command.split()[1:], "--dry-run", "--json"])
    assert json.loads(capsys.readouterr().out)["identity"] == json.loads(json.dumps(wanted))


def test_the_command_names_the_table_and_its_options(tmp_path: Path) -> None:
    options = DataOptions(target=("y",), kind={"zip": "category"}, drop_unlabeled=True)
    source = DataSource(str(tmp_path / "my table.csv"), options)
    command = search_command(StagedSearch("digits").identity | {"dataset": "my table"}, source)
    assert command is not None
    words = shlex.split(command)
    assert words[2] == str(tmp_path / "my table.csv")
    assert words[3:8] == ["--target", "y", "--kind", "zip=category", "--drop-unlabeled"]


def test_the_note_of_a_study_has_each_of_several_targets_by_name(finished: Run) -> None:
    true = np.random.default_rng(0).normal(size=(50, 2))
    panel = panel_of(true, true + 0.1, None, targets=("rent", "age"))
    judged = Comparison(part="validation", n_train=90, panel=panel).to_dict()
    run = replace(finished, summary={**(finished.summary or {}), "evaluation": judged})
    note = study_note(run, run.stages[0], LINKS, {})
    section = note.partition("## Validation metrics of each target")[2].partition("## How")[0]
    assert "| target | RMSE | MAE | R² | MAPE |" in section
    assert "| rent | 0.1 | 0.1 |" in section
    assert "| age | 0.1 | 0.1 |" in section
    assert "of each target" not in study_note(finished, finished.stages[0], LINKS, {})
