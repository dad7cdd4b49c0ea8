"""Registry of metrics: built-in, registered, or installed as entry points."""

from __future__ import annotations

from typing import Any, cast

from optuna_dnc._errors import InputError, shown, unknown_name
from optuna_dnc._registry import Registry
from optuna_dnc.objectives.metric import DEFAULT_METRICS, Metric
from optuna_dnc.tasks import Task, learning_task


def _check(name: str, metric: Any) -> Metric:
    made = metric() if isinstance(metric, type) and issubclass(metric, Metric) else metric
    if not isinstance(made, Metric) or getattr(made, "name", None) != name:
        raise InputError(
            f"metric {shown(name)} must be an optuna_dnc.objectives.Metric with this name, got "
            f"{shown(metric)}; change it."
        )
    if made.task not in DEFAULT_METRICS:
        raise InputError(
            f"task of the metric {shown(name)} must be one of {', '.join(DEFAULT_METRICS)}, got "
            f"{shown(made.task)}; change it."
        )
    return made


_HERE = "optuna_dnc.objectives"

METRICS = Registry[Metric](
    "metric",
    "optuna_dnc.metrics",
    {
        "accuracy": f"{_HERE}.classification_metrics:Accuracy",
        "balanced_accuracy": f"{_HERE}.classification_metrics:BalancedAccuracy",
        "f1_macro": f"{_HERE}.classification_metrics:MacroF1",
        "roc_auc": f"{_HERE}.classification_metrics:RocAuc",
        "log_loss": f"{_HERE}.classification_metrics:LogLoss",
        "hamming_accuracy": f"{_HERE}.classification_metrics:HammingAccuracy",
        "subset_accuracy": f"{_HERE}.classification_metrics:SubsetAccuracy",
        "f1_micro": f"{_HERE}.classification_metrics:MicroF1",
        "average_precision": f"{_HERE}.classification_metrics:AveragePrecision",
        "r2": f"{_HERE}.regression_metrics:R2",
        "rmse": f"{_HERE}.regression_metrics:Rmse",
        "mae": f"{_HERE}.regression_metrics:Mae",
        "mape": f"{_HERE}.regression_metrics:Mape",
    },
    _check,
)


def register_metric(metric: Metric) -> None:
    """Register a metric under its name; the setting ``metric`` takes it from then on.

    The registry belongs to the process. Other processes of the same search must call this, too,
    or find the metric as an entry point of the group ``optuna_dnc.metrics``.

    Raises:
        InputError: The name is taken, or ``metric`` is no :class:`Metric`.
    """
    METRICS.register(getattr(metric, "name", ""), metric)


def metric_named(name: str) -> Metric:
    """Return the metric of a name, or of another name of it, such as ``neg_log_loss``.

    Raises:
        InputError: The name is unknown.
    """
    plain = name.removeprefix("neg_")
    for known in (name, plain):
        if known in METRICS:
            return METRICS[known]
    for _, metric in METRICS.items():  # noqa: PERF102 - a registry is no dict
        if plain in metric.aliases:
            return metric
    raise unknown_name("metric", name, METRICS)


def metric_of(name: str | None, task: str) -> Metric:
    """Return the metric of a name, or the default one of a task if the name is None.

    Raises:
        InputError: The name is unknown, or the metric is for another task.
    """
    metric = metric_named(DEFAULT_METRICS[task] if name is None else name)
    if not metric.suits(task):
        fitting = [each.name for _, each in METRICS.items() if each.suits(task)]
        raise InputError(
            f"metric {shown(name)} is for {metric.task}, but the task is {task}; choose one of "
            f"{', '.join(fitting)}."
        )
    return metric


def recorded_metric(name: str | None, task: str) -> str | None:
    """Return the name that a measurement records; None for a default metric that it implies.

    With an accuracy that is the default metric of classification, and without one that of
    regression.
    """
    if name is None and learning_task(task).record_names_default:
        return DEFAULT_METRICS[task]
    return name


def described_metric(name: str | None, task: str) -> Metric:
    """Return the metric of a name, or one that only formats if the name is unknown.

    A run can be read without the package that provides its metric.
    """
    try:
        return metric_of(None, task) if name is None else metric_named(name)
    except InputError:
        return _Unregistered(str(name), task)


class _Unregistered(Metric):
    """Placeholder of a metric that is not registered."""

    is_fraction = False
    error_text = "error of the search"

    def __init__(self, name: str, task: str) -> None:
        self.name = name  # type: ignore[misc]
        # A file from elsewhere may hold any text, also markup of HTML or a terminal.
        self.title = name if name.isidentifier() else "metric"  # type: ignore[misc]
        self.task = cast("Task", task)  # type: ignore[misc]
