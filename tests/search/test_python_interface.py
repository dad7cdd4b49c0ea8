"""Searches as they are typed in Python: samples and targets, keywords, folders, callbacks."""

from __future__ import annotations

import inspect
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest
from optuna.trial import FrozenTrial, TrialState

import optuna_dnc
from optuna_dnc import InputError, StagedSearch, find_network
from optuna_dnc._files import write_json
from tests.searches import SMALL

Arrays = tuple[np.ndarray, ...]
Search = Callable[..., StagedSearch]


@pytest.fixture
def in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def begin(*arguments: Any, **settings: Any) -> StagedSearch:
    """Leave a folder as a search that has begun does, and return the search."""
    search = StagedSearch(*arguments, **SMALL | settings)
    search.folder.path.mkdir(parents=True, exist_ok=True)
    write_json(search.folder.settings, search.identity)
    return search


def test_samples_and_targets_are_the_pair_of_both(arrays: Arrays, in_empty_folder: Path) -> None:
    x, y = arrays[:2]
    assert StagedSearch(x, y).identity == StagedSearch((x, y)).identity


def test_a_data_frame_has_its_targets_beside_it(arrays: Arrays, in_empty_folder: Path) -> None:
    frame = pd.DataFrame(arrays[0], columns=list("abcde")).assign(
        city=["Rome", "Oslo", "Bonn"] * 50
    )
    dataset = StagedSearch(frame, pd.Series(arrays[1], name="a")).dataset
    assert dataset.table is not None
    assert [column.name for column in dataset.table.columns] == [*"abcde", "city"]
    assert np.array_equal(dataset.y_train, arrays[1])


@pytest.mark.parametrize(
    ("data", "y", "message"),
    [
        ("digits", [0, 1], "y must be None for 'digits', which has its own targets"),
        (np.ones((3, 2)), "income", "name a column with target='income'"),
        (np.ones((3, 2)), [0, 1], "x has 3 samples and y 2 labels"),
        (pd.DataFrame({"a": [1.0, 2.0, 3.0]}), [0, 1], "x has 3 rows and y 2 targets"),
    ],
)
def test_wrong_targets_are_named_as_they_were_given(data: Any, y: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        StagedSearch(data, y)


def test_a_search_with_other_settings_gets_a_folder_of_its_own(
    arrays: Arrays, in_empty_folder: Path
) -> None:
    folders = [begin(arrays, wc=wc).folder.path for wc in (0.1, 0.2, 0.3)]
    assert folders == [Path("runs") / name for name in ("arrays", "arrays-2", "arrays-3")]
    again = [StagedSearch(arrays, **SMALL, wc=wc).folder.path for wc in (0.1, 0.2, 0.3)]
    assert again == folders


def test_a_folder_that_holds_something_else_is_left_alone(
    arrays: Arrays, in_empty_folder: Path
) -> None:
    (in_empty_folder / "runs" / "arrays").mkdir(parents=True)
    (in_empty_folder / "runs" / "arrays" / "notes.txt").write_text("mine")
    assert StagedSearch(arrays, **SMALL).folder.path == Path("runs/arrays-2")


def test_a_folder_that_was_named_is_not_replaced_by_another(
    arrays: Arrays, in_empty_folder: Path
) -> None:
    begin(arrays, out="mine")
    with pytest.raises(InputError, match=r"holds another search: wc was 0\.1, now 0\.2"):
        StagedSearch(arrays, **SMALL, wc=0.2, out="mine").run()


def test_the_reason_for_another_folder_is_told(
    arrays: Arrays, in_empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(arrays)
    StagedSearch(arrays, **SMALL, wc=0.2, timeout=1e-6, progress=True).run()
    shown = capsys.readouterr().err
    assert "Run folder: runs/arrays-2 (runs/arrays holds another search: wc was 0.1" in shown


def test_help_lists_the_settings_with_their_defaults() -> None:
    for function in (StagedSearch, find_network):
        parameters = inspect.signature(function).parameters
        assert list(parameters)[:2] == ["data", "y"]
        assert parameters["wc"].default == 0.1
        assert parameters["n_startup_trials"].annotation == int | None
        assert repr(parameters["epochs"].default).startswith("<15 to 60, depending on")
        assert "target" in parameters
        assert not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())


def test_a_search_in_one_call(arrays: Arrays, in_empty_folder: Path) -> None:
    result = find_network(*arrays[:2], **SMALL)
    assert result.path == Path("runs/arrays")
    assert result.complete
    assert optuna_dnc.search.StagedSearch is StagedSearch  # still the package


def test_progress_is_shown_where_it_is_wanted(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    search(timeout=1e-6).run()
    assert capsys.readouterr().err == ""
    search(timeout=1e-6, progress=True).run()
    assert "core-architecture 1/" in capsys.readouterr().err


def test_a_search_from_python_says_what_to_write_in_python(search: Search) -> None:
    with pytest.raises(InputError, match=r"^progress must be True or False, got 'yes'"):
        search(progress="yes")


def test_callbacks_get_each_new_trial(search: Search) -> None:
    called: list[tuple[str, int, TrialState]] = []

    def callback(study: optuna.Study, trial: FrozenTrial) -> None:
        called.append((study.study_name, trial.number, trial.state))

    search(callbacks=[callback]).run()
    names = [name for name, _, _ in called]
    assert names == sorted(names)
    assert {name.partition("/")[2] for name in names} == {
        "1-core-architecture",
        "2-remaining-architecture",
        "3-training",
    }
    assert all(state is TrialState.COMPLETE for _, _, state in called)
    n_trials = len(called)
    search(callbacks=[callback]).run()
    assert len(called) == n_trials


def test_a_notebook_shows_the_bars_in_its_cell_and_arrays_need_no_pyarrow(tmp_path: Path) -> None:
    module = tmp_path / "IPython"
    module.mkdir()
    (module / "__init__.py").write_text("get_ipython = lambda: None\n")
    (module / "display.py").write_text(
        "shown = []\n"
        "class HTML(str): pass\n"
        "class Handle:\n"
        "    def update(self, content): shown.append(content)\n"
        "def display(content, display_id):\n"
        "    shown.append(content)\n"
        "    return Handle()\n"
    )
    program = (
        "import sys, numpy as np\n"
        "class ZMQInteractiveShell: pass\n"
        "import builtins\n"
        "builtins.get_ipython = ZMQInteractiveShell\n"
        "from optuna_dnc import StagedSearch, find_network\n"
        "x = np.random.default_rng(0).normal(size=(60, 3))\n"
        "StagedSearch(x, np.arange(60) % 2)\n"
        "assert 'pyarrow' not in sys.modules\n"
        "find_network(x, x[:, 0] > 0, timeout=1e-6, device='cpu')\n"
        "from IPython.display import shown\n"
        "assert '<pre' in shown[-1] and 'whole search' in shown[-1], shown\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_studies_that_nobody_asked_for_are_not_logged(search: Search) -> None:
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign, assignment]
    logger, before = logging.getLogger("optuna"), optuna.logging.get_verbosity()
    logger.addHandler(handler)
    optuna.logging.set_verbosity(optuna.logging.INFO)
    try:
        search(timeout=1e-6).run()
    finally:
        optuna.logging.set_verbosity(before)
        logger.removeHandler(handler)
    assert [record.getMessage() for record in records] == []
