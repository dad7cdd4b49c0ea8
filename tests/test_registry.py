"""Registries: built-in, registered and declared implementations; broken packages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from optuna_dnc._errors import InputError
from optuna_dnc._registry import Registry


def check_number(name: str, item: Any) -> int:
    if not isinstance(item, int):
        raise InputError(f"number {name!r} is no int")
    return item


@pytest.fixture
def numbers() -> Registry[int]:
    return Registry("number", "optuna_dnc.numbers", {"longest": "sys:maxsize"}, check_number)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package that declares a good number and three broken ones."""
    info = tmp_path / "some_numbers-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: some-numbers\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[optuna_dnc.numbers]\nseven = some_numbers_7:SEVEN\nword = some_numbers_7:WORD\n"
        "absent = some_numbers_7:EIGHT\nbroken = some_numbers_9:NINE\n"
    )
    (tmp_path / "some_numbers_7.py").write_text("SEVEN = 7\nWORD = 'seven'\n")
    (tmp_path / "some_numbers_9.py").write_text("raise RuntimeError('no ninth')\n")
    monkeypatch.syspath_prepend(tmp_path)


def test_built_in_and_registered_items_are_found_by_name(numbers: Registry[int]) -> None:
    numbers.register("three", 3)

    assert list(numbers) == ["longest", "three"]
    assert numbers["three"] == 3
    assert numbers["longest"] > 2**30
    assert "four" not in numbers
    with pytest.raises(InputError, match=r"number 'tree' is unknown.*Did you mean 'three'"):
        numbers["tree"]


def test_a_registered_item_may_be_replaced(numbers: Registry[int]) -> None:
    numbers.register("three", 3)
    numbers.register("three", 33)

    assert numbers["three"] == 33


def test_built_in_names_wrong_types_and_import_paths_are_not_registered(
    numbers: Registry[int],
) -> None:
    with pytest.raises(InputError, match="'longest' is already registered"):
        numbers.register("longest", 4)
    with pytest.raises(InputError, match="'word' is no int"):
        numbers.register("word", "three")
    with pytest.raises(InputError, match="without colon, got 'a:b'"):
        numbers.register("a:b", 3)


@pytest.mark.parametrize(
    ("takes_objects", "advice"), [(True, "pass the object itself"), (False, "is unknown")]
)
def test_an_import_path_is_not_imported(takes_objects: bool, advice: str) -> None:
    numbers: Registry[int] = Registry("number", "g", {}, check_number, takes_objects=takes_objects)
    with pytest.raises(InputError, match=f"number 'sys:maxsize' .*{advice}"):
        numbers["sys:maxsize"]


@pytest.mark.usefixtures("package")
def test_entry_points_of_installed_packages_are_found(numbers: Registry[int]) -> None:
    assert "seven" in numbers
    assert numbers["seven"] == 7


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    ("name", "reason"), [("broken", "no ninth"), ("absent", "EIGHT"), ("word", "no int")]
)
def test_a_broken_entry_point_is_reported_by_name(
    numbers: Registry[int], name: str, reason: str
) -> None:
    with pytest.raises(InputError, match=f"'{name}' of the package 'some-numbers'.*{reason}"):
        numbers[name]


@pytest.mark.usefixtures("package")
def test_broken_entry_points_do_not_hide_the_others(numbers: Registry[int]) -> None:
    with pytest.warns(UserWarning, match="some-numbers") as warned:
        found = dict(numbers.items())

    assert found["seven"] == 7
    assert list(found) == ["longest", "seven"]
    assert len(warned) == 3
