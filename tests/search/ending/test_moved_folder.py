"""A run that is moved during its final training is not created again in its old place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from optuna_dnc import InputError
from optuna_dnc.search import StagedSearch
from optuna_dnc.search.ending import answering
from tests.searches import SMALL

QUICK: dict[str, Any] = {
    "refit": True,
    "n_steps": 0,
    "n_folds": 1,
    "space": SMALL["space"] | {"refinements": ()},
}


def test_a_folder_that_is_moved_is_not_created_again(
    search: Callable[..., StagedSearch], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    train, run, elsewhere = answering.train_on_all, tmp_path / "run", tmp_path / "elsewhere"

    def moving(*arguments: Any, on_batch: Callable[[], None], **options: Any) -> Any:
        def move() -> None:
            on_batch()
            if run.exists():
                run.rename(elsewhere)

        return train(*arguments, on_batch=move, **options)

    with monkeypatch.context() as patch:
        patch.setattr(answering, "train_on_all", moving)
        with pytest.raises(InputError, match=r"run was deleted or moved .* move it back"):
            search(**QUICK).run()
    assert not run.exists()
    elsewhere.rename(run)
    assert search(**QUICK).run().complete
