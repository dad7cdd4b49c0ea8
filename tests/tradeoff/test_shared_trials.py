"""Searches that differ in wc share what they train, and end as if nothing had interrupted them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from optuna_dnc.objectives import penalized_loss
from optuna_dnc.runs import Record, Run, open_run
from optuna_dnc.tradeoff import Tradeoff
from tests.interruption import Killed
from tests.searches import trials_of
from tests.tradeoff.tradeoffs import WC, folders, three_classes, train_small


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Tradeoff:
    return train_small(tmp_path_factory.mktemp("shared") / "run")


@pytest.fixture(scope="session")
def opened(shared: Tradeoff) -> dict[float, Run]:
    return {wc: open_run(result.path) for wc, result in shared.results.items()}


def _trained(opened: dict[float, Run]) -> list[Record]:
    records = [record for search in opened.values() for record in search.ledger.records]
    return [record for record in records if record.reused_from is None]


def test_no_configuration_is_trained_by_two_searches(opened: dict[float, Run]) -> None:
    keys = [record.key for record in _trained(opened)]
    assert len(keys) == len(set(keys))


def test_later_searches_have_a_third_of_the_trials_of_their_own(
    opened: dict[float, Run],
) -> None:
    own = {
        wc: sum(not record.shared for record in search.ledger.of_stages("core-architecture"))
        for wc, search in opened.items()
    }
    assert own == {0.0: 1, 0.1: 1, 10.0: 3}


def test_every_search_knows_the_ten_best_of_each_stage_at_its_own_wc(
    opened: dict[float, Run],
) -> None:
    for wc, search in opened.items():
        known = {record.key for record in search.ledger.records}
        for stage in search.stages:
            trained = [record for record in _trained(opened) if record.stage == stage.name]
            best = sorted(trained, key=lambda record: _loss(search, record, wc))[:10]
            assert {record.key for record in best} <= known


def _loss(search: Run, record: Record, wc: float) -> float:
    error, cost = record.measured.error, search.complexity(record)
    return penalized_loss(error, cost, wc, n_val=30)


def test_a_shared_trial_has_all_that_was_measured_and_the_loss_of_its_own_wc(
    opened: dict[float, Run],
) -> None:
    search = opened[10.0]
    taken_over = [record for record in search.ledger.records if record.shared]
    assert taken_over
    for record in taken_over:
        folder, _, place = str(record.reused_from).partition("/")
        origin = next(o for o in opened.values() if o.folder.name == folder).ledger.of_trial(place)
        assert origin is not None
        assert (record.measured, record.epochs) == (origin.measured, origin.epochs)
        assert (record.config, record.training) == (origin.config, origin.training)
        assert record.loss == pytest.approx(_loss(search, record, 10.0))
        assert sorted(record.curve) == [1, 2]
        assert min(record.curve.values()) == pytest.approx(record.loss)


def test_each_result_is_the_best_of_all_that_was_trained(
    shared: Tradeoff, opened: dict[float, Run]
) -> None:
    for wc, result in shared.results.items():
        losses = [_loss(opened[wc], record, wc) for record in _trained(opened)]
        assert result.best.loss == pytest.approx(min(losses))


def test_the_weights_are_those_of_the_network_wherever_it_was_trained(shared: Tradeoff) -> None:
    _, _, x, y = three_classes()
    for result in shared.results.values():
        right = (result.predict(x) == y).mean()
        assert right == pytest.approx(result.best.test_accuracy)
    kept = [path for folder in folders(shared) for path in (folder / "checkpoints").glob("*")]
    assert 1 <= len(kept) <= len(WC)


def test_a_lost_checkpoint_is_trained_again_to_the_same_weights(
    shared: Tradeoff, tmp_path: Path
) -> None:
    import shutil

    copied = tmp_path / "run"
    shutil.copytree(shared.path, copied)
    weights = [path.read_bytes() for path in sorted(copied.glob("*/model.safetensors"))]
    for path in [*copied.glob("*/checkpoints/*"), *copied.glob("*/result.json")]:
        path.unlink()
    train_small(copied)
    assert [p.read_bytes() for p in sorted(copied.glob("*/model.safetensors"))] == weights


@pytest.mark.parametrize("report", [5, 19])
def test_a_killed_run_resumes_to_the_same_trials(
    shared: Tradeoff, tmp_path: Path, kill_at_report: Callable[[int], None], report: int
) -> None:
    killed = tmp_path / "run"
    kill_at_report(report)
    with pytest.raises(Killed):
        train_small(killed)
    kill_at_report(0)
    resumed = train_small(killed)
    for wc, result in shared.results.items():
        other = killed / result.path.name
        assert trials_of(other) == trials_of(result.path)
        assert resumed.results[wc].best.test_accuracy == result.best.test_accuracy


def test_a_run_killed_while_trials_are_taken_over_resumes_to_the_same_trials(
    shared: Tradeoff, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from optuna_dnc.tradeoff import pool

    make, seen = pool.seen_by, 0

    def dying(*arguments: Any) -> Record:
        nonlocal seen
        seen += 1
        if seen > 4:
            raise Killed
        return make(*arguments)

    monkeypatch.setattr(pool, "seen_by", dying)
    with pytest.raises(Killed):
        train_small(tmp_path / "run")
    monkeypatch.undo()
    train_small(tmp_path / "run")
    for result in shared.results.values():
        assert trials_of(tmp_path / "run" / result.path.name) == trials_of(result.path)


def test_penalised_time_is_the_one_that_was_measured_once(tmp_path: Path) -> None:
    timed = train_small(tmp_path / "run", penalize="t_epoch", wc=(0.0, 1.0), n_steps=0)
    first, second = (open_run(result.path) for result in timed.results.values())
    assert first.baseline == second.baseline
    of_first, of_second = (
        {record.key: record.measured.costs["t_epoch"] for record in search.ledger.records}
        for search in (first, second)
    )
    both = of_first.keys() & of_second.keys()
    assert len(both) > 1
    assert all(of_first[key] == of_second[key] for key in both)


def test_networks_that_were_stopped_are_shared_as_stopped(tmp_path: Path) -> None:
    found = train_small(
        tmp_path / "run", wc=(0.0, 1.0), pruner="median", epochs=4, n_startup_trials=9, n_steps=0,
        training_space={"lr": (1e-5, 1e-1)},
    )  # fmt: skip
    searches = [open_run(result.path) for result in found.results.values()]
    stopped = [r for search in searches for r in search.ledger.records if r.shared and r.pruned]
    assert stopped
    for record in stopped:
        assert record.loss == record.curve[max(record.curve)]


def test_a_joint_search_shares_every_trial(tmp_path: Path) -> None:
    found = train_small(
        tmp_path / "run", wc=(0.0, 1.0), strategy="joint", n_startup_trials=3, n_steps=1,
        space={"width": (4, 16)},
    )  # fmt: skip
    assert found.summary["n_trained"] == 4 + 1
    assert {point["n_trials"] for point in found.summary["points"]} == {5}
