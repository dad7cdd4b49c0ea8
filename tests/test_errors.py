"""Values in messages: short, on one line, and never an error of their own."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from optuna_dnc._errors import InputError, StorageError, brief, cut, shown, unknown_name


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("no words")


def nested(depth: int) -> list[object]:
    value: list[object] = []
    for _ in range(depth):
        value = [value]
    return value


def test_a_long_text_keeps_both_ends() -> None:
    text = cut("start" + "x" * 1000 + ".npz")
    assert len(text) == 80
    assert text.startswith("start")
    assert text.endswith(".npz")
    assert cut("short") == "short"


VALUES = {
    "text": "x" * 10_000,
    "number": 10**4000,
    "number that Python does not print": 10**10_000,
    "nested": nested(100_000),
    "unprintable": Unprintable(),
    "bytes": b"\xff" * 1000,
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_any_value_is_shown_in_80_characters(value: object) -> None:
    assert len(shown(value)) <= 80


def test_an_ordinary_value_is_shown_as_it_is() -> None:
    assert shown("relu") == "'relu'"
    assert shown([1, 2.5]) == "[1, 2.5]"


def test_a_value_of_several_lines_is_shown_on_one() -> None:
    assert shown(np.eye(2)) == "array([[1., 0.], [0., 1.]])"
    assert shown("a  b") == "'a  b'"


def test_a_long_word_of_a_message_loses_its_middle_and_the_rest_stays() -> None:
    message = str(InputError(f"epochs: got {'9' * 500}; lower it, see runs/{'n' * 200}/study.db."))
    assert max(map(len, message.replace("/", " ").split())) <= 80
    assert message.endswith("/study.db.")


def test_an_error_goes_through_pickle_to_another_process() -> None:
    assert str(pickle.loads(pickle.dumps(InputError("wc: too high.")))) == "wc: too high."


def test_an_unknown_name_of_any_type_is_shown_short() -> None:
    assert len(str(unknown_name("network", "m" * 10_000, ["mlp"]))) < 200
    assert "[]" in str(unknown_name("network", [], ["mlp"]))


def test_of_many_known_names_some_are_listed() -> None:
    message = str(unknown_name("column", "c0071x", [f"c{i:04}" for i in range(5000)]))
    assert len(message) < 500
    assert "and 4,970 more. Did you mean 'c0071'?" in message


def test_a_message_is_one_line_that_no_terminal_obeys() -> None:
    message = str(InputError("the column 'a\nb\x1b[2J' is empty;\tdrop 'größe ✓'."))
    assert message == "the column 'a b?[2J' is empty; drop 'größe ✓'."


def test_a_long_word_of_another_library_is_not_lost() -> None:
    assert brief(ValueError("unknown " + "x" * 300)).startswith("unknown xxx")


def test_a_storage_error_arrives_from_a_worker_of_dask() -> None:
    error = StorageError("storage: it is full.")
    received = StorageError.__new__(type(error), *error.args)  # as tblib does
    received.args = error.args
    assert (str(received), type(received)) == (str(error), StorageError)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
