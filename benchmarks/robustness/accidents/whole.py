"""Whether a search that several workers have shared is whole, counted from its storage."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from benchmarks.robustness.accidents.workers import KINDS, SETTINGS, Searched, forked
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.storage import open_storage
from optuna_dnc.search import SearchResult

LASTING = ("decision", "finish", "endings")
"""Files of workers that outlast them."""


def problems(searched: Searched) -> list[str]:
    """Return what is wrong with a search that has ended, found in a process of its own."""
    found = searched.folder.parent / "problems.json"
    found.unlink(missing_ok=True)

    def look() -> None:
        found.write_text(json.dumps(list(_problems(searched))))

    member = forked("worker", look, searched.folder.parent)
    if member.wait(120) != 0:
        return [f"it cannot be read: {member.said[-600:]}"]
    wrong: list[str] = json.loads(found.read_text())
    return wrong


def _problems(searched: Searched) -> Iterator[str]:
    stages = _stages(searched)
    yield from _wrong_numbers(searched, stages)
    told = [trial for name, trials in stages.items() if not _is_ahead(name) for trial in trials]
    yield from _trained_twice(told, [t for n, ts in stages.items() if _is_ahead(n) for t in ts])
    yield from _wrong_result(searched, told)
    yield from _leftovers(searched.folder)
    searched.search().run()
    if _counts(_stages(searched)) != _counts(stages):
        yield "the same command trains more, though the search had ended"


def _stages(searched: Searched) -> dict[str, list[FrozenTrial]]:
    storage = open_storage(searched.url or searched.folder / "study.db")
    start = f"{searched.folder.name}/"
    names = [name for name in optuna.get_all_study_names(storage) if name.startswith(start)]
    return {
        name.removeprefix(start): optuna.load_study(study_name=name, storage=storage).trials
        for name in sorted(names)
    }


def _is_ahead(name: str) -> bool:
    return name == "9-ahead"


def _counts(stages: dict[str, list[FrozenTrial]]) -> dict[str, int]:
    return {name: len(trials) for name, trials in stages.items()}


def _wrong_numbers(searched: Searched, stages: dict[str, list[FrozenTrial]]) -> Iterator[str]:
    settings = SETTINGS | dict(KINDS[searched.kind]) | dict(searched.changes)
    n_bayesian = settings["n_startup_trials"] + settings["n_steps"]
    for name, trials in stages.items():
        if [trial.number for trial in trials] != list(range(len(trials))):
            yield f"{name}: numbers {[trial.number for trial in trials]}"
        states = Counter(trial.state.name for trial in trials)
        if states["RUNNING"] or states["WAITING"]:
            yield f"{name}: {dict(states)}"
        crashes = [trial.user_attrs.get("crash") for trial in trials]
        failed = [t.number for t in trials if t.state == TrialState.FAIL]
        if failed and not _is_ahead(name):
            yield f"{name}: given up {failed}: {[crash for crash in crashes if crash]}"
        is_bayesian = name[0] in "13"
        if is_bayesian and searched.kind != "hyperband" and len(trials) != n_bayesian:
            yield f"{name}: {len(trials)} trials, not {n_bayesian}"


def _trained_twice(told: list[FrozenTrial], ahead: list[FrozenTrial]) -> Iterator[str]:
    attributes = [trial.user_attrs for trial in told if trial.state != TrialState.FAIL]
    keys = Counter(each["key"] for each in attributes if "reused_from" not in each)
    yield from (f"trained {n} times: {key[:8]}" for key, n in keys.items() if n > 1)
    done = [trial.user_attrs for trial in ahead if trial.state == TrialState.COMPLETE]
    known = {each["key"]: each["train_seconds"] for each in done}
    if len(known) < len(done):
        yield "trained twice ahead"
    for each in attributes:
        if known.get(each["key"], each["train_seconds"]) != each["train_seconds"]:
            yield f"trained again: {each['key'][:8]}, which was trained ahead"


def _wrong_result(searched: Searched, told: list[FrozenTrial]) -> Iterator[str]:
    result = SearchResult.load(searched.folder)
    result.model()
    if not result.complete:
        yield "result.json is not complete"
    values = [t.value for t in told if t.state == TrialState.COMPLETE and t.value is not None]
    lowest = _chosen_loss(result.summary.get("cross_validation")) or min(values)
    if result.best.loss != lowest:
        yield f"the result has a loss of {result.best.loss}, the best trial {lowest}"
    best = [t for t in told if t.state == TrialState.COMPLETE and t.value == lowest]
    folder = RunFolder(searched.folder)
    if not any(folder.checkpoint(trial.user_attrs["key"]).exists() for trial in best):
        yield "the weights of the best network are missing"


def _chosen_loss(cross_validation: Mapping[str, Any] | None) -> float | None:
    """Return the loss of the network that was chosen among the leading ones; None without one."""
    if cross_validation is None:
        return None
    first, *others = cross_validation["networks"]
    chosen = min([first, *others], key=lambda each: each["mean_loss"])
    loss: float = (chosen if cross_validation["is_changed"] else first)["loss"]
    return loss


def _leftovers(folder: Path) -> Iterator[str]:
    left = sorted(path.name for path in (folder / ".workers").iterdir())
    if others := [name for name in left if name not in LASTING]:
        yield f"left in .workers: {others}"
    known = {"study.db", "study.db-wal", "study.db-shm", "data.json", "settings.json"}
    known |= {"result.json", "config.json", "model.safetensors", "analysis.json", ".lock"}
    known |= {".workers", "checkpoints", "card.md"}
    if others := sorted({path.name for path in folder.iterdir()} - known):
        yield f"left in the folder: {others}"


def figures(searched: Searched) -> dict[str, Any]:
    """Return how many trials each stage has."""
    return _counts(_stages(searched))
