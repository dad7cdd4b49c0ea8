"""Files of a finished run that have changed: told with what repairs them, and repaired by it."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from optuna_dnc import InputError
from optuna_dnc._files import SEAL
from optuna_dnc._names import weights_file
from optuna_dnc.ensemble import Ensemble
from optuna_dnc.refit import Refit, refit
from optuna_dnc.runs import open_run, search_status
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.source import read_source
from optuna_dnc.search import SearchResult, StagedSearch
from optuna_dnc.tradeoff import Tradeoff
from tests.sealing import rewrite
from tests.searches import SEARCHED, Arrays, is_calibrated

RESTS_ON = ("config.json", "model.safetensors", "settings.json")


def flip(path: Path, share: float = 0.9) -> None:
    """Flip the lowest bit of one byte, a digit or a weight as a rule."""
    content = bytearray(path.read_bytes())
    content[int(share * len(content))] ^= 1
    path.write_bytes(bytes(content))


def cut(path: Path) -> None:
    """Leave half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.fixture
def again(classes: Arrays, result: SearchResult) -> Callable[[], SearchResult]:
    """The same search once more, which warns of damage."""

    def search() -> SearchResult:
        with pytest.warns(UserWarning, match="damaged"):
            return StagedSearch(classes, **SEARCHED, out=result.path).run()

    return search


def test_result_json_has_the_digests_of_what_answers_rest_on(result: SearchResult) -> None:
    assert tuple(sorted(result.summary["files"])) == RESTS_ON
    assert all(len(digest) == 64 for digest in result.summary["files"].values())
    assert result.summary["trials"].keys() == {stage["name"] for stage in result.summary["stages"]}


@pytest.mark.parametrize("damage", [flip, cut, Path.unlink])
@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_what_predicting_needs_is_checked_and_written_anew_by_the_command_it_names(
    result: SearchResult,
    classes: Arrays,
    again: Callable[[], SearchResult],
    name: str,
    damage: Callable[[Path], None],
) -> None:
    path = result.path / name
    before, predicted = path.read_bytes(), result.predict(classes[2])
    damage(path)
    command = f"{name} is damaged .*optuna-dnc search DATA .*--epochs 4 .*--out {result.path}"
    with pytest.raises(InputError, match=command):
        SearchResult.load(result.path).predict(classes[2])
    assert (again().predict(classes[2]) == predicted).all()
    assert path.read_bytes() == before


def checkpoint_of_best(result: SearchResult) -> Path:
    """Return the weights that the search has kept of its best network."""
    best = open_run(result.path).ledger.best
    assert best is not None
    return result.path / "checkpoints" / weights_file(best.key)


def test_weights_are_trained_again_where_the_checkpoint_is_damaged_too(
    result: SearchResult, again: Callable[[], SearchResult], epochs_trained: list[Any]
) -> None:
    before = (result.path / "model.safetensors").read_bytes()
    cut(checkpoint_of_best(result))
    flip(result.path / "model.safetensors")
    assert again().best == result.best
    assert (result.path / "model.safetensors").read_bytes() == before
    refit = result.summary["refit"]
    # That of the search, and the last one on all samples.
    epochs = [epoch for _, epoch in epochs_trained]
    assert epochs == [1, 2, 3, 4, *range(1, refit["epochs"] + 1)]


def test_weights_are_trained_again_to_the_end_whatever_the_time(
    result: SearchResult, classes: Arrays
) -> None:
    checkpoint = checkpoint_of_best(result)
    before = load_file(checkpoint)
    for path in (checkpoint, result.path / "model.safetensors"):
        path.unlink()
    with pytest.warns(UserWarning, match="the result is written again"):
        StagedSearch(classes, **SEARCHED, timeout=1e-6, out=result.path).run()
    again = load_file(result.path / "model.safetensors")
    assert is_calibrated(result.path, again, before)


def test_a_changed_figure_is_not_passed_on(result: SearchResult, classes: Arrays) -> None:
    path = result.path / "result.json"
    path.write_text(path.read_text().replace('"test_accuracy": 0', '"test_accuracy": 1'))
    uses: tuple[Callable[[Path], object], ...] = (
        search_status,
        open_run,
        SearchResult.load,
        lambda path: refit(path, data=classes),
    )
    for use in uses:
        with pytest.raises(InputError, match=r"result\.json is damaged"):
            use(result.path)
    with pytest.warns(UserWarning, match=r"result\.json is damaged"):
        again = StagedSearch(classes, **SEARCHED, out=result.path).run()
    assert again.best == result.best


@pytest.mark.parametrize("damage", [flip, cut])
def test_result_json_that_is_no_json_is_written_anew(
    result: SearchResult, again: Callable[[], SearchResult], damage: Callable[[Path], None]
) -> None:
    path = result.path / "result.json"
    before = json.loads(path.read_text())
    cut(path)
    assert again().best == result.best
    assert json.loads(path.read_text())["best"] == before["best"]


def test_settings_are_checked_and_written_anew_where_they_were_moved_away(
    result: SearchResult, classes: Arrays
) -> None:
    path = result.path / "settings.json"
    before = path.read_text()
    path.write_text(before.replace('"seed": 0', '"seed": 1'))
    for use in (search_status, lambda path: StagedSearch(classes, **SEARCHED, out=path).run()):
        with pytest.raises(InputError, match=r"settings\.json is damaged .*move it away"):
            use(result.path)
    path.unlink()
    assert StagedSearch(classes, **SEARCHED, out=result.path).run().best == result.best
    assert path.read_text() == before


def test_options_of_the_data_that_have_changed_are_told(
    search: Callable[..., StagedSearch], npz: Path
) -> None:
    folder = search(data=npz).run().path
    noted = RunFolder(folder).data
    before = noted.read_text()
    noted.write_text(before.replace('"options": {', '"options": {"header": false', 1))
    for use in (lambda path: read_source(RunFolder(path)), refit):
        with pytest.raises(InputError, match=r"data\.json is damaged .*move it away"):
            use(folder)
    noted.unlink()
    search(data=npz).run()
    assert noted.read_text() == before
    rewrite(noted, lambda content: content.pop(SEAL))  # as earlier versions wrote it
    assert read_source(RunFolder(folder)) is not None


def test_a_folder_with_a_database_of_other_people_is_left_alone(
    classes: Arrays, tmp_path: Path
) -> None:
    import optuna

    (tmp_path / "mine").mkdir()
    url = f"sqlite:///{tmp_path}/mine/study.db"
    optuna.create_study(study_name="mine", storage=url)
    with pytest.raises(InputError, match="is not empty and holds no search"):
        StagedSearch(classes, **SEARCHED, out=tmp_path / "mine").run()
    assert optuna.get_all_study_names(url) == ["mine"]
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["study.db"]


def test_a_folder_without_digests_still_loads(result: SearchResult, classes: Arrays) -> None:
    path = result.path / "result.json"
    summary = json.loads(path.read_text())
    for name in ("files", "trials", "sha256"):
        del summary[name]
    path.write_text(json.dumps(summary))
    old = SearchResult.load(result.path)
    assert (old.predict(classes[2]) == result.predict(classes[2])).all()
    assert search_status(result.path).state == "complete"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert StagedSearch(classes, **SEARCHED, out=result.path).run().best == result.best
    cut(result.path / "model.safetensors")
    with pytest.raises(InputError, match="optuna-dnc search"):
        SearchResult.load(result.path).predict(classes[2])
    with pytest.warns(UserWarning, match="damaged"):
        StagedSearch(classes, **SEARCHED, out=result.path).run()
    SearchResult.load(result.path).predict(classes[2])


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "refit.json"])
def test_a_network_that_was_trained_again(
    result: SearchResult, classes: Arrays, name: str
) -> None:
    trained = result.refit(5, training={"lr": 0.01}, data=classes)
    predicted = trained.predict(classes[2])
    flip(trained.path / name, 0.7)
    command = rf"optuna-dnc refit {result.path} --epochs 5 --training lr=0\.01 --data DATA"
    with pytest.raises(InputError, match="again" if name == "refit.json" else command):
        Refit.load(result.path).predict(classes[2])
    if name == "refit.json":
        shutil.rmtree(trained.path)
        again = result.refit(5, training={"lr": 0.01}, data=classes)
    else:
        with pytest.warns(UserWarning, match="damaged"):
            again = result.refit(5, training={"lr": 0.01}, data=classes)
    assert (again.predict(classes[2]) == predicted).all()


@pytest.mark.parametrize("options", [{"top": 2}, {"snapshots": 2}], ids=["leaders", "snapshots"])
def test_a_member_of_an_ensemble(
    result: SearchResult, classes: Arrays, options: dict[str, Any]
) -> None:
    made = result.ensemble(**options, data=classes)
    predicted = made.predict_proba(classes[2])
    flip(made.path / made.members[0].file)
    cut(made.path / made.members[1].file)
    (words,) = ("--{} {}".format(*item) for item in options.items())
    with pytest.raises(InputError, match=f"optuna-dnc ensemble {result.path} {words} --data DATA"):
        Ensemble.load(result.path).predict(classes[2])
    with pytest.warns(UserWarning, match="damaged"):
        again = result.ensemble(**options, data=classes)
    assert (again.predict_proba(classes[2]) == predicted).all()


def test_a_changed_ensemble_json(result: SearchResult, classes: Arrays) -> None:
    path = result.ensemble(2, data=classes).path / "ensemble.json"
    path.write_text(path.read_text().replace('"n_params": ', '"n_params": 1', 1))
    with pytest.raises(InputError, match="delete it and run optuna-dnc ensemble again"):
        Ensemble.load(result.path)
    path.unlink()
    assert len(result.ensemble(2, data=classes).members) == 2


def test_a_changed_tradeoff_json(result: SearchResult, tmp_path: Path) -> None:
    Tradeoff.load(tmp_path).save()
    path = tmp_path / "tradeoff.json"
    path.write_text(path.read_text().replace('"n_params": ', '"n_params": 1', 1))
    with pytest.raises(InputError, match=r"tradeoff\.json is damaged .*delete it"):
        Tradeoff.load(tmp_path)
    path.unlink()
    assert list(Tradeoff.load(tmp_path).results.values()) == [SearchResult.load(result.path)]


def test_a_figure_changed_in_one_search_of_a_tradeoff_is_told(result: SearchResult) -> None:
    path = result.path / "result.json"
    path.write_text(path.read_text().replace('"wc": 0.1', '"wc": 0.2'))
    with pytest.raises(InputError, match=r"result\.json is damaged"):
        Tradeoff.load(result.path.parent)
