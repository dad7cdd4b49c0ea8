"""Panel of metrics of a network on some samples, with names and units of the metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from optuna_dnc._errors import cut, printable
from optuna_dnc._formats import count
from optuna_dnc.data.label_checks import Task

WIDTH = 60
"""Columns that a panel as text fits into."""

_LONGEST_CLASS = 12
_N_CONFUSED = 3

Matrix = tuple[tuple[int, ...], ...]
Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True)
class EvaluationPanel:
    """Metrics of a network on some samples; ``print`` shows them in 60 columns."""

    task: Task
    n_samples: int
    metric: str
    """The main metric, one of :attr:`scores`."""
    interval: tuple[float, float] | None
    """95 % interval of the main metric (percentile bootstrap); None for a single sample."""
    is_weighted: bool = False
    """Whether samples count by their weights in all but :attr:`confusion`."""
    scores: Mapping[str, float]
    """Metrics by name, without those that the samples do not define.

    - ``accuracy``, ``balanced_accuracy``, ``f1_macro``, ``roc_auc`` (several classes: one against
      the rest, mean), ``log_loss`` and ``calibration_error`` (15 bins of the confidence);
    - of several labels ``hamming_accuracy``, ``subset_accuracy``, ``f1_micro``, ``log_loss``, and
      ``f1_macro``, ``roc_auc`` and ``average_precision``, which are means of the labels;
    - ``rmse``, ``mae`` in the targets' unit, ``r2`` and ``mape``, means of the targets.
    """
    classes: tuple[Any, ...] | None = None
    """Classes in order, or names of several labels; None for regression."""
    confusion: Matrix | None = None
    """Number of samples by true (rows) and predicted class (columns)."""
    by_target: tuple[Mapping[str, float], ...] = ()
    """Metrics of each of several labels, or of each target of a regression with several."""
    targets: tuple[str, ...] = ()
    """Names of the targets of a regression with several; empty if they have none."""
    points: tuple[Points, ...] = ()
    """For each of the first targets, true and predicted values of some samples."""

    @property
    def value(self) -> float:
        """Value of the main metric."""
        return self.scores[self.metric]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> EvaluationPanel:
        """Create it from what :meth:`to_dict` returned, also if that was stored as JSON."""
        known = {field.name: values[field.name] for field in fields(cls) if field.name in values}
        return cls(**{name: _frozen(value) for name, value in known.items()})

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        weighted = ", which count by their weights" if self.is_weighted else ""
        yield f"{count(self.n_samples, 'sample')}{weighted}"
        for name, value in self.scores.items():
            text = text_of(name)
            line = f"{text.title:<18} {text.format(value):>10}"
            if name == self.metric and self.interval is not None:
                low, high = map(text.bare, self.interval)
                line += f"  ({low} to {high})"
            yield line
        if self.by_target:
            yield from self._target_lines()
        if self.confusion is not None:
            yield from self._confusion_lines(self.confusion)

    def _target_lines(self) -> Iterator[str]:
        (heading, *titles), *rows = self.target_table()
        first = max(8, *(len(row[0]) + 1 for row in rows))
        wide = min(12, (WIDTH - first) // len(titles))
        yield ""
        yield f"{heading:<{first}}" + "".join(f"{title:>{wide}}" for title in titles)
        for target, *cells in rows:
            yield f"{target:<{first}}" + "".join(f"{cell:>{wide}}" for cell in cells)

    def target_table(self) -> list[list[str]]:
        """Return the metrics of each target or label as text, headings first; empty for one."""
        if not self.by_target:
            return []
        names = list(dict.fromkeys(name for scores in self.by_target for name in scores))
        targets = self.classes or self.targets or range(len(self.by_target))
        rows = [["label" if self.classes else "target", *(text_of(name).title for name in names)]]
        for target, scores in zip(targets, self.by_target, strict=True):
            cells = (
                text_of(name).format(scores[name]) if name in scores else "" for name in names
            )
            rows.append([cut(printable(str(target)), _LONGEST_CLASS), *cells])
        return rows

    def _confusion_lines(self, confusion: Matrix) -> Iterator[str]:
        labels = [cut(printable(str(label)), _LONGEST_CLASS) for label in self.classes or ()]
        first = max(map(len, labels))
        wide = max(first, *(len(f"{number:,}") for row in confusion for number in row)) + 2
        yield ""
        if first + wide * len(labels) <= WIDTH:
            yield "true class (rows), predicted class (columns)"
            yield " " * first + "".join(f"{label:>{wide}}" for label in labels)
            for label, row in zip(labels, confusion, strict=True):
                yield f"{label:<{first}}" + "".join(f"{number:>{wide},}" for number in row)
            return
        yield "most often confused:"
        for number, true, predicted in most_confused(confusion)[:_N_CONFUSED]:
            yield f"  {labels[true]} as {labels[predicted]}: {number:,}"


def most_confused(confusion: Matrix) -> list[tuple[int, int, int]]:
    """Return number, true and predicted class of the confusions, the most frequent first."""
    pairs = (
        (number, true, predicted)
        for true, row in enumerate(confusion)
        for predicted, number in enumerate(row)
        if number and true != predicted
    )
    return sorted(pairs, key=lambda pair: (-pair[0], *pair[1:]))


def _frozen(value: Any) -> Any:
    """Return lists, at any depth, as tuples."""
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


@dataclass(frozen=True)
class MetricText:
    """How a metric is shown."""

    title: str
    is_share: bool = False
    """Whether it is a fraction that is shown in percent."""
    larger_is_better: bool = True

    def format(self, value: float) -> str:
        """Format a value, with its percent sign if it has one."""
        return f"{self.bare(value)} %" if self.is_share else self.bare(value)

    def bare(self, value: float) -> str:
        """Format a value without a percent sign."""
        return f"{100 * value:.1f}" if self.is_share else f"{value:.4g}"

    def is_better(self, value: float, other: float) -> bool:
        """Return whether a value is better than another one."""
        return value > other if self.larger_is_better else value < other


TEXTS: dict[str, MetricText] = {
    "accuracy": MetricText("accuracy", is_share=True),
    "balanced_accuracy": MetricText("balanced accuracy", is_share=True),
    "hamming_accuracy": MetricText("Hamming accuracy", is_share=True),
    "subset_accuracy": MetricText("subset accuracy", is_share=True),
    "f1_macro": MetricText("macro F1", is_share=True),
    "f1_micro": MetricText("micro F1", is_share=True),
    "roc_auc": MetricText("ROC AUC"),
    "average_precision": MetricText("average precision"),
    "share": MetricText("share", is_share=True),
    "precision": MetricText("precision", is_share=True),
    "recall": MetricText("recall", is_share=True),
    "f1": MetricText("F1", is_share=True),
    "log_loss": MetricText("log loss", larger_is_better=False),
    "calibration_error": MetricText("calibration error", is_share=True, larger_is_better=False),
    "rmse": MetricText("RMSE", larger_is_better=False),
    "mae": MetricText("MAE", larger_is_better=False),
    "r2": MetricText("R²"),
    "mape": MetricText("MAPE", is_share=True, larger_is_better=False),
    "relative_mse": MetricText("MSE over the variance", larger_is_better=False),
}
"""Metrics by the names in result.json."""


def text_of(metric: str) -> MetricText:
    """Return how a metric is shown; metrics of later versions are shown by their names."""
    return TEXTS.get(metric, MetricText(metric))
