"""The command ``optuna-dnc``."""

from __future__ import annotations

from optuna_dnc.cli.app import main

__all__ = ["main"]
