"""Settings and network family of a search, which its folder may already store."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from optuna_dnc._arguments import folder_name
from optuna_dnc._errors import InputError
from optuna_dnc._names import folder_named
from optuna_dnc.data import Dataset
from optuna_dnc.nets import NetworkFamily, network_family
from optuna_dnc.nets.registry import name_in_results
from optuna_dnc.runs.folder import RunFolder, read_stored_settings
from optuna_dnc.runs.identity import as_grown, differences_of_searches
from optuna_dnc.runs.recipe import settings_as_begun
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.search.limits.image_family import too_slow
from optuna_dnc.search.limits.time_limit import TimeLimit
from optuna_dnc.search.setup import FamilyChoice, as_begun, choose_family, settled_by_data
from optuna_dnc.training.config import check_suits


@dataclass(frozen=True)
class DefaultFolder:
    """Folder ``runs/NAME``, or ``runs/NAME-2`` and so on if that holds something else."""

    name: str

    def paths(self) -> Iterator[Path]:
        """Yield the folders in their order, without end."""
        for number in itertools.count(1):
            numbered = self.name if number == 1 else folder_named(f"{self.name}-{number}")
            yield Path("runs") / numbered


@dataclass(frozen=True)
class Request:
    """Requested settings, independent of the folder."""

    settings: SearchSettings
    given: Mapping[str, Any]
    """Settings that the user has given."""
    family: NetworkFamily | None
    """Network family that the user has named or created; None to choose one."""
    is_own: bool
    """Whether the user has created it."""
    takes_ranges: bool
    """Whether ranges that it has gained since the search began keep their old values."""
    dataset: Dataset
    limit: TimeLimit
    device: torch.device

    @cached_property
    def choice(self) -> FamilyChoice:
        """Network family for the data: for images, an MLP if there is no time to train CNNs."""
        choice, settings = choose_family(self.dataset), self.settings
        # Ranges that are given belong to the family, and the published recipe does, too.
        if not self.may_be_flattened:
            return choice
        settings = settings.for_samples(self.dataset.n_train)
        family = network_family(choice.name).suited_to(self.dataset.x_train)
        reason = too_slow(family, self.dataset, settings, self.limit, self.device)
        return choice if reason is None else choice.flattened(reason)

    @property
    def may_be_flattened(self) -> bool:
        """Whether the time limit decides between CNNs and MLPs."""
        settings = self.settings
        is_free = not (settings.space or settings.augment or settings.is_published)
        return self.limit.is_set and is_free and choose_family(self.dataset).name == "cnn"

    def choice_in(self, folder: RunFolder, stored: Mapping[str, Any]) -> FamilyChoice:
        """Return the choice, or that of a search in a folder, which had another time."""
        if stored.get("network") in ("cnn", "mlp") and self.may_be_flattened:
            reason = f"as the search in {folder.path} that has begun"
            return FamilyChoice(stored["network"], reason)
        return self.choice

    @cached_property
    def fingerprint(self) -> str:
        """Fingerprint of the data."""
        return self.dataset.fingerprint()


@dataclass(frozen=True)
class Resolved:
    """Search in its folder, with defaults that depend on the data and on the folder."""

    folder: RunFolder
    settings: SearchSettings
    family: NetworkFamily
    reason: str | None
    """Why this network family was chosen; None if the user named it."""
    identity: dict[str, Any]
    """Settings, data and spaces, as JSON: two searches are the same if their identity is."""
    other: str | None = None
    """Why the folder is not the usual one."""


def resolved(request: Request, out: str | Path | DefaultFolder | None) -> Resolved:
    """Return the search in its folder.

    Args:
        request: What was asked for.
        out: The folder; None for the default one of the data set. Of default ones, the first that
            holds this search or is free is taken, so that it resumes.
    """
    if out is None:
        out = DefaultFolder(request.dataset.name)
    if isinstance(out, DefaultFolder):
        return _in_default_folder(request, out)
    return _in_folder(request, RunFolder(folder_name("out", out)))


def _in_folder(request: Request, folder: RunFolder) -> Resolved:
    stored = read_stored_settings(folder) if folder.settings.exists() else {}
    dataset, settings = request.dataset, request.settings
    settings = settings.model_copy(update=settings_as_begun(stored, request.given))
    settings = settings.model_copy(update=as_grown(stored, settings))
    settings = settings.for_samples(dataset.n_train)
    settings = settings.model_copy(update=settled_by_data(settings, dataset))
    check_suits({"augment": settings.augment}, dataset)
    family, reason = request.family, None
    if family is None:
        name, reason = request.choice_in(folder, stored)
        family = network_family(name, settings.space)
    if dataset.n_codes and settings.given is None:
        family = family.embedding(dataset.n_codes)
    if settings.given is None and not (request.is_own or settings.is_published):
        family = family.suited_to(dataset.x_train)
        family = family.for_classes(dataset.n_classes)
    if request.takes_ranges:
        family = as_begun(family, settings.space, stored)
    if settings.given is None:
        family.check_input(dataset.input_shape)
    n_folds = settings.folds_for(dataset.n_train, stackable=family.stackable)
    n_members = settings.members_for(family, is_given="n_members" in request.given)
    settings = settings.model_copy(update={"n_folds": n_folds, "n_members": n_members})
    identity = settings.model_dump(mode="json") | {
        "network": name_in_results(family),
        "space": family.model_dump(mode="json"),
        "training_space": settings.training_ranges().model_dump(mode="json"),
        "task": dataset.task,
        "dataset": dataset.name,
        "data": request.fingerprint,
    }
    return Resolved(folder, settings, family, reason, identity)


def _in_default_folder(request: Request, default: DefaultFolder) -> Resolved:
    other = None
    for folder in map(RunFolder, default.paths()):
        search = _in_folder(request, folder)
        reason = _why_not(folder, search.identity)
        if reason is None:
            return replace(search, other=other)
        other = other or reason
    raise AssertionError("there is always another folder")


def _why_not(folder: RunFolder, identity: Mapping[str, Any]) -> str | None:
    """Return why a search cannot have a folder; None if it can."""
    try:
        folder.check_free()
    except InputError:
        return f"{folder.path} holds something else"
    if not folder.settings.exists():
        return None
    different = differences_of_searches(read_stored_settings(folder), identity)
    return f"{folder.path} holds another search: {different}" if different else None
