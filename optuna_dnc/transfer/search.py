"""Transfer: search training hyperparameters for a known network on other data."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from optuna.storages import BaseStorage
from typing_extensions import Unpack

from optuna_dnc._errors import InputError
from optuna_dnc._names import as_folder, folder_named, readable
from optuna_dnc.data import Dataset, load_dataset
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import cost_measure
from optuna_dnc.results.trained_network import read_config
from optuna_dnc.runs.choice import answer_summary
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.options import SearchRunOptions, TransferKeywords
from optuna_dnc.runs.recipe import PUBLISHED
from optuna_dnc.runs.run import read_settings
from optuna_dnc.runs.setting_rules import GivenNetwork
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.source import with_options
from optuna_dnc.search.events import Event
from optuna_dnc.search.limits.time_limit import TimeLimit
from optuna_dnc.search.resolved import DefaultFolder
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.search.staged_search import StagedSearch
from optuna_dnc.training.config import unsuited
from optuna_dnc.workers.engines import Engine


class TransferOptions(TransferKeywords, SearchRunOptions, total=False):
    """Keyword arguments of :func:`transfer`."""

    storage: str | BaseStorage | None
    timeout: float | TimeLimit | None
    refit: bool
    floors: bool
    progress: bool | None
    on_event: Callable[[Event], None] | None


def transfer(
    run: SearchResult | str | Path,
    data: Any,
    *,
    executor: Engine | None = None,
    workers: int = 1,
    workers_per_gpu: int = 1,
    **options: Unpack[TransferOptions],
) -> SearchResult:
    """Search the training of a run's network on ``data``; see :func:`transfer_search`.

    ``executor``, ``workers`` and ``workers_per_gpu`` are those of
    :meth:`optuna_dnc.search.StagedSearch.run`.
    """
    prepared = transfer_search(run, data, **options)
    return prepared.run(executor, workers, workers_per_gpu=workers_per_gpu)


def transfer_search(
    run: SearchResult | str | Path, data: Any, **options: Unpack[TransferOptions]
) -> StagedSearch:
    """Prepare stage 3 of a search on ``data`` for the best network of another run.

    The network keeps its layers and options; its input and output follow the data, and so does
    the task. Encodings of numeric columns and embeddings of categories are those of the new
    columns. Learning rate, weight decay and batch size are searched as in stage 3, starting with
    those of the run (Dey et al., ACML 2020). The loss is that of a native search with the same
    settings: costs are relative to the largest network of the run's space on the new data.

    >>> result = transfer_search("runs/digits", "data.npz", out="runs/data-from-digits").run()

    Args:
        run: Result of a search, or its folder.
        data: Anything that :func:`optuna_dnc.data.load_dataset` takes.
        out: Folder of the new run; None for ``runs/NEW-from-OLD``, or that with a number if it
            holds another search.
        data_root: Folder of torchvision's data sets.
        **options: ``storage``, ``device``, ``timeout``, ``refit``, ``floors`` (False),
            ``progress``, ``log`` and ``on_event`` of :class:`StagedSearch`, and settings. Settings
            that are not given are those of the run, except ``baseline``, ``max_train`` and
            ``task``.

    Raises:
        InputError: The folder holds no search, the network cannot take such samples, or a setting
            is invalid. Nothing has been written.
    """
    source = SearchResult.of(run)
    source.check_size()
    for name in ("network", "space", "strategy", "given", "shares_trials"):
        if name in options:
            raise InputError(f"{name}: a transfer takes its network from the run; drop it.")
    source.check_intact()
    described, own = with_options(data, options)
    settings: dict[str, Any] = {**_inherited(source.summary["settings"]), **own}
    out, data_root = settings.pop("out", None), settings.pop("data_root", None)
    floors = settings.pop("floors", False)
    of_data = [field.name for field in SearchSettings.options() if field.setting.group == "Data"]
    SearchSettings(**{name: settings[name] for name in (*of_data, "seed") if name in settings})
    dataset = load_dataset(
        described,
        task=settings.get("task"),
        data_root=data_root,
        max_train=settings.get("max_train"),
        seed=settings["seed"],
    )
    family, config = _moved(source, dataset)
    if source.summary["task"] != dataset.task:
        for field in SearchSettings.options("transfer"):
            if field.setting.inherited == "same task" and field.name not in options:
                settings.pop(field.name, None)
    for name in unsuited(settings, dataset):
        if name not in options:
            del settings[name]
    is_timed = not cost_measure(settings["penalize"]).repeats_exactly
    if is_timed and settings.get("baseline") is None:
        _check_can_be_timed(source, family, dataset)
    name = as_folder(source.summary["dataset"], "data set")
    return StagedSearch(
        dataset,
        network=family,
        out=out or DefaultFolder(folder_named(f"{dataset.name}-from-{name}")),
        strategy="transfer",
        floors=floors,
        given=GivenNetwork(
            dataset=name,
            data=read_settings(RunFolder(source.path))["data"],
            config=config,
            training=_suited(source, dataset),
        ),
        notes={"transferred_from": _origin(source)},
        **settings,
    )


def _inherited(source: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that a transfer takes from its source by default."""
    wanted = {"always", "same task"} | (
        set() if source.get("strategy") == "joint" else {"unless joint"}
    )
    return {
        field.name: source[field.name]
        for field in SearchSettings.options("transfer")
        if field.setting.inherited in wanted and field.name in source
    }


def _moved(source: SearchResult, dataset: Dataset) -> tuple[NetworkFamily, dict[str, Any]]:
    """Return family and network for the data, the latter as JSON."""
    try:
        before = source.answer.config
        family = source.family
        if source.summary["settings"]["recipe"] != PUBLISHED:
            family = family.for_classes(dataset.n_classes)
        family, config = family.moved_to(before, dataset.x_train, dataset.n_codes)
        with torch.device("meta"):
            family.build(config, dataset.input_shape, dataset.n_outputs)
    except InputError as error:
        raise InputError(
            f"the network of {source.path} cannot be used on {dataset.name}: {error}"
        ) from None
    # Earlier versions wrote fewer fields, and a transfer that they began can be resumed.
    stored: dict[str, Any] = answer_summary(source.summary)["best"]["config"]
    return family, stored if config == before else json.loads(json.dumps(asdict(config)))


def _check_can_be_timed(source: SearchResult, family: NetworkFamily, dataset: Dataset) -> None:
    """Refuse data that the largest network of the space, whose seconds count as 1, cannot take."""
    try:
        family.check_input(dataset.input_shape)
    except InputError as error:
        raise InputError(
            f"baseline: the largest network of the space of {source.path} cannot be timed on "
            f"{dataset.name}: {error} Or give the seconds that count as 1 with baseline=."
        ) from None


def _suited(source: SearchResult, dataset: Dataset) -> dict[str, Any]:
    """Return the best training without options that have no effect on the new data."""
    training: dict[str, Any] = dict(answer_summary(source.summary)["best"]["training"])
    for name in unsuited(training, dataset):
        del training[name]
    if side := training.get("cutout"):
        was = read_config(RunFolder(source.path))["input_shape"]
        share = side / min(was[1:])
        training["cutout"] = max(1, round(share * min(dataset.input_shape[1:])))
    return training


def _origin(source: SearchResult) -> dict[str, Any]:
    """Return the entry ``transferred_from`` of result.json."""
    best, summary = source.answer, source.summary
    return {
        "path": readable(str(source.path)),
        **{name: summary[name] for name in ("dataset", "task", "wc", "penalize")},
        "loss": best.loss,
        **best.metrics_to_dict(),
        "search_seconds": summary["search_seconds"],
    }
