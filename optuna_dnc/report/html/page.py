"""The report as one HTML page that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plotly import graph_objects as go
from plotly.offline import get_plotlyjs

from optuna_dnc.report.figures.captions import caption
from optuna_dnc.report.figures.theme import untitled
from optuna_dnc.report.missing import missing_package

try:
    from jinja2 import Environment, PackageLoader
    from markupsafe import Markup
except ModuleNotFoundError as error:
    raise missing_package(error, "reports") from None

GENERATOR = "optuna-dnc report"
"""By this in its head a page is known to be a report."""


def render(
    content: Mapping[str, Any],
    figures: Mapping[str, go.Figure],
    template: str = "report.html",
) -> str:
    """The page.

    Args:
        content: What :func:`optuna_dnc.report.html.content.content` says; it is escaped.
        figures: Figures with a title and a height, by names that are HTML ids.
        template: Which of the pages in ``templates``.
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
    )


def _described(name: str, figure: go.Figure) -> dict[str, Any]:
    shown = untitled(figure)
    # In JSON a < stands within strings only; as it is it could end the script that holds it.
    json = shown.to_json().replace("<", "\\u003c")
    return {
        "name": name,
        "title": figure.layout.title.text,
        "caption": caption(name),
        "height": shown.layout.height,
        "json": Markup(json),
    }
