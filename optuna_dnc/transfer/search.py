"""Use a network that was found on one data set on another: only its training is searched anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from optuna.storages import BaseStorage
from typing_extensions import Unpack

from optuna_dnc._errors import InputError
from optuna_dnc._names import as_folder, folder_named, readable
from optuna_dnc.data import Dataset, load_dataset
from optuna_dnc.objectives import cost_measure
from optuna_dnc.results.trained_network import read_config
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.options import TransferKeywords
from optuna_dnc.runs.run import read_settings
from optuna_dnc.runs.settings import GivenNetwork, SearchSettings
from optuna_dnc.search.events import Event
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.search.staged_search import StagedSearch
from optuna_dnc.training.suiting import unsuited


class TransferOptions(TransferKeywords, total=False):
    """Keyword arguments of :func:`transfer`."""

    out: str | Path | None
    storage: str | BaseStorage | None
    data_root: str | Path | None
    device: str
    timeout: float | None
    on_event: Callable[[Event], None] | None


def transfer(
    source: SearchResult | str | Path, data: Any, **options: Unpack[TransferOptions]
) -> SearchResult:
    """Search the training of a known network on ``data``; see :func:`transfer_search`."""
    return transfer_search(source, data, **options).run()


def transfer_search(
    source: SearchResult | str | Path, data: Any, **options: Unpack[TransferOptions]
) -> StagedSearch:
    """Prepare stage 3 of a search for a network that was found on other data.

    The network keeps its layers and options; its input and output follow the data, and so does
    the task. Learning rate, weight decay and batch size are searched as in stage 3, those of the
    source first (Dey et al., ACML 2020: the architecture of one data set, its training searched
    on another). The loss is that of a native search with the same settings: 1 is the cost of the
    largest network of the source's space on the new data.

    >>> result = transfer_search("runs/digits", "data.npz", out="runs/data-from-digits").run()

    Args:
        source: A finished search, or its folder.
        data: Anything that :func:`optuna_dnc.data.load_dataset` takes.
        out: The run's folder; ``runs/NEW-from-OLD`` if left out.
        data_root: Where torchvision's data sets lie or are downloaded to.
        **options: ``storage``, ``device``, ``timeout`` and ``on_event`` of :class:`StagedSearch`,
            and settings. Those that are not given are the source's, but for ``baseline``,
            ``max_train`` and ``task``.

    Raises:
        InputError: The folder holds no search, the network cannot take such samples, or a setting
            is wrong. Nothing has been written then.
    """
    found = source if isinstance(source, SearchResult) else SearchResult.load(source)
    found.check_size()
    for name in ("network", "space", "strategy", "given", "shares_trials"):
        if name in options:
            raise InputError(f"{name}: a transfer takes its network from the source; drop it.")
    found.check_intact()
    settings: dict[str, Any] = {**_inherited(found.summary["settings"]), **options}
    out, data_root = settings.pop("out", None), settings.pop("data_root", None)
    of_data = [field.name for field in SearchSettings.options() if field.setting.group == "Data"]
    SearchSettings(**{name: settings[name] for name in (*of_data, "seed") if name in settings})
    dataset = load_dataset(
        data,
        task=settings.get("task"),
        data_root=data_root,
        max_train=settings.get("max_train"),
        seed=settings["seed"],
    )
    _check_fits(found, dataset)
    for name in unsuited(settings, dataset):
        if name not in options:
            del settings[name]
    is_timed = not cost_measure(settings["penalize"]).repeats_exactly
    if is_timed and settings.get("baseline") is None:
        _check_can_be_timed(found, dataset)
    name = as_folder(found.summary["dataset"], "data set")
    return StagedSearch(
        dataset,
        network=found.family,
        out=out or Path("runs") / folder_named(f"{dataset.name}-from-{name}"),
        strategy="transfer",
        given=GivenNetwork(
            dataset=name,
            data=read_settings(RunFolder(found.path))["data"],
            config=found.summary["best"]["config"],
            training=_suited(found, dataset),
        ),
        notes={"transferred_from": _about(found)},
        **settings,
    )


def _inherited(source: dict[str, Any]) -> dict[str, Any]:
    """Settings of the source that the transfer has too, unless others are given."""
    wanted = {"always"} if source.get("strategy") == "joint" else {"always", "unless joint"}
    return {
        field.name: source[field.name]
        for field in SearchSettings.options("transfer")
        if field.setting.inherited in wanted and field.name in source
    }


def _check_fits(found: SearchResult, dataset: Dataset) -> None:
    try:
        with torch.device("meta"):
            found.family.build(found.best.config, dataset.input_shape, dataset.n_outputs)
    except InputError as error:
        raise InputError(
            f"the network of {found.path} cannot be used on {dataset.name}: {error}"
        ) from None


def _check_can_be_timed(found: SearchResult, dataset: Dataset) -> None:
    """The largest network of the space, whose seconds count as 1."""
    try:
        found.family.check_input(dataset.input_shape)
    except InputError as error:
        raise InputError(
            f"baseline: the largest network of the space of {found.path} cannot be timed on "
            f"{dataset.name}: {error} Or give the seconds that count as 1 with baseline=."
        ) from None


def _suited(found: SearchResult, dataset: Dataset) -> dict[str, Any]:
    """The training that was best, without what the other data have no use for."""
    training: dict[str, Any] = dict(found.summary["best"]["training"])
    for name in unsuited(training, dataset):
        del training[name]
    if side := training.get("cutout"):
        was = read_config(RunFolder(found.path))["input_shape"]
        share = side / min(was[1:])
        training["cutout"] = max(1, round(share * min(dataset.input_shape[1:])))
    return training


def _about(found: SearchResult) -> dict[str, Any]:
    """What result.json says of where the network is from."""
    best, summary = found.summary["best"], found.summary
    return {
        "path": readable(str(found.path)),
        **{name: summary[name] for name in ("dataset", "task", "wc", "penalize")},
        "loss": best["loss"],
        **found.best.metrics_to_dict(),
        "search_seconds": summary["search_seconds"],
    }
