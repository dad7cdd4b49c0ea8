"""What the README and the pages say about files and code is so."""

from __future__ import annotations

import importlib
import re
from importlib.util import find_spec
from inspect import ismodule
from pathlib import Path

import pytest

import optuna_dnc
from tests.docs.documents import DOCUMENTS, ROOT, Document

REFERENCE = ROOT / "docs/api"
PAGES = [page for page in sorted(REFERENCE.glob("*.md")) if page.stem != "index"]

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)


@every_document
def test_links_and_pictures_lead_somewhere(document: Document) -> None:
    missing = [link for link in document.links if not (document.path.parent / link).exists()]
    assert not missing


@every_document
def test_python_blocks_are_python(document: Document) -> None:
    for code in document.blocks("python"):
        compile(code, document.name, "exec")


def test_every_layer_has_a_page_in_the_reference() -> None:
    layers = {path.parent.name for path in (ROOT / "optuna_dnc").glob("[!_]*/__init__.py")}
    assert {page.stem for page in PAGES} == layers - {"cli"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_functions_named_like_their_file_are_in_the_reference(page: Path) -> None:
    """A page of a layer shows its public names, but a file of the same name hides a function."""
    layer = importlib.import_module(f"optuna_dnc.{page.stem}")
    hidden = [
        name
        for name in layer.__all__
        if find_spec(f"{layer.__name__}.{name}") and not ismodule(getattr(layer, name))
    ]
    shown = page.read_text(encoding="utf-8")
    defined = {name: f"::: {getattr(layer, name).__module__}.{name}\n" for name in hidden}
    assert [name for name, entry in defined.items() if entry not in shown] == []


def test_the_reference_lists_every_name_of_the_top_level() -> None:
    shown = (REFERENCE / "index.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| \[?`(\w+)`", shown, re.MULTILINE)) == set(optuna_dnc.__all__)
