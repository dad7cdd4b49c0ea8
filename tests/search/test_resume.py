"""Interrupted searches go on as if nothing had happened."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import optuna
import pytest

from optuna_dnc import InputError
from optuna_dnc.runs import search_status
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.run import read_settings
from optuna_dnc.search import SearchResult, StagedSearch, TrialDone
from tests.interruption import Killed
from tests.processes import Process, command, needs_fork
from tests.searches import FEWEST, SMALL, Arrays, run_whole, trials_of

Search = Callable[..., StagedSearch]
EPOCHS = 4
SPACE = {"n_layers": (1, 2), "width": (4, 16), "refinements": ()}
TWO_GRIDS = {"space": SMALL["space"] | {"refinements": ("activation", "dropout")}}


@pytest.fixture(scope="module")
def whole(arrays: Arrays, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a search with two grids that was not interrupted; not to be changed."""
    return run_whole(arrays, tmp_path_factory.mktemp("whole") / "run", **TWO_GRIDS).path


def _kill_after(n_trials: int) -> Callable[[object], None]:
    seen = 0

    def on_event(event: object) -> None:
        nonlocal seen
        seen += isinstance(event, TrialDone)
        if seen > n_trials:
            raise Killed

    return on_event


def test_a_search_killed_between_trials_resumes_to_the_same_trials(
    search: Search, whole: Path, tmp_path: Path
) -> None:
    killed = tmp_path / "killed" / "run"
    for n_trials in (0, 2, 4):
        with pytest.raises(Killed):
            search(**TWO_GRIDS, out=killed, on_event=_kill_after(n_trials)).run()
    resumed = search(**TWO_GRIDS, out=killed).run()
    assert trials_of(killed) == trials_of(whole)
    assert resumed.best.test_accuracy == SearchResult.load(whole).best.test_accuracy


def test_a_search_killed_within_a_training_resumes_to_the_same_trials(
    search: Search, whole: Path, tmp_path: Path, kill_at_report: Callable[[int], None]
) -> None:
    killed = tmp_path / "killed" / "run"
    for report in (1, 11):
        kill_at_report(report)
        with pytest.raises(Killed):
            search(**TWO_GRIDS, out=killed).run()
    kill_at_report(0)
    search(**TWO_GRIDS, out=killed).run()
    assert trials_of(killed) == trials_of(whole)


def test_a_search_killed_half_way_through_its_suggestions_resumes_to_the_same_trials(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = tmp_path / "killed" / "run"
    suggest = optuna.Trial.suggest_int

    def dying(self: optuna.Trial, name: str, *rest: int, **named: Any) -> int:
        if self.number == 3 and name == "width_0":
            raise Killed
        return suggest(self, name, *rest, **named)

    monkeypatch.setattr(optuna.Trial, "suggest_int", dying)
    with pytest.raises(Killed):
        search(out=killed, space=SPACE).run()
    monkeypatch.undo()
    search(out=killed, space=SPACE).run()
    search(out=tmp_path / "other" / "run", space=SPACE).run()
    assert trials_of(killed) == trials_of(tmp_path / "other" / "run")


@needs_fork
def test_a_process_ended_by_each_signal_in_turn_resumes_to_the_same_trials(
    npz: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def search(out: Path) -> Callable[[], None]:
        return command(
            "search", npz, "--epochs", 3, "--startup", 2, "--steps", 1,
            "--space", "width=8:16", "--space", "refinements=dropout", "--device", "cpu",
            "--no-floors", "--out", out,
        )  # fmt: skip

    def pausing(n_known: int) -> None:
        add = Ledger.add

        def adding(self: Ledger, record: Record) -> None:
            add(self, record)
            if len(self.records) > n_known:
                sys.stderr.write("measured\n")
                time.sleep(60)

        monkeypatch.setattr(Ledger, "add", adding)
        search(killed)()

    killed, whole = tmp_path / "killed" / "run", tmp_path / "whole" / "run"
    for n, (ending, code) in enumerate(
        {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}.items()
    ):
        process = Process(partial(pausing, n), tmp_path)
        assert "measured\n" in iter(process.stderr.readline, "")
        process.send(ending)
        ended = process.end()
        assert ended.code == code
        assert "Traceback" not in ended.err
    for out in (killed, whole):
        assert Process(search(out), tmp_path).end().code == 0
    assert trials_of(killed) == trials_of(whole)


def test_a_finished_search_is_not_trained_again(
    search: Search, ended: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    best = SearchResult.load(ended).best
    written = (ended / "result.json").stat().st_mtime_ns
    from optuna_dnc.search.trials import trainer

    monkeypatch.setattr(trainer, "train_network", lambda *a, **k: pytest.fail("trained again"))
    assert search().run().best == best
    assert (ended / "result.json").stat().st_mtime_ns == written


def test_a_deleted_checkpoint_is_trained_again_to_the_same_weights(
    search: Search, ended: Path
) -> None:
    best = SearchResult.load(ended).best
    before = (ended / "model.safetensors").read_bytes()
    for path in [*(ended / "checkpoints").iterdir(), ended / "model.safetensors"]:
        path.unlink()
    assert search().run().best == best
    assert (ended / "model.safetensors").read_bytes() == before


def test_other_settings_for_a_folder_are_refused_with_the_difference(
    search: Search, ended: Path
) -> None:
    files = {path: path.read_bytes() for path in ended.iterdir() if path.is_file()}
    with pytest.raises(InputError, match=r"wc was 0\.1, now 1\.0"):
        search(wc=1.0).run()
    with pytest.raises(InputError, match=r"space\.width was \[4, 16\], now \[4, 8\]"):
        search(space=SMALL["space"] | {"width": (4, 8)}).run()
    assert files == {path: path.read_bytes() for path in files}


def test_a_search_older_than_a_setting_resumes_as_it_began(
    search: Search, arrays: Arrays, tmp_path: Path
) -> None:
    x_train, y_train, *_ = arrays
    data, run = (x_train > 1, y_train), tmp_path / "run"
    with pytest.raises(Killed):
        search(data=data, recipe="deep-n-cheap", on_event=_kill_after(2)).run()
    _forget(run, "recipe", "scaling", "n_folds")
    resumed = search(data=data).run()
    assert read_settings(RunFolder(run))["scaling"] == "standard"
    assert 1 not in resumed.preprocessing().x_std


def test_a_search_older_than_a_range_resumes_without_it(search: Search, tmp_path: Path) -> None:
    run, space = tmp_path / "run", {"n_layers": (1, 2), "width": (4, 16), "dropout": 0.2}
    older = {**space, "refinements": ("activation", "dropout")}
    with pytest.raises(Killed):
        search(space=older, on_event=_kill_after(1)).run()
    _forget(run, "space.encoding", "space.numeric", "space.most_bins")
    best = search(space=space).run().best
    assert best.config.encoding == "none"
    remaining = trials_of(run)[1]
    assert remaining
    assert not any("encoding" in str(trial) for trial in remaining)


def _forget(run: Path, *names: str) -> None:
    """Make a search that has begun one that does not know these settings."""
    settings = json.loads((run / "settings.json").read_text())
    for name in names:
        *path, last = name.split(".")
        del (settings[path[0]] if path else settings)[last]
    (run / "settings.json").write_text(json.dumps(settings))
    storage = f"sqlite:///{run / 'study.db'}"
    first = min(optuna.get_all_study_names(storage))
    optuna.load_study(study_name=first, storage=storage).set_user_attr("settings", settings)


def test_other_data_for_a_folder_are_refused(
    search: Search, arrays: tuple[object, ...], ended: Path
) -> None:
    x_train, y_train, x_test, y_test = arrays
    with pytest.raises(InputError, match="the data was different, in its rows"):
        search(data=(x_train + 1, y_train, x_test, y_test)).run()


def test_a_folder_with_other_files_is_left_alone(search: Search, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="holds no search"):
        search().run()
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["thesis.txt"]


def test_studies_of_another_search_in_a_shared_storage_are_refused(
    search: Search, tmp_path: Path
) -> None:
    storage = optuna.storages.InMemoryStorage()
    search(storage=storage, out=tmp_path / "a" / "run").prepare()
    with pytest.raises(InputError, match="wc was"):
        search(storage=storage, out=tmp_path / "b" / "run", wc=3.0).run()


OTHERS = [{}, {"pruner": "hyperband"}, {"strategy": "joint"}]


@pytest.mark.parametrize("first", OTHERS, ids=["staged", "hyperband", "joint"])
def test_so_are_studies_of_a_search_that_begins_with_another_stage(
    search: Search, tmp_path: Path, first: dict[str, str]
) -> None:
    shared = {"storage": optuna.storages.InMemoryStorage(), "epochs": 3}
    search(**shared, out=tmp_path / "a" / "run", **first).prepare()
    for second in OTHERS:
        if second != first:
            with pytest.raises(InputError, match=r"(belongs to|holds) another search"):
                search(**shared, out=tmp_path / "b" / "run", **second).run()


def test_a_renamed_folder_is_the_same_search(
    search: Search, ended: Path, tmp_path: Path, epochs_trained: list[tuple[int, int]]
) -> None:
    ended.rename(tmp_path / "final")
    assert search_status(tmp_path / "final").stages[0].n_trials == 4
    assert search(out=tmp_path / "final").run().complete
    assert epochs_trained == []


def test_a_storage_that_is_forgotten_is_asked_for(search: Search, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/mine.db"
    search(**FEWEST, storage=url).run()
    with pytest.raises(InputError, match="give the storage= that it was started with"):
        search(**FEWEST).run()
    assert search(**FEWEST, storage=url).run().complete


def test_two_processes_cannot_search_in_one_folder(search: Search, tmp_path: Path) -> None:
    def meanwhile(event: object) -> None:
        if isinstance(event, TrialDone) and event.number == 1:
            with pytest.raises(InputError, match="another process"):
                search(n_steps=0).run()
            assert search_status(tmp_path / "run").state == "running"

    search(n_steps=0, on_event=meanwhile).run()
