"""The commands that the README and the pages show exist, with the options shown."""

from __future__ import annotations

import shlex

import pytest

from optuna_dnc.cli.app import commands
from tests.docs.documents import DOCUMENTS, Document

PROGRAM = "optuna-dnc"


def commands_in(document: Document) -> list[list[str]]:
    """The words after ``optuna-dnc``, wherever it is called."""
    lines = "\n".join(document.blocks("bash")).replace("\\\n", " ").splitlines()
    parts = [part for line in [*lines, *document.inline_code] for part in line.split("&&")]
    words = [shlex.split(part, comments=True) for part in parts if PROGRAM in part]
    return [rest for first, *rest in words if first == PROGRAM and rest]


SHOWN = [(document.name, words) for document in DOCUMENTS for words in commands_in(document)]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        pytest.param(
            name,
            [word.partition("=")[0] for word in rest if word.startswith("-")],
            id=f"{file}: {' '.join([name, *rest])}",
        )
        for file, (name, *rest) in SHOWN
    ],
)
def test_command_exists_with_its_options(name: str, options: list[str]) -> None:
    assert name in commands().commands
    known = {
        spelling
        for parameter in commands().commands[name].params
        for spelling in (*parameter.opts, *parameter.secondary_opts, "-h", "--help")
    }
    assert set(options) <= known


def test_the_documents_show_every_command() -> None:
    assert {name for _, (name, *_) in SHOWN} == set(commands().commands)
