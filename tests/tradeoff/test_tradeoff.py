"""The folder of a trade-off: made, read, extended, and refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from optuna_dnc import InputError
from optuna_dnc.runs import search_status
from optuna_dnc.search import StagedSearch, TrialDone
from optuna_dnc.search.context import SearchContext
from optuna_dnc.search.limits.time_limit import TimeLimit
from optuna_dnc.search.stages.stage_run import TrialCallback
from optuna_dnc.tradeoff import Tradeoff, TradeoffSearch
from optuna_dnc.tradeoff.folder import checked_weights
from optuna_dnc.tradeoff.pool import Pool
from tests.sealing import rewrite
from tests.searches import trials_of
from tests.tradeoff.tradeoffs import small, three_classes, train_small

TWO = (0.0, 1.0)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Tradeoff:
    return train_small(tmp_path_factory.mktemp("tradeoff") / "run", wc=TWO)


@pytest.fixture
def copied(made: Tradeoff, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made.path, tmp_path / "run"))


def test_each_search_has_a_folder_like_one_that_was_run_alone(made: Tradeoff) -> None:
    assert [result.path.name for result in made.results.values()] == ["wc-0", "wc-1"]
    for wc, result in made.results.items():
        assert result.summary["wc"] == wc
        assert search_status(result.path).state == "complete"
        assert {"result.json", "model.safetensors", "config.json", "study.db"} <= {
            path.name for path in result.path.iterdir()
        }


def test_a_time_limit_leaves_each_search_a_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares: list[float] = []

    def begin_part(self: TimeLimit, share: float) -> None:
        shares.append(share)

    monkeypatch.setattr(TimeLimit, "begin_part", begin_part)
    train_small(tmp_path / "run", wc=TWO)
    # Stages take 5, 2 and 3 parts; the search that learns from the other one a quarter.
    taken, left = [], 12.5
    for share in shares:
        taken.append(share * left)
        left -= taken[-1]
    assert taken == pytest.approx([5, 1.25, 2, 0.5, 3, 0.75])


def test_tradeoff_json_holds_the_documented_fields(made: Tradeoff) -> None:
    summary = json.loads((made.path / "tradeoff.json").read_text())
    assert summary == made.summary
    assert (summary["schema"], summary["complete"], summary["wc"]) == (1, True, [0, 1])
    assert (summary["dataset"], summary["network"]) == ("arrays", "mlp")
    assert (summary["task"], summary["penalize"]) == ("classification", "n_params")
    for point, (wc, result) in zip(summary["points"], made.results.items(), strict=True):
        assert (point["wc"], point["folder"]) == (wc, result.path.name)
        assert point["test_accuracy"] == result.best.test_accuracy
        assert point["n_params"] == result.best.n_params
    for name in ("n_trained", "epochs", "search_seconds"):
        assert summary[name] == pytest.approx(sum(point[name] for point in summary["points"]))
    assert summary["epochs"] == 2 * summary["n_trained"]


def test_a_finished_trade_off_is_not_trained_again(
    copied: Path, made: Tradeoff, monkeypatch: pytest.MonkeyPatch
) -> None:
    from optuna_dnc.search.trials import trainer

    monkeypatch.setattr(trainer, "train_network", lambda *a, **k: pytest.fail("trained again"))
    again = train_small(copied, wc=TWO[::-1])
    assert {wc: r.best for wc, r in again.results.items()} == {
        wc: r.best for wc, r in made.results.items()
    }


def test_more_values_of_wc_extend_it_and_what_it_has_stays(copied: Path) -> None:
    before = [trials_of(copied / name) for name in ("wc-0", "wc-1")]
    extended = train_small(copied, wc=(*TWO, 0.5))
    assert list(extended.results) == [0.0, 0.5, 1.0]
    assert [trials_of(copied / name) for name in ("wc-0", "wc-1")] == before
    core = trials_of(copied / "wc-0.5")[0]
    # One trial of its own after those of the two others.
    assert len(core) == len({key for *_, key, _ in core}) >= 4
    with pytest.raises(InputError, match=r"wc 0\.5, too"):
        train_small(copied, wc=TWO)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"wc": (0, -1)}, "finite and at least 0, got -1"),
        ({"wc": (0, float("nan"))}, "finite and at least 0, got nan"),
        ({"wc": (1, 0.1, 1.0)}, "wc must be distinct, got 1 twice"),
        ({"wc": ("0", "cheap")}, "wc must be numbers, got 'cheap'"),
        ({"wc": ()}, "at least one"),
        (
            {"pruner": "hyperband", "epochs": 9},
            "pruner must be 'none' or 'median', got 'hyperband'",
        ),
        (
            {"strategy": "transfer"},
            "must be 'transfer' for the network of another run, and only then",
        ),
    ],
)
def test_what_makes_no_trade_off_is_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        train_small(tmp_path / "run", **changes)
    assert not (tmp_path / "run").exists()


def test_a_folder_of_another_trade_off_is_left_alone(copied: Path) -> None:
    files = {path: path.read_bytes() for path in copied.rglob("*.json")}
    with pytest.raises(InputError, match="seed was 0, now 1"):
        train_small(copied, wc=TWO, seed=1)
    assert files == {path: path.read_bytes() for path in copied.rglob("*.json")}


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="holds no trade-off"):
        train_small(tmp_path / "run")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["thesis.txt"]


def test_a_search_of_a_trade_off_is_not_continued_alone(copied: Path) -> None:
    with pytest.raises(InputError, match="shares_trials was true, now false"):
        StagedSearch(three_classes(), network="mlp", wc=1.0, out=copied / "wc-1").run()


def test_a_time_limit_ends_all_searches_and_they_can_go_on(
    made: Tradeoff, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    skip_an_hour: Callable[[], None],
) -> None:  # fmt: skip
    def hurry(wc: float, event: object) -> None:
        if isinstance(event, TrialDone) and (wc, event.number) == (1.0, 2):
            skip_an_hour()

    partial = train_small(tmp_path / "run", wc=TWO, timeout=600, on_event=hurry)
    assert (partial.complete, list(partial.results)) == (False, [1.0])
    with pytest.raises(InputError, match="has not ended; resume it with wc 0 1"):
        train_small(tmp_path / "run", wc=(*TWO, 9))
    monkeypatch.undo()
    whole = train_small(tmp_path / "run", wc=TWO)
    assert whole.complete
    for result in made.results.values():
        assert trials_of(tmp_path / "run" / result.path.name) == trials_of(result.path)


def test_searches_that_were_run_one_by_one_are_compared(copied: Path) -> None:
    (copied / "tradeoff.json").unlink()
    (copied / "notes").mkdir()
    found = Tradeoff.load(copied)
    found.save()
    assert list(found.results) == [0.0, 1.0]
    assert "settings" not in json.loads((copied / "tradeoff.json").read_text())
    with pytest.raises(InputError, match="run one by one; choose a new folder"):
        train_small(copied, wc=TWO)


def _change(path: Path, **values: Any) -> None:
    rewrite(path, lambda content: content.update(values))


def test_searches_that_cannot_be_compared_are_named(copied: Path) -> None:
    result, settings = copied / "wc-1" / "result.json", copied / "wc-1" / "settings.json"
    _change(result, wc=0.0)
    with pytest.raises(InputError, match="two searches with wc 0, wc-0 and wc-1"):
        Tradeoff.load(copied)
    _change(result, wc=1.0, penalize="t_epoch")
    with pytest.raises(InputError, match="penalize is n_params in wc-0 and t_epoch in wc-1"):
        Tradeoff.load(copied)
    _change(result, penalize="n_params")
    _change(settings, data="0" * 64)
    with pytest.raises(InputError, match="the data of wc-0 and wc-1 differ"):
        Tradeoff.load(copied)


def test_damaged_files_are_named(copied: Path) -> None:
    (copied / "wc-1" / "result.json").write_text("{")
    with pytest.raises(InputError, match=r"wc-1/result\.json is damaged .*move it away"):
        Tradeoff.load(copied)
    shutil.rmtree(copied / "wc-1")
    (copied / "tradeoff.json").write_text("[]")
    with pytest.raises(InputError, match=r"tradeoff\.json is damaged"):
        Tradeoff.load(copied)
    (copied / "tradeoff.json").write_text('{"schema": 9}')
    with pytest.raises(InputError, match="schema 9"):
        Tradeoff.load(copied)
    (tmp := copied / "wc-0" / "result.json").unlink()
    assert not tmp.exists()
    with pytest.raises(InputError, match="holds no finished search"):
        Tradeoff.load(copied)


def test_searches_see_each_other_in_the_order_in_which_they_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[float] = []
    join = Pool.join

    def noted(pool: Pool, search: SearchContext) -> None:
        order.append(search.settings.wc)
        join(pool, search)

    for wc in ((1.0,), (1.0, 10.0)):
        train_small(tmp_path / "run", wc=wc)
    monkeypatch.setattr(Pool, "join", noted)
    train_small(tmp_path / "run", wc=(0.3, 1.0, 10.0))
    assert order == [1.0, 10.0, 0.3]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"wc": None}, "wc must be numbers, got None"),
        ({"wc": ["a"]}, "wc must be numbers, got 'a'"),
        ({"seed": "a", "max_train": 100}, "seed"),
        ({"timeout": "60"}, "timeout must be a number"),
    ],
)
def test_arguments_of_another_type_are_refused(
    tmp_path: Path, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        train_small(tmp_path / "run", **given)


@pytest.mark.parametrize("wc", [0.5, "0.5"])
def test_one_weight_needs_no_list(wc: Any) -> None:
    assert checked_weights(wc) == (0.5,)


def test_an_older_trade_off_is_extended_with_the_defaults_it_began_with(copied: Path) -> None:
    def forget(content: dict[str, Any]) -> None:
        for name in ("scaling", "recipe"):
            del content["settings"][name]

    rewrite(copied / "tradeoff.json", forget)
    search = TradeoffSearch(three_classes(), wc=(*TWO, 0.5), network="mlp", out=copied)
    added = search.searches[0.5].settings
    assert (added.scaling, added.recipe) == ("standard", "deep-n-cheap")


def test_without_a_folder_another_trade_off_gets_one_with_a_number(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    first = small(None)
    first.prepare()
    assert first.folder.path == Path("runs/arrays-tradeoff")
    assert small(None).folder.path == first.folder.path  # resumes
    other = small(None, epochs=3)
    assert other.folder.path == Path("runs/arrays-tradeoff-2")
    assert {search.folder.path.parent for search in other.searches.values()} == {other.folder.path}
    assert {search.opener.other for search in other.searches.values()} == {
        "runs/arrays-tradeoff holds something else"
    }


def test_trials_of_all_searches_are_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged = []

    def of_run(names: object, folder: Path, dataset: str) -> tuple[TrialCallback, ...]:
        return (lambda study, trial: logged.append((names, folder.name)),)

    monkeypatch.setattr("optuna_dnc.search.staged_search.create_loggers", of_run)
    small(tmp_path / "tradeoff", wc=(0.0, 10.0), log="mlflow").run()
    assert set(logged) == {("mlflow", "wc-0"), ("mlflow", "wc-10")}
