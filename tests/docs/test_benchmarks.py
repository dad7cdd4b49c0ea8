"""What the documents say about benchmarks is so."""

from __future__ import annotations

import re

import pytest

from tests.docs.documents import DOCUMENTS, ROOT, Document

OVERVIEW = Document(ROOT / "benchmarks/README.md")
_MODULE = re.compile(r"\bbenchmarks(?:\.\w+)+")
_FILE = re.compile(r"\bbenchmarks(?:/\w+)+\.py")


def scripts() -> set[str]:
    """Module names of all files that can be run."""
    files = (ROOT / "benchmarks").rglob("*.py")
    runnable = [path for path in files if '__name__ == "__main__"' in path.read_text()]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in runnable}


def test_the_overview_lists_every_script() -> None:
    assert set(_MODULE.findall(OVERVIEW.text)) == scripts()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_benchmarks_that_are_named_can_be_run(document: Document) -> None:
    files = {path.removesuffix(".py").replace("/", ".") for path in _FILE.findall(document.text)}
    assert {*files, *_MODULE.findall(document.text)} <= scripts()
