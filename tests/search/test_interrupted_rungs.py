"""A rung under Hyperband that is interrupted while it is written down."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from optuna_dnc.runs import search_status
from optuna_dnc.search import StagedSearch
from tests import searches
from tests.interruption import Killed
from tests.search.hyperband import run_core
from tests.searches import STAGES, Arrays, Search, trials_of

SMALL: dict[str, Any] = {"pruner": "hyperband", "epochs": 9, "budget": 21, "n_startup_trials": 2}


CORE = STAGES[:1]


@pytest.fixture(scope="module")
def expected(arrays: Arrays, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The trials of the first stage of the search that is not interrupted."""
    out = tmp_path_factory.mktemp("whole") / "run"
    run_core(partial(StagedSearch, arrays), **searches.SMALL | SMALL, out=out)
    return trials_of(out, stages=CORE)


@pytest.mark.parametrize("name", ["error", None])
def test_an_interruption_in_between_loses_nothing(
    search: Search, expected: list[Any], tmp_path: Path, name: str | None
) -> None:
    """A journal takes attributes one by one; the report comes after them."""

    class Interrupted(JournalStorage):
        def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
            if key == name and not self.get_trial(trial_id).intermediate_values.get(9):
                raise Killed
            super().set_trial_user_attr(trial_id, key, value)

        def set_trial_intermediate_value(self, trial_id: int, step: int, value: float) -> None:
            if name is None and "seconds" in self.get_trial(trial_id).user_attrs:
                raise Killed
            super().set_trial_intermediate_value(trial_id, step, value)

    out, file = tmp_path / "killed" / "run", str(tmp_path / "journal")
    storage: JournalStorage = Interrupted(JournalFileBackend(file))
    with pytest.raises(Killed):
        search(**SMALL, out=out, storage=storage).run()
    storage = JournalStorage(JournalFileBackend(file))
    search_status(out, storage)
    run_core(search, **SMALL, out=out, storage=storage)
    assert trials_of(out, storage, CORE) == expected
