"""Theme of all figures, light and dark, in colors that color-blind readers can distinguish."""

from __future__ import annotations

import html
import math

from optuna_dnc._extras import missing_package

try:
    from plotly import graph_objects as go
except ModuleNotFoundError as error:
    raise missing_package(error, "figures") from None

# Okabe and Ito, "Color universal design", 2008.
BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
RED = "#D55E00"
SKY = "#56B4E9"
PINK = "#CC79A7"
PALE_BLUE = "#9CC9E3"
BLACK = "#1F2328"
GREY = "#6B7280"
LIGHT = "#E5E7EB"
PALE = "#C4C9D1"
WASH = "#F6F8FA"
WHITE = "#FFFFFF"
VEIL = "rgba(255,255,255,0.8)"
PALETTE = (BLUE, ORANGE, GREEN, PINK, SKY, RED)

DARK = {
    BLUE: "#3B93D3",
    PALE_BLUE: "#1E4E73",
    BLACK: "#E6EDF3",
    GREY: "#9AA4B2",
    LIGHT: "#2B323B",
    PALE: "#4A535F",
    WASH: "#161B22",
    WHITE: "#0D1117",
    VEIL: "rgba(13,17,23,0.8)",
}
"""Colors on a dark page; the others stay as they are."""

HEADING = 40
"""Pixels from the top of a figure to the bottom of its title."""
MARGIN = 12
"""Pixels of an empty margin."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

_AXIS = {
    "gridcolor": LIGHT,
    "linecolor": GREY,
    "showline": True,
    "ticks": "outside",
    "tickcolor": GREY,
    "ticklen": 4,
    "zeroline": False,
    "automargin": True,
    "title": {"standoff": 8, "font": {"size": 13}},
    "tickfont": {"size": 12},
    "fixedrange": True,  # scrolling the page by touch must not zoom the figure
}

TEMPLATE = go.layout.Template(
    layout={
        "font": {"family": FONT, "size": 13, "color": BLACK},
        "title": {
            "font": {"size": 16},
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "pad": {"l": 12},
            "yref": "container",
            "yanchor": "top",
        },
        "paper_bgcolor": WHITE,
        "plot_bgcolor": WHITE,
        "colorway": list(PALETTE),
        "xaxis": {**_AXIS, "tickangle": 0},
        "yaxis": _AXIS,
        "margin": {"l": MARGIN, "r": MARGIN + 2, "t": MARGIN, "b": MARGIN},
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "yref": "container",
            "yanchor": "top",
            "font": {"size": 12},
            "itemclick": False,
            "itemdoubleclick": False,
        },
        "hoverlabel": {"bgcolor": WHITE, "font": {"family": FONT, "size": 12}},
        "hovermode": "closest",
    }
)


def new_figure(title: str, *, x: str = "", y: str = "", height: int = 400) -> go.Figure:
    """Return an empty figure.

    Args:
        title: Title of the figure.
        x: Title of the x axis, with its unit.
        y: Title of the y axis, with its unit.
        height: Height in pixels; the width is that of the page.
    """
    return go.Figure(
        layout={
            "template": TEMPLATE,
            "title": {"text": title, "y": 1 - 10 / height},
            "height": height,
            "margin": {"t": HEADING},
            "legend": {"y": 1 - HEADING / height},
            "xaxis": {"title": {"text": x}},
            "yaxis": {"title": {"text": y}},
        }
    )


def untitled(figure: go.Figure) -> go.Figure:
    """Return a copy without the title, for a page that shows the title itself."""
    height = figure.layout.height - HEADING + MARGIN
    return go.Figure(figure).update_layout(
        title={"text": ""}, height=height, margin={"t": MARGIN}, legend={"y": 1 - MARGIN / height}
    )


def rounded(value: float | None, digits: int = 4) -> float | None:
    """Round to significant digits; None, which leaves a gap, if not finite."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{digits}g}")


def plain(text: str) -> str:
    """Escape a text for plotly, which interprets some HTML."""
    return html.escape(text, quote=False)


def signed(value: float) -> str:
    """Format a loss with two decimals and a typographic minus sign."""
    return f"{value:.2f}".replace("-", "−")
