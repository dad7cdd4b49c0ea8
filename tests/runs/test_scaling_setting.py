"""Scaling of tables: its default depends on the preset."""

from __future__ import annotations

from typing import Any

import pytest

from optuna_dnc.runs import SearchSettings


@pytest.mark.parametrize(
    ("given", "scaling"),
    [
        ({}, "by-kind"),
        ({"preset": "deep-n-cheap"}, "standard"),
        ({"preset": "deep-n-cheap", "scaling": "by-kind"}, "by-kind"),
    ],
)
def test_the_published_preset_standardizes(given: dict[str, Any], scaling: str) -> None:
    assert SearchSettings(**given).scaling == scaling
