"""A study.db that is damaged, empty or only readable: one line, and nothing is changed."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from optuna_dnc import InputError
from optuna_dnc.report import write_report
from optuna_dnc.runs import search_status
from optuna_dnc.runs.run import open_run
from optuna_dnc.runs.study_facts import fact_problem
from optuna_dnc.search import SearchResult, StagedSearch
from tests.searches import SEARCHED, Arrays


def _sql(statement: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement)

    return change


def _garbage(path: Path) -> None:
    path.write_bytes(random.Random(0).randbytes(9000))


def _hole(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 9] = bytes(4096 * 6)
    path.write_bytes(content)


def _text(path: Path) -> None:
    path.write_text("no database")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


DAMAGE = {
    "garbage": _garbage,
    "hole": _hole,
    "text": _text,
    "cut": _cut,
    "folder": _folder,
    "loop": _loop,
    "value": _sql("UPDATE trial_values SET value = value + 1 WHERE trial_id = 2"),
    "attribute": _sql("UPDATE trial_user_attributes SET value_json = '{' WHERE trial_id = 2"),
    "key": _sql("UPDATE trial_user_attributes SET key = 'x' || key WHERE trial_id = 2"),
    "state": _sql("UPDATE trials SET state = 'WORN' WHERE trial_id = 2"),
    "distribution": _sql("UPDATE trial_params SET distribution_json = '7' WHERE trial_id = 2"),
    "trial": _sql("DELETE FROM trials WHERE trial_id = 2"),
    "table": _sql("DROP TABLE trial_params"),
    "baseline": _sql("UPDATE study_user_attributes SET value_json = '1' WHERE key = 'baseline'"),
    "version": _sql("UPDATE alembic_version SET version_num = 'v9'"),
}


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("settings", "7"),
        ("settings", '{"n_steps": []}'),
        ("folder", "{}"),
        ("workers", '[{"host": 1}]'),
        ("session", "[1]"),
        ("session", '{"log": 5}'),
        ("session", '{"notes": [1]}'),
        ("session", '{"timeout": NaN}'),
        ("session", '{"refit": "no"}'),
        ("outlook", '{"stages": 3}'),
        ("cross_validation", "7"),
        ("cross_validation", '{"folds": "none", "compared": [], "chosen": null, "n_folds": 0}'),
        ("cross_validation", '{"folds": {"k": [[1, 2]]}, "compared": [], "chosen": null}'),
        ("outlook", '{"stages": {"training": {"n": 1}}, "ends_at": null}'),
    ],
)
def test_a_fact_of_another_type_is_one_line(result: SearchResult, fact: str, value: str) -> None:
    columns = "study_user_attributes (study_id, key, value_json)"
    set_value = f"INSERT OR REPLACE INTO {columns} VALUES (1, '{fact}', '{value}')"
    _sql(set_value)(result.path / "study.db")
    with pytest.raises(InputError, match=rf"study\.db is damaged \({fact}"):
        open_run(result.path).studies._attribute(fact)


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("time_plan", {}),
        ("time_plan", {"epochs": 0, "measure": "n_params", "most": None}),
        ("time_plan", {"epochs": 1, "measure": [], "most": None}),
        ("cross_validation", {"folds": {"k": [[0.1, 1.5, 1.0]]}}),
        (
            "cross_validation",
            {"folds": {"k": [[0.1, 1, 1.0]]}, "compared": ["k"], "chosen": "k", "n_folds": 2},
        ),
    ],
)
def test_a_fact_with_a_wrong_entry_is_told(fact: str, value: object) -> None:
    assert str(fact_problem(fact, value)).startswith(fact)


def test_only_known_arguments_are_taken_from_how_a_search_was_run(result: SearchResult) -> None:
    studies = open_run(result.path).studies
    value = json.dumps(studies.session() | {"out": "elsewhere", "storage": "sqlite:///x.db"})
    _sql(f"UPDATE study_user_attributes SET value_json = '{value}' WHERE key = 'session'")(
        result.path / "study.db"
    )
    assert open_run(result.path).studies.session() == studies.session()


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_one_line_in_every_command_that_reads_it(
    result: SearchResult, classes: Arrays, damage: Callable[[Path], None]
) -> None:
    path = result.path / "study.db"
    damage(path)
    files = sorted(result.path.iterdir())
    for use in (
        search_status,
        write_report,
        lambda folder: SearchResult.load(folder).ensemble(2, data=classes),
        lambda folder: StagedSearch(classes, **SEARCHED, out=folder).run(),
    ):
        with pytest.raises(InputError, match=r"study\.db|in another storage"):
            use(result.path)
        assert sorted(result.path.iterdir()) == files


def test_an_empty_file_gets_no_tables_from_those_who_read(
    result: SearchResult, classes: Arrays
) -> None:
    path = result.path / "study.db"
    path.write_bytes(b"")
    for use in (
        search_status,
        write_report,
        lambda folder: SearchResult.load(folder).ensemble(2, data=classes),
    ):
        with pytest.raises(InputError, match=r"study\.db holds no studies"):
            use(result.path)
    assert path.read_bytes() == b""


def test_a_storage_that_is_no_file_yet_is_not_created_by_those_who_read(
    result: SearchResult, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/other.db"
    for use in (search_status, lambda path, url: result.ensemble(storage=url)):
        with pytest.raises(InputError, match=r"other\.db' cannot be reached \(No such file"):
            use(result.path, url)
    assert not (tmp_path / "other.db").exists()


def test_reading_leaves_the_folder_as_it_was(result: SearchResult, tmp_path: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in result.path.iterdir()}
    (result.path / ".lock").unlink()
    del before[".lock"]
    search_status(result.path)
    write_report(result.path, tmp_path / "report.html")
    assert {path.name: path.stat().st_mtime_ns for path in result.path.iterdir()} == before


def test_a_search_that_cannot_open_its_database_leaves_nothing(
    classes: Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from optuna_dnc.runs import storage as storages

    def full(path: Path) -> None:
        path.write_bytes(b"")
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(storages, "open_database", full)
        with pytest.raises(InputError, match="disk full or failing at"):
            StagedSearch(classes, **SEARCHED, out=tmp_path / "runs" / "new").run()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / ".keep").touch()
    with monkeypatch.context() as patch:
        patch.setattr(storages, "open_database", full)
        with pytest.raises(InputError, match="disk full or failing at"):
            StagedSearch(classes, **SEARCHED, out=tmp_path / "mine").run()
    assert {path.name for path in (tmp_path / "mine").iterdir()} <= {".keep", ".lock"}
