"""Training of an ensemble's members by the workers of an engine."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from optuna_dnc._interruption import check_interrupted
from optuna_dnc._locks import WORKERS, FileLocks
from optuna_dnc.data import Dataset
from optuna_dnc.data.devices import choose_device
from optuna_dnc.ensemble.members import MemberFiles, MemberProgress, OnMember
from optuna_dnc.ensemble.training import CandidateTrainer
from optuna_dnc.nets.registry import FAMILIES, name_in_results
from optuna_dnc.results.finished_search import FinishedSearch
from optuna_dnc.results.run_data import data_of_run, prepared_data_of_run, threads_of_run
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.run import read_settings
from optuna_dnc.workers import Outcome, device_of_worker
from optuna_dnc.workers.drivers import WorkersDisplay, driving
from optuna_dnc.workers.engines import Engine, keep_working, opened_engine
from optuna_dnc.workers.work_requests import WorkRequest

PAUSE = 0.5
"""Seconds between two looks of a worker at the trainings of others."""


def train_on_workers(
    result: FinishedSearch,
    records: Sequence[Record],
    files: MemberFiles,
    dataset: Dataset,
    on_member: OnMember,
    *,
    data_root: str | Path | None,
    device: str,
    executor: Engine | None,
    workers: int,
    workers_per_gpu: int,
    display: WorkersDisplay,
) -> None:
    """Train the leaders whose weights were not kept, several at a time.

    Args:
        result: Result of the search.
        records: Records of the leaders.
        files: Files of their weights.
        dataset: Data of the search.
        on_member: Called after each training.
        data_root: Folder of torchvision's data sets.
        device: Device to train on, as it was given.
        executor: See :func:`optuna_dnc.ensemble.ensemble`, as the following.
        workers: Number of trainings at a time.
        workers_per_gpu: Largest number of local workers of one GPU.
        display: Shows that workers begin and stop.
    """
    files = replace(files, folder=files.folder.resolve())  # workers may be elsewhere
    left = [record for record in records if not _is_kept(files, record)]
    if not left:
        return
    network = result.family
    options = {
        "records": list(records),
        "files": files,
        "data_root": None if data_root is None else Path(data_root).resolve(),
        "device": device_of_worker(device, is_local=executor is None),
        "network": None if name_in_results(network) in FAMILIES else network,
    }
    with (
        opened_engine(executor, workers, device, workers_per_gpu, display=display) as engine,
        driving(files.folder / WORKERS, uuid4().hex) as driver,
    ):
        request = WorkRequest(
            folder=result.path.resolve(),
            driver=driver,
            data=None if dataset.can_be_loaded_again else dataset,
            options=options,
            opener=f"{__name__}:{MemberTrainings.__name__}",
        )
        progress = partial(_report, left, files, on_member, set())
        keep_working(request, min(workers, len(left)), engine, display, progress)
        progress()
    shutil.rmtree(files.folder / WORKERS, ignore_errors=True)


def _report(
    left: Sequence[Record], files: MemberFiles, on_member: OnMember, seen: set[str]
) -> None:
    """Report the trainings that have ended since the last call."""
    for record in left:
        if record.key not in seen and (files.folder / files.name(record.key)).exists():
            seen.add(record.key)
            epochs = record.training["epochs"]
            done = MemberProgress(len(seen), len(left), record.description, epochs, epochs)
            on_member(done)


def _is_kept(files: MemberFiles, record: Record) -> bool:
    return files.load(files.name(record.key), record.key) is not None


class MemberTrainings:
    """Training of members in one process, possibly beside others.

    Args:
        run: Folder of the search.
        storage: Has no effect: the records are known.
        records: Records of the leaders.
        files: Files of their weights.
        data_root: Folder of torchvision's data sets.
        device: Device of this process.
        network: Network family of the search; None if it is registered.
        data: Data of the search; None for those that it has noted.
        progress: Has no effect.
    """

    def __init__(
        self,
        run: Path,
        storage: object,
        *,
        records: Sequence[Record],
        files: MemberFiles,
        data_root: Path | None,
        device: str,
        network: Any,
        data: Any,
        progress: object,
    ) -> None:
        del storage, progress
        self._result = FinishedSearch.load(run, family=network)
        self._records = records
        self._files = files
        self._data_root = data_root
        self._device = device
        self._data = data

    @contextmanager
    def joined(self) -> Iterator[MemberTrainings]:
        """Prepare the data, and use the threads of the search within the block."""
        result, files = self._result, self._files
        settings = read_settings(RunFolder(result.path))
        dataset = data_of_run(result.path, settings, self._data, self._data_root)
        prepared = prepared_data_of_run(
            settings, result.family, dataset, choose_device(self._device)
        )
        self._trainer = CandidateTrainer(
            result.family, prepared, settings["seed"], files, lambda progress: None
        )
        self._locks = FileLocks(files.folder / WORKERS)
        with threads_of_run(settings, result.family, dataset):
            yield self

    def work_once(self) -> Outcome:
        """Train a member that no other process trains."""
        check_interrupted()
        is_busy = False
        for number, record in enumerate(self._records, start=1):
            if _is_kept(self._files, record):
                continue
            lock = self._locks.take(f"member-{record.key[:16]}")
            if lock is None:
                is_busy = True
                continue
            try:
                self._trainer.trained(record, number, len(self._records))
            finally:
                lock.release()
            return "trained"
        return "wait" if is_busy else "done"

    def wait_after(self, outcome: Outcome) -> None:
        """Wait a little if others train what is left."""
        if outcome == "wait":
            time.sleep(PAUSE)

    def finish(self) -> None:
        """Do nothing: the driver makes the ensemble."""
