"""Checks of a data set before a search."""

from __future__ import annotations

from optuna_dnc.checks.check import check
from optuna_dnc.checks.report import CheckReport, Finding

__all__ = ["CheckReport", "Finding", "check"]
