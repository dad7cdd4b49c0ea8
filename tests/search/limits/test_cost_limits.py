"""Hard limits: no network beyond one is trained, and the result keeps all of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from optuna.samplers import RandomSampler
from optuna.trial import BaseTrial, TrialState

from optuna_dnc import InputError
from optuna_dnc.cli import main
from optuna_dnc.nets import MLPConfig
from optuna_dnc.nets.mlp import MLPFamily
from optuna_dnc.report.html.content import content
from optuna_dnc.runs import open_run, search_status
from optuna_dnc.search import StagedSearch, opening
from optuna_dnc.search.limits.cost_limits import Limits
from optuna_dnc.search.limits.time_plan import TimePlan
from optuna_dnc.tradeoff import tradeoff
from optuna_dnc.transfer import transfer_search
from tests.interruption import Killed
from tests.search.limits.limited import JOINT, LINEAR, ByNumber
from tests.searches import FEWEST, SMALL, trials_of

Make = Callable[..., StagedSearch]

LIMITS = {"max_params": ("n_params", 80), "max_macs": ("macs", 60), "max_bytes": ("bytes", 300)}
"""For 5 features and 3 classes, of which a linear network needs 18 parameters."""


@pytest.mark.parametrize(
    ("name", "strategy"), [*((name, {}) for name in LIMITS), ("max_params", JOINT)]
)
def test_all_networks_keep_a_counted_limit(
    search: Make, name: str, strategy: dict[str, Any]
) -> None:
    cost, most = LIMITS[name]
    result = search(**strategy, **{name: most}, wc=0).run()
    ledger = open_run(result.path).ledger
    assert result.best.costs[cost] <= most
    assert max(record.measured.costs[cost] for record in ledger.records) <= most
    assert ledger.rejections == []


def test_grids_leave_out_networks_beyond_the_limit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (40, 1, 8, 8), dtype=np.uint8), np.arange(40) % 2
    norm = {"n_layers": (1, 1), "channels": (4, 4), "batch_norm": (0.0, 1.0)}
    options: dict[str, Any] = SMALL | {
        "network": "cnn",
        "space": norm | {"refinements": ["batch_norm"]},
        "n_startup_trials": 1,
        "n_steps": 0,
        "epochs": 1,
    }
    n_params = {
        most: [
            record.measured.costs["n_params"]
            for record in open_run(
                StagedSearch(images, out=tmp_path / str(most), max_params=most, **options)
                .run()
                .path
            ).ledger.of_stages("remaining-architecture")
        ]
        for most in (58, 1000)
    }
    assert n_params == {58: [50, 58], 1000: [50, 58]}


def test_a_limit_that_no_network_keeps_is_named_before_the_search(
    search: Make, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"max_params: .* 17 par.*\(no hidden layer\) has 18 p"):
        search(max_params=17, **LINEAR)
    assert not (tmp_path / "run").exists()


class Exchange(MLPFamily):
    """Networks that have either few parameters or few multiply-accumulates."""

    name = "exchange"

    def suggest_core(self, trial: BaseTrial) -> MLPConfig:
        return MLPConfig((trial.suggest_int("width", 1, 9),))

    def n_params(self, config: MLPConfig, input_shape: tuple[int, ...], n_outputs: int) -> int:
        return config.widths[0]

    def n_macs(self, config: MLPConfig, input_shape: tuple[int, ...], n_outputs: int) -> int:
        return 10 - config.widths[0]


def test_limits_that_no_network_keeps_together_are_named() -> None:
    family = Exchange()
    Limits(family, (5,), 3, {"n_params": 5, "macs": 5}).check_counted(family.suggest_core)
    limits = Limits(family, (5,), 3, {"n_params": 4, "macs": 4})
    with pytest.raises(InputError, match=r"has 5 parameters, 5 multiply-accumulates"):
        limits.check_counted(family.suggest_core)


def test_other_samplers_are_told_what_is_infeasible(search: Make) -> None:
    space = SMALL["space"] | {"n_layers": (2, 2)}
    run = search(sampler=RandomSampler(seed=0), max_params=150, space=space, n_steps=6).run()
    ledger = open_run(run.path).ledger
    study = open_run(run.path).study_of["core-architecture"]
    rejected = [t for t in study.trials if t.state == TrialState.PRUNED]
    assert rejected
    assert len(ledger.rejections) == len(rejected)
    assert all(trial.constraints["max_params"] > 0 for trial in rejected)
    # They do not count.
    assert len(ledger.of_stages("core-architecture")) == 8
    assert max(record.measured.costs["n_params"] for record in ledger.records) <= 150
    assert search_status(run.path).stages[0].n_rejected == len(rejected)
    assert run.summary["stages"][0]["n_rejected"] == len(rejected)


@pytest.mark.parametrize("sampler", ["dnc", ByNumber])
def test_an_interrupted_search_goes_on_as_if_it_had_not_been(
    search: Make, tmp_path: Path, kill_at_report: Callable[[int], None], sampler: Any
) -> None:
    options: dict[str, Any] = {
        "sampler": sampler,
        "max_params": 130,
        "space": SMALL["space"] | {"n_layers": (2, 2), "refinements": ["activation"]},
    }
    search(**options, out=tmp_path / "whole").run()
    kill_at_report(5)
    with pytest.raises(Killed):
        search(**options, out=tmp_path / "killed").run()
    kill_at_report(0)
    search(**options, out=tmp_path / "killed").run()
    assert trials_of(tmp_path / "killed") == trials_of(tmp_path / "whole")


def test_a_search_with_another_limit_is_another_search(search: Make) -> None:
    search(**FEWEST, max_params=80).run()
    with pytest.raises(InputError, match="max_params was 80, now 81"):
        search(**FEWEST, max_params=81).run()


def test_the_cost_that_counts_as_1_does_not_depend_on_limits(search: Make, tmp_path: Path) -> None:
    baselines = {
        search(**FEWEST, max_params=most, out=tmp_path / str(most)).run().summary["baseline"]
        for most in (None, 80)
    }
    assert len(baselines) == 1


def test_a_limit_holds_for_each_search_of_a_tradeoff(
    arrays: tuple[np.ndarray, ...], tmp_path: Path
) -> None:
    few = SMALL | FEWEST | {"n_startup_trials": 2}
    result = tradeoff(arrays, (0, 1), **few, max_params=80, out=tmp_path / "tradeoff")
    assert len(result.results) == 2
    assert max(each.best.n_params for each in result.results.values()) <= 80


def test_a_transfer_checks_its_network_and_inherits_no_limit(
    search: Make, arrays: tuple[np.ndarray, ...]
) -> None:
    source = search(**FEWEST, max_params=80).run()
    assert transfer_search(source, arrays).settings.max_params is None
    with pytest.raises(InputError, match=r"max_macs: .* 1 multiply-accumulates"):
        transfer_search(source, arrays, max_macs=1)


@pytest.mark.parametrize(("most", "largest"), [(60.0, 60), (math.inf, 80)])
def test_a_time_limit_cuts_the_space_as_well(
    search: Make, monkeypatch: pytest.MonkeyPatch, most: float, largest: int
) -> None:
    plan = TimePlan(2, "n_params", most)
    monkeypatch.setattr(opening, "kept_time_plan", lambda *arguments, **options: plan)
    path = search(max_params=80, timeout=600, refit=False).run().path
    sizes = [r.measured.costs["n_params"] for r in open_run(path).ledger.records]
    assert largest - 10 < max(sizes) <= largest


def test_the_settings_of_a_result_repeat_its_search_whatever_a_time_limit_planned(
    search: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = TimePlan(1, "n_params", math.inf)
    monkeypatch.setattr(opening, "kept_time_plan", lambda *arguments, **options: plan)
    result = search(**FEWEST, epochs=3, timeout=600).run()
    assert result.best.training.epochs == 1
    assert result.summary["settings"]["epochs"] == 3


def test_status_and_report_show_limits(search: Make, capsys: pytest.CaptureFixture[str]) -> None:
    path = search(**FEWEST, max_params=80, max_ms=100.5).run().path
    with pytest.raises(SystemExit) as stop:
        main(["status", str(path)])
    assert stop.value.code == 0
    assert "max_params 80, max_ms 100.5" in capsys.readouterr().out
    facts = dict(content(open_run(path))["facts"])
    assert (facts["max_params"], facts["max_ms"]) == ("80", "100.5")


COMMAND = [
    *("search", "digits", "--network", "mlp"),
    *("--space", "n_layers=0:2", "--space", "width=20:400", "--space", "log_width=no"),
]


def test_a_command_whose_limit_cannot_be_kept_exits_with_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stop:
        main([*COMMAND, "--max-macs", "10"])
    assert stop.value.code == 2
    message = capsys.readouterr().err
    assert "--max-macs: no network" in message
    assert "the closest (no hidden layer) has 640 multiply-acc" in message


def test_the_dry_run_shows_the_cut_space(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([*COMMAND, "--max-params", "5000", "--dry-run"])
    assert stop.value.code == 0
    assert "width_0: 20, 66" in capsys.readouterr().out
