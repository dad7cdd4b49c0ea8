"""All checks of a data set before a search."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TypeAlias

from typing_extensions import Unpack

from optuna_dnc.checks.candidate import Candidate, sample
from optuna_dnc.checks.features import (
    check_constant_features,
    check_duplicate_features,
    check_samples,
    check_values,
)
from optuna_dnc.checks.learning import check_inputs_matter, check_learns_by_heart
from optuna_dnc.checks.repeats import check_leakage, check_repeats
from optuna_dnc.checks.report import CheckReport, Finding
from optuna_dnc.checks.targets import check_classes, check_floor, check_targets
from optuna_dnc.checks.untrained import check_first_loss, check_gradients, check_independence
from optuna_dnc.data import Dataset, DatasetSource, PreparedData, Task, load_dataset
from optuna_dnc.data.devices import choose_device
from optuna_dnc.data.preparation import Split
from optuna_dnc.data.tables.keywords import TableKeywords
from optuna_dnc.data.tables.summary import column_facts, column_lines
from optuna_dnc.data.tables.table import Table
from optuna_dnc.nets import NetworkFamily, network_family
from optuna_dnc.search.setup import choose_family
from optuna_dnc.tasks import learning_task
from optuna_dnc.training import threads_for
from optuna_dnc.training.train import seeded

OnCheck: TypeAlias = Callable[[str, int, int], None]
"""Called before each check with its name, its index from 0, and the number of checks."""


def check(
    data: DatasetSource,
    *,
    network: str | NetworkFamily | None = None,
    task: Task | None = None,
    val_fraction: float = 0.2,
    max_train: int | None = None,
    seed: int = 0,
    data_root: str | Path | None = None,
    device: str = "auto",
    on_finding: Callable[[Finding], None] | None = None,
    on_check: OnCheck | None = None,
    **options: Unpack[TableKeywords],
) -> CheckReport:
    """Check data before a search: their contents, and whether a network can learn from them.

    The data are loaded and split as by :class:`optuna_dnc.search.StagedSearch` with the same
    arguments. This takes seconds and writes nothing. Networks are trained on a sample of large
    data sets, which the report describes.

    Args:
        data: Anything that :func:`optuna_dnc.data.load_dataset` takes.
        network: ``mlp``, ``cnn``, ``resnet``, a network family of your own, or None to choose by
            the data. The checks use one plain network of it.
        task: ``classification``, ``multilabel`` or ``regression``; None infers it from the
            targets.
        val_fraction: Fraction of the training data that is held out for validation.
        max_train: Maximum number of training samples, drawn at random with the seed.
        seed: Seed of the split and of ``max_train``.
        data_root: Folder of torchvision's data sets.
        device: ``auto``, ``cpu``, ``cuda``...
        on_finding: Called with each finding.
        on_check: Called before each check with its name, its index from 0, and the number of
            checks.
        **options: Fields of :class:`optuna_dnc.data.tables.DataOptions`, for tables.

    Raises:
        InputError: The data cannot be used at all, for example because of NaN.
    """
    chosen_device = choose_device(device)
    dataset = load_dataset(
        data, task=task, data_root=data_root, max_train=max_train, seed=seed, **options
    )
    family = _family(network, dataset)
    if dataset.n_codes:
        family = family.embedding(dataset.n_codes)
    family.check_input(dataset.input_shape)
    split = Split.of(dataset, val_fraction=val_fraction, seed=seed)
    sampled, left_out = sample(split, seed=seed)
    prepared = sampled.placed(chosen_device, channels_last=family.convolutional)
    candidate = Candidate.of(family, prepared, seed=seed)
    counted = split.placed(chosen_device, channels_last=family.convolutional, only_labels=True)
    findings = []
    checks = _checks(dataset, counted, candidate)
    with _threads(candidate), seeded(seed, prepared.device):
        for number, (name, make) in enumerate(checks):
            if on_check is not None:
                on_check(name, number, len(checks))
            findings.append(make())
            if on_finding is not None:
                on_finding(findings[-1])
    return CheckReport(
        dataset=dataset.name,
        task=dataset.task,
        network=f"{family.name}, {candidate.config}{left_out and f', on {left_out}'}",
        findings=tuple(findings),
    )


def _checks(
    dataset: Dataset, counted: PreparedData, candidate: Candidate
) -> list[tuple[str, Callable[[], Finding]]]:
    """Return the checks by name.

    Args:
        dataset: All samples, raw.
        counted: Their labels, split, without inputs.
        candidate: A network, with a sample of the data.
    """
    if learning_task(dataset.task).predicts_labels:
        targets = ("classes", partial(check_classes, counted))
    else:
        targets = ("targets", partial(check_targets, dataset))
    columns = [] if dataset.table is None else [("columns", partial(check_columns, dataset.table))]
    return [
        *columns,
        ("samples", partial(check_samples, dataset, counted)),
        ("values", partial(check_values, dataset)),
        ("constant features", partial(check_constant_features, dataset)),
        ("duplicate features", partial(check_duplicate_features, dataset, counted)),
        ("test samples seen in training", partial(check_leakage, dataset)),
        ("repeated training samples", partial(check_repeats, dataset)),
        targets,
        ("constant prediction", partial(check_floor, counted)),
        ("loss before training", partial(check_first_loss, candidate)),
        ("gradients", partial(check_gradients, candidate)),
        ("independent samples", partial(check_independence, candidate)),
        ("samples memorized", partial(check_learns_by_heart, candidate)),
        ("signal in the inputs", partial(check_inputs_matter, candidate)),
    ]


def _family(network: str | NetworkFamily | None, dataset: Dataset) -> NetworkFamily:
    if isinstance(network, NetworkFamily):
        return network
    return network_family(network or choose_family(dataset).name)


def _threads(candidate: Candidate) -> AbstractContextManager[None]:
    family, data = candidate.family, candidate.data
    n_params = family.n_params(candidate.config, data.input_shape, data.n_outputs)
    return threads_for(n_params, 256, convolutional=family.convolutional)


def check_columns(table: Table) -> Finding:
    """Report the kinds of the columns; warn of those that no network sees."""
    lines = column_lines(table)
    left_out = [line for line in lines if line.startswith("Left out")]
    seen = "\n".join(line for line in lines if line not in left_out)
    advice = "If that is wrong, give their kinds with kind=."
    details = {"columns": column_facts(table)}
    return Finding(
        "columns",
        seen,
        "warning" if left_out else "ok",
        " ".join([*left_out, advice]).strip(),
        details,
    )
