"""Names of files as text, and names of folders that can be made."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from optuna_dnc import InputError
from optuna_dnc._names import check_can_be_made, folder_named, readable


def test_bytes_that_are_not_utf8_are_replaced() -> None:
    text = readable(os.fsdecode(b"caf\xe9"))
    assert text == "caf\ufffd"
    text.encode()


def test_utf8_stays() -> None:
    assert readable("caf\u00e9 \u2603") == "caf\u00e9 \u2603"


@pytest.mark.parametrize("name", ["n" * 406, "\u2603" * 200, "\U0001f600" * 90])
def test_a_name_that_is_too_long_for_a_folder_is_cut_between_characters(
    name: str, tmp_path: Path
) -> None:
    short = folder_named(name)
    (tmp_path / short).mkdir()
    assert short[0] == name[0]
    assert "..." in short


def test_a_name_that_fits_stays() -> None:
    assert folder_named("n" * 255) == "n" * 255


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("a\0b", "NUL"),
        (os.fsdecode(b"caf\xe9"), "UTF-8"),
        ("n" * 256, "too long"),
        ("\u2603" * 100, "too long"),
        ("/".join(["n" * 100] * 50), "too long"),
    ],
)
def test_a_path_that_no_folder_can_have_is_refused(path: str, word: str) -> None:
    with pytest.raises(InputError, match=word) as error:
        check_can_be_made("out", path)
    assert str(error.value).startswith("out: ")


def test_an_ordinary_path_is_let_through() -> None:
    check_can_be_made("out", "runs/caf\u00e9/../x")
