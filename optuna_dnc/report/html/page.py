"""Self-contained HTML pages: rendering and writing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plotly import graph_objects as go
from plotly.offline import get_plotlyjs

from optuna_dnc._errors import InputError
from optuna_dnc._extras import missing_package
from optuna_dnc._files import replace_file
from optuna_dnc.report.figure_registry import caption
from optuna_dnc.report.figures.theme import DARK, untitled

try:
    from jinja2 import Environment, PackageLoader
    from markupsafe import Markup
except ModuleNotFoundError as error:
    raise missing_package(error, "reports") from None

GENERATOR = "optuna-dnc report"
"""Value of ``<meta name="generator">``, by which reports are recognized."""
_HEAD = 1000
"""Bytes at the start of a page that contain the generator."""


def render(
    content: Mapping[str, Any],
    figures: Mapping[str, go.Figure],
    template: str = "report.html",
) -> str:
    """Render a page.

    Args:
        content: Variables of the template, which are escaped.
        figures: Figures with a title and a height, by names that are HTML ids.
        template: Name of a file in ``templates``.
    """
    environment = Environment(
        loader=PackageLoader("optuna_dnc.report"), autoescape=True, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template(template).render(
        content,
        figures=[_described(name, figure) for name, figure in figures.items()],
        generator=GENERATOR,
        plotly=Markup(get_plotlyjs()),
        dark=Markup(json.dumps(DARK)),
    )


def _described(name: str, figure: go.Figure) -> dict[str, Any]:
    shown = untitled(figure)
    # A < occurs only within JSON strings; unescaped it could end the script element.
    data = shown.to_json().replace("<", "\\u003c")
    return {
        "name": name,
        "title": figure.layout.title.text,
        "caption": caption(name),
        "height": shown.layout.height,
        "json": Markup(data),
    }


def check_replaceable(file: Path) -> None:
    """Raise :class:`InputError` if a file exists that is not a report."""
    if not file.exists():
        return
    with file.open("rb") as existing:
        if GENERATOR.encode() not in existing.read(_HEAD):
            raise InputError(f"out: {file} exists and is not a report; choose another name.")


def write_page(file: Path, page: str) -> Path:
    """Write a page atomically.

    Returns:
        The file.

    Raises:
        InputError: The file cannot be written.
    """
    try:
        replace_file(file, page.encode())
    except OSError as error:
        raise InputError(f"out: {file} cannot be written: {error.strerror}.") from None
    return file
