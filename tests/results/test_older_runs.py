"""Finished runs of earlier versions, whose files have fewer fields."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc import InputError
from optuna_dnc.search import SearchResult, StagedSearch
from tests.sealing import rewrite
from tests.searches import Arrays

NEWER = ("encoding", "encoded", "bins")
"""Fields of an ``MLPConfig`` that earlier versions did not write."""


@pytest.fixture
def older(search: Callable[..., StagedSearch]) -> Path:
    path = search().run().path

    def shorten(content: dict[str, Any]) -> None:
        for name in NEWER:
            content["config"].pop(name)

    rewrite(path / "config.json", shorten)
    rewrite(path / "result.json", lambda content: shorten(content["best"]))
    return path


def test_networks_with_fewer_fields_still_predict(older: Path, arrays: Arrays) -> None:
    result = SearchResult.load(older)
    *_, x_test, y_test = arrays
    accuracy = np.mean(result.predict(x_test) == y_test)
    assert accuracy == pytest.approx(result.best.test_accuracy)


def test_a_config_of_another_network_is_still_refused(older: Path, arrays: Arrays) -> None:
    def widen(content: dict[str, Any]) -> None:
        content["config"]["widths"] = [99]

    rewrite(older / "config.json", widen)
    with pytest.raises(InputError, match="describes another network"):
        SearchResult.load(older).predict(arrays[2])
