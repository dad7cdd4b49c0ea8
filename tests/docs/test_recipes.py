"""The recipes of CONTRIBUTING.md are the files that the tests of extensions run."""

from __future__ import annotations

import re

import pytest

from tests.docs.documents import ROOT

EXTENSIONS = ROOT / "tests/extensions"
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
_TITLED = re.compile(r'^```python title="(\S+)/(\S+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
FILES = {name: code for _, name, code in _TITLED.findall(TEXT)}
RECIPES = sorted(
    path.name for path in EXTENSIONS.glob("*.py") if not path.name.startswith("test_")
)


@pytest.mark.parametrize("name", RECIPES)
def test_the_file_is_the_one_that_is_tested(name: str) -> None:
    assert FILES[name] == (EXTENSIONS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", RECIPES)
def test_the_test_is_one_of_ours(name: str) -> None:
    code = FILES[f"test_{name}"]
    contract = code[code.index("class Test") :]
    assert any(contract in path.read_text() for path in EXTENSIONS.glob("test_*.py"))


def test_files_that_are_named_exist() -> None:
    titles = {f"{folder}/{name}" for folder, name, _ in _TITLED.findall(TEXT)}
    named = set(re.findall(r"`((?:optuna_dnc|tests|docs|benchmarks)/[\w/.]+)`", TEXT))
    assert [path for path in sorted(named - titles) if not (ROOT / path).exists()] == []
