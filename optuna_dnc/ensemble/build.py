"""Ensemble of a search: trains its leaders, selects by validation error, reports test error."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from optuna.storages import BaseStorage

from optuna_dnc._arguments import folder_name, whole
from optuna_dnc._disk_errors import disk_errors_reported
from optuna_dnc._errors import InputError, shown
from optuna_dnc._files import DamagedFile, digest, write_sealed
from optuna_dnc._limits import MOST_EPOCHS, MOST_TRIALS
from optuna_dnc._locks import claimed
from optuna_dnc._names import check_only_files, readable
from optuna_dnc._version import __version__
from optuna_dnc.data import DatasetSource, PreparedData
from optuna_dnc.data.devices import choose_device
from optuna_dnc.ensemble.members import UNFINISHED, Member, MemberFiles, OnMember
from optuna_dnc.ensemble.performance import Measure, targets_of
from optuna_dnc.ensemble.result import FILE, FOLDER, SCHEMA, Ensemble, read_ensemble
from optuna_dnc.ensemble.selection import greedy_selection, soft_voting
from optuna_dnc.ensemble.training import Candidate, CandidateTrainer, cyclic_training
from optuna_dnc.ensemble.working import train_on_workers
from optuna_dnc.nets.registry import name_in_results
from optuna_dnc.objectives import described_costs
from optuna_dnc.results.finished_search import FinishedSearch
from optuna_dnc.results.run_data import data_of_run, prepared_data_of_run, threads_of_run
from optuna_dnc.runs.folder import RunFolder, check_free
from optuna_dnc.runs.identity import check_same_search
from optuna_dnc.runs.options import RunOptions
from optuna_dnc.runs.records import Record, configuration_key
from optuna_dnc.runs.run import Run, open_run
from optuna_dnc.training import Scorer
from optuna_dnc.training.weights import load_weights
from optuna_dnc.workers.drivers import NoDisplay, WorkersDisplay
from optuna_dnc.workers.engines import Engine

TIMED_SAMPLES = 2048
"""Number of samples whose prediction is timed."""


@dataclass(frozen=True)
class Choice:
    """Selection of the networks of an ensemble; see :func:`ensemble`."""

    top: int
    greedy: bool
    snapshots: int | None

    def __post_init__(self) -> None:
        whole("top", self.top, least=1, most=MOST_TRIALS)
        if self.snapshots is not None:
            whole("snapshots", self.snapshots, least=2, most=MOST_EPOCHS)


class EnsembleOptions(RunOptions, total=False):
    """Keyword arguments of :func:`ensemble`."""

    greedy: bool
    snapshots: int | None
    data: DatasetSource | None
    storage: str | BaseStorage | None
    executor: Engine | None
    workers: int
    workers_per_gpu: int
    on_member: OnMember | None
    display: WorkersDisplay | None


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
    executor: Engine | None = None,
    workers: int = 1,
    workers_per_gpu: int = 1,
    on_member: OnMember | None = None,
    display: WorkersDisplay | None = None,
) -> Ensemble:
    """Make an ensemble of several networks of a search.

    All members except the best network are trained again with their seeds, and stored with the
    ensemble. Stored weights are reused, also for an ensemble of another size. Call this again to
    resume after an interruption. Members are selected on the validation samples; the test set is
    only used for the reported accuracies.

    Args:
        run: Result of a search, or its folder.
        top: Number of leading networks to take or, with ``greedy``, to select from; at most as
            many as there are.
        greedy: Whether to select members and weights by greedy selection (Caruana et al., ICML
            2004) instead of taking all with equal weights.
        snapshots: Number of snapshots of the best network to take instead of the leaders. It is
            trained again with a learning rate that restarts after each snapshot (Huang et al.,
            ICLR 2017), in at most as many epochs as in the search.
        data: Data of the search; only needed if they were in memory or their file has moved.
        data_root: Folder of torchvision's data sets.
        storage: Storage of the search; None for study.db in its folder.
        out: Folder of the ensemble; None for ``ensemble`` in the run's folder. An earlier
            ensemble of the same search is replaced.
        device: Device to train on: ``auto``, ``cpu``, ``cuda``...
        executor: Engine that trains the leaders, see :meth:`optuna_dnc.search.StagedSearch.run`.
        workers: Number of networks to train at a time; 1 without an executor trains in this
            process. The networks do not depend on it.
        workers_per_gpu: Maximum number of local processes that share a GPU and its memory.
        on_member: Called after each epoch with a :class:`optuna_dnc.ensemble.MemberProgress`; with
            workers, after each training run.
        display: Shows when workers start, and what happens at Ctrl-C; None for nothing.

    Returns:
        The ensemble, loaded from ``out``.

    Raises:
        InputError: An argument is invalid, or the data are not those of the search.
    """
    choice = Choice(top, greedy, snapshots)
    uses_workers = executor is not None or workers != 1
    if uses_workers and snapshots is not None:
        raise InputError(
            f"workers={shown(workers)} cannot be used with snapshots, which come from one "
            "training run; leave one of them out."
        )
    result = FinishedSearch.of(run)
    opened = open_run(result.path, storage, to_read=True)
    folder = result.path / FOLDER if out is None else Path(folder_name("out", out))
    _check_usable(folder, opened.settings)
    records, cycles = [], None
    if choice.snapshots is None:
        records = _leaders(opened, choice.top)
    else:
        cycles = cyclic_training(result.answer.training, choice.snapshots)
    torch_device = choose_device(device)
    dataset = data_of_run(opened.path, opened.settings, data, data_root)
    settings = {name: opened.settings[name] for name in ("data", "seed", "val_fraction")}
    prepared = prepared_data_of_run(opened.settings, result.family, dataset, torch_device)
    weights = MemberFiles(folder, settings)
    show = on_member or (lambda progress: None)
    trainer = CandidateTrainer(result.family, prepared, settings["seed"], weights, show)
    lock = claimed(folder, "making an ensemble")
    threads = threads_of_run(opened.settings, result.family, dataset)
    with disk_errors_reported(folder), lock, threads:
        check_only_files(folder / UNFINISHED)
        if cycles is None:
            _keep_best(result, weights)
            if uses_workers:
                train_on_workers(
                    result,
                    records,
                    weights,
                    dataset,
                    show,
                    data_root=data_root,
                    device=device,
                    executor=executor,
                    workers=workers,
                    workers_per_gpu=workers_per_gpu,
                    display=display or NoDisplay(),
                )
            candidates = trainer.leaders(records)
        else:
            candidates = trainer.snapshots(result.answer, cycles)
        measure = Measure(prepared, dataset.x_train[:TIMED_SAMPLES])
        summary = _summary(result, choice, candidates, measure)
        files = [member["file"] for member in summary["members"]]
        summary["settings"] = opened.settings
        summary["files"] = {name: digest(folder / name) for name in files}
        write_sealed(folder / FILE, summary)
        shutil.rmtree(folder / UNFINISHED, ignore_errors=True)
    return Ensemble.load(folder, family=result.family)


def _check_usable(folder: Path, settings: dict[str, Any]) -> None:
    """Refuse a folder with other content, or with the ensemble of another search."""
    holds = (folder / FILE).exists()
    # A process that is killed before it writes ensemble.json leaves the weights of members.
    check_free(folder, "ensemble", holds=holds, leftover=".safetensors")
    if holds:
        check_same_search(read_ensemble(folder).get("settings", {}), settings, str(folder))


def _leaders(run: Run, top: int) -> list[Record]:
    records = [record for record in run.ledger.leaders(top) if record.measured.is_usable]
    if not records:
        raise InputError(
            f"{run.path} has no network that was trained to the end; run the same search again "
            "to resume it, then make the ensemble."
        )
    return records


def _keep_best(result: FinishedSearch, files: MemberFiles) -> None:
    """Copy the weights that the search has kept, of the training without validation samples."""
    network = result.family.with_members(result.best.config, 1)
    key = configuration_key(result.family.name, network, result.best.training)
    name, kept = files.name(key), RunFolder(result.path).checkpoint(key)
    if files.load(name, key) is None and kept.exists():
        with suppress(DamagedFile):
            files.save(name, key, load_weights(kept))


def _summary(
    result: FinishedSearch, choice: Choice, candidates: list[Candidate], measure: Measure
) -> dict[str, Any]:
    """Return the content of ensemble.json, without settings and digests."""
    data = measure.data
    weights = _weights(candidates, data, greedy=choice.greedy)
    chosen = [(c, weight) for c, weight in zip(candidates, weights, strict=True) if weight]
    members = [candidate.member for candidate, _ in chosen]
    performance = measure(
        [candidate.network for candidate, _ in chosen],
        [weight for _, weight in chosen],
        costs=_total_costs(members),
    )
    best = measure([result.model(data.device)], [1.0], costs=result.answer.costs)
    # The network of the run may have been trained on the validation samples at the end.
    best = replace(best, quality=replace(best.quality, val=result.answer.quality.val))
    return {
        "schema": SCHEMA,
        "kind": "leaders" if choice.snapshots is None else "snapshots",
        "selection": "greedy" if choice.greedy else "mean",
        "n_candidates": len(candidates),
        "dataset": data.name,
        "task": data.task,
        "network": name_in_results(result.family),
        "space": result.family.model_dump(mode="json"),
        "search": {"path": readable(str(result.path.absolute()))},
        "members": [member.to_dict() for member in members],
        "weights": [weight for _, weight in chosen],
        "performance": performance.to_dict(),
        "best": best.to_dict(),
        "preprocessing": data.preprocessing.to_dict(),
        "versions": {"optuna_dnc": __version__, "torch": torch.__version__},
    }


def _total_costs(members: list[Member]) -> dict[str, float]:
    """Sum the costs of all networks; a training counts once for all its snapshots."""
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
    scorer = Scorer.of(data)
    return greedy_selection(
        np.stack([candidate.votes for candidate in candidates]),
        targets_of(data.val),
        [candidate.member.n_params for candidate in candidates],
        error=lambda votes, _: scorer.of_votes(votes, data.val)[0],
    )
