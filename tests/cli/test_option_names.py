"""Messages of the library call arguments what they are on the command line."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from optuna_dnc.cli.app import app
from optuna_dnc.cli.option_names import with_option_names

COMMANDS: Any = typer.main.get_command(app)
PARAMS = [*COMMANDS.commands["refit"].params, *COMMANDS.commands["search"].params]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("out: runs/x is a file; choose a folder.", "--out: runs/x is a file; choose a folder."),
        ("n_steps must be at most 9, got 10.", "--steps must be at most 9, got 10."),
        ("choose another folder with out=.", "choose another folder with --out."),
        ("with out=, whose name they get.", "with --out, whose name they get."),
        ("pass task='regression' if so.", "pass --task regression if so."),
        ("hold them out (all_samples=False).", "hold them out (--hold-out)."),
        ("give data_root=", "give --data-root"),
        ("leave them out with drop_unlabeled=True.", "leave them out with --drop-unlabeled."),
        ("or augment=False, for these", "or --no-augment, for these"),
        ("drop has the target", "--drop has the target"),
        ("metric 'mae' is for regression", "--metric 'mae' is for regression"),
        ("class_weight needs classes", "--class-weight needs classes"),
        ("test and test_fraction are", "--test and --test-fraction are"),
        (
            "another search: n_steps was 0, now 5; wc was 1.",
            "another search: --steps was 0, now 5; --wc was 1.",
        ),
        ("another search: the data was different.", "another search: the data was different."),
        # Neither names nor values that only look like arguments.
        ("lr=LOW:HIGH", "lr=LOW:HIGH"),
        ("url?out=x&y=1 is no URL", "url?out=x&y=1 is no URL"),
        ("unknown=3, said it", "unknown=3, said it"),
        ("seed-less", "seed-less"),
    ],
)
def test_arguments_become_options(message: str, expected: str) -> None:
    assert with_option_names(message, PARAMS) == expected


def test_positional_arguments_stay() -> None:
    assert with_option_names("folder: none", PARAMS) == "folder: none"
