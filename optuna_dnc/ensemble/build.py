"""Make an ensemble of a search: train its leaders, choose by validation, report by the test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from optuna.storages import BaseStorage

from optuna_dnc._arguments import folder_name, whole
from optuna_dnc._disk_errors import disk_errors_told
from optuna_dnc._errors import InputError
from optuna_dnc._files import digest, write_sealed
from optuna_dnc._limits import MOST_EPOCHS, MOST_TRIALS
from optuna_dnc._locks import claimed
from optuna_dnc._version import __version__
from optuna_dnc.data import DatasetSource, PreparedData
from optuna_dnc.data.devices import choose_device
from optuna_dnc.ensemble.members import UNFINISHED, Member, MemberFiles, OnMember
from optuna_dnc.ensemble.performance import Measure, targets_of
from optuna_dnc.ensemble.result import FILE, FOLDER, SCHEMA, Ensemble, read_ensemble
from optuna_dnc.ensemble.selection import greedy_selection, soft_voting
from optuna_dnc.ensemble.training import Candidate, CandidateTrainer, cyclic_training
from optuna_dnc.nets.registry import name_in_results
from optuna_dnc.objectives import described_costs
from optuna_dnc.results.finished_search import FinishedSearch
from optuna_dnc.results.run_data import data_of_run, prepared_data_of_run, threads_of_run
from optuna_dnc.runs.identity import check_same_search
from optuna_dnc.runs.records import Record, configuration_key
from optuna_dnc.runs.run import Run, open_run

TIMED_SAMPLES = 2048
"""Samples that are predicted to know how long one takes."""


@dataclass(frozen=True)
class Choice:
    """Which networks an ensemble is made of; see :func:`ensemble`."""

    top: int
    greedy: bool
    snapshots: int | None

    def __post_init__(self) -> None:
        whole("top", self.top, least=1, most=MOST_TRIALS)
        if self.snapshots is not None:
            whole("snapshots", self.snapshots, least=2, most=MOST_EPOCHS)


def ensemble(
    run: FinishedSearch | str | Path,
    top: int = 5,
    *,
    greedy: bool = False,
    snapshots: int | None = None,
    data: DatasetSource | None = None,
    data_root: str | Path | None = None,
    storage: str | BaseStorage | None = None,
    out: str | Path | None = None,
    device: str = "auto",
    on_member: OnMember | None = None,
) -> Ensemble:
    """Let several networks of the search predict together.

    A search keeps the weights of its best network alone: the other leaders are trained again,
    with their seeds, and kept with the ensemble. What is kept is never trained again, also
    not for an ensemble of another size, and an interrupted call goes on. The members are
    chosen by the validation samples; the test set is for the report alone.

    Args:
        run: The search, or its folder.
        top: Leading networks to take, or, with ``greedy``, to choose from; all that there
            are, where there are fewer.
        greedy: Choose the members and their weights by greedy selection (Caruana et al.,
            ICML 2004) instead of taking all with the same weight.
        snapshots: Instead of the leaders, take so many snapshots of the best network, trained
            once more with a learning rate that starts anew after each (Huang et al., ICLR
            2017), in no more epochs than the search gave it.
        data: The data of the search; may be left out for those that are known by name.
        data_root: Where torchvision's data sets lie.
        storage: As given to the search; None for the study.db of the folder.
        out: Folder of the ensemble; ``ensemble`` in the run's folder if left out. An ensemble
            of the same search that is there is replaced by this one.
        device: Where to train: ``auto``, ``cpu``, ``cuda``...
        on_member: Called after each epoch with an
            :class:`optuna_dnc.ensemble.MemberProgress`.

    Raises:
        InputError: Something given is wrong, or the data are not those of the search.
    """
    choice = Choice(top, greedy, snapshots)
    result = run if isinstance(run, FinishedSearch) else FinishedSearch.load(run)
    opened = open_run(result.path, storage, to_read=True)
    folder = result.path / FOLDER if out is None else Path(folder_name("out", out))
    _check_usable(folder, opened.settings)
    records, cycles = [], None
    if choice.snapshots is None:
        records = _leaders(opened, choice.top)
    else:
        cycles = cyclic_training(result.best.training, choice.snapshots)
    place = choose_device(device)
    dataset = data_of_run(opened.path, opened.settings, data, data_root)
    settings = {name: opened.settings[name] for name in ("data", "seed", "val_fraction")}
    prepared = prepared_data_of_run(opened.settings, result.family, dataset, place)
    files = MemberFiles(folder, settings)
    trainer = CandidateTrainer(
        result.family, prepared, settings["seed"], files, on_member or (lambda progress: None)
    )
    doing = claimed(folder, "making an ensemble")
    threads = threads_of_run(opened.settings, result.family, dataset)
    with disk_errors_told(folder), doing, threads:
        if cycles is None:
            _keep_best(result, files)
            candidates = trainer.leaders(records)
        else:
            candidates = trainer.snapshots(result.best, cycles)
        measure = Measure(prepared, dataset.x_train[:TIMED_SAMPLES])
        about = _about(result, choice, candidates, measure)
        rests_on = {member["file"]: digest(folder / member["file"]) for member in about["members"]}
        write_sealed(folder / FILE, about | {"settings": opened.settings, "files": rests_on})
        shutil.rmtree(folder / UNFINISHED, ignore_errors=True)
    return Ensemble.load(folder, family=result.family)


def _check_usable(folder: Path, settings: dict[str, Any]) -> None:
    """Refuse a folder that holds something else, or the ensemble of another search.

    Args:
        folder: Of the ensemble; may be missing.
        settings: What settings.json of the search holds.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"out: {folder} is a file; choose a folder for the ensemble.")
    if (folder / FILE).exists():
        check_same_search(read_ensemble(folder).get("settings", {}), settings, str(folder))
    elif folder.exists() and any(_foreign(folder)):
        raise InputError(
            f"out: {folder} is not empty and holds no ensemble; choose another folder."
        )


def _foreign(folder: Path) -> Iterator[Path]:
    # A process that was killed before it wrote ensemble.json has left the weights of members.
    return (
        entry
        for entry in folder.iterdir()
        if not entry.name.startswith(".") and entry.suffix != ".safetensors"
    )


def _leaders(opened: Run, top: int) -> list[Record]:
    records = [record for record in opened.ledger.leaders(top) if record.measured.is_usable]
    if not records:
        raise InputError(
            f"{opened.path} has no network that was trained to the end; run the search again to "
            "go on, then make the ensemble."
        )
    return records


def _keep_best(result: FinishedSearch, files: MemberFiles) -> None:
    """Take over the weights that the search has kept, which need not be trained again."""
    key = configuration_key(result.family.name, result.best.config, result.best.training)
    name = files.name(key)
    if files.load(name, key) is None:
        files.save(name, key, result.model().state_dict())


def _about(
    result: FinishedSearch, choice: Choice, candidates: list[Candidate], measure: Measure
) -> dict[str, Any]:
    """What ensemble.json holds, apart from the settings of the search."""
    data = measure.data
    weights = _weights(candidates, data, greedy=choice.greedy)
    chosen = [(c, weight) for c, weight in zip(candidates, weights, strict=True) if weight]
    members = [candidate.member for candidate, _ in chosen]
    performance = measure(
        [candidate.network for candidate, _ in chosen],
        [weight for _, weight in chosen],
        costs=_costs_together(members),
    )
    best = measure([result.model(data.device)], [1.0], costs=result.best.costs)
    return {
        "schema": SCHEMA,
        "kind": "leaders" if choice.snapshots is None else "snapshots",
        "selection": "greedy" if choice.greedy else "mean",
        "n_candidates": len(candidates),
        "dataset": data.name,
        "task": data.task,
        "network": name_in_results(result.family),
        "space": result.family.model_dump(mode="json"),
        "members": [member.to_dict() for member in members],
        "weights": [weight for _, weight in chosen],
        "performance": performance.to_dict(),
        "best": best.to_dict(),
        "preprocessing": data.preprocessing.to_dict(),
        "versions": {"optuna_dnc": __version__, "torch": torch.__version__},
    }


def _costs_together(members: list[Member]) -> dict[str, float]:
    """Costs of all networks; those of a training count once for all its snapshots."""
    trainings = list({member.key: member for member in members}.values())
    return {
        cost.name: sum(m.costs[cost.name] for m in (trainings if cost.of_training else members))
        for cost in described_costs(members[0].costs)
        if all(cost.name in member.costs for member in members)
    }


def _weights(
    candidates: list[Candidate], data: PreparedData, *, greedy: bool
) -> tuple[float, ...]:
    if not greedy:
        return soft_voting(len(candidates))
    return greedy_selection(
        np.stack([candidate.votes for candidate in candidates]),
        targets_of(data.val),
        [candidate.member.n_params for candidate in candidates],
    )
