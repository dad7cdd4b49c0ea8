"""Messages of the library name arguments of Python; the command line translates them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import optuna_dnc

ROOT = Path(optuna_dnc.__file__).parent
_OPTION = re.compile(r"(?<![\w-])--[a-z]")
OF_THE_COMMAND_ALONE = {"cli", "dashboard"}


def _messages(module: Path) -> Iterator[str]:
    """Yield the texts of errors that a module raises, without the commands that they quote."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Raise):
            texts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
            message = "".join(text for text in texts if isinstance(text, str))
            yield re.sub(r"optuna-dnc [a-z]+.*", "", message)


@pytest.mark.parametrize("package", sorted(path.name for path in ROOT.iterdir() if path.is_dir()))
def test_no_message_of_the_library_names_an_option_of_the_command(package: str) -> None:
    modules = sorted((ROOT / package).rglob("*.py"))
    found = {
        f"{path.name}: {message}"
        for path in modules
        if not OF_THE_COMMAND_ALONE & set(path.relative_to(ROOT).parts)
        for message in _messages(path)
        if _OPTION.search(message)
    }
    assert found == set()
