"""Names, units and directions of the metrics of a panel."""

from __future__ import annotations

from dataclasses import dataclass


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
    """Return how a metric is shown; those of later versions by their names."""
    return TEXTS.get(metric, MetricText(metric))
