"""Draw the packages of optuna_dnc and their imports as docs/images/architecture.svg.

``python docs/architecture_figure.py`` writes the figure, ``--check`` fails where it is not that
of the present imports. The rows are the layers of the import-linter contract in pyproject.toml.
Imports that follow from others are left out (transitive reduction).
"""

from __future__ import annotations

import argparse
import sys
from html import escape
from pathlib import Path

import grimp

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
FIGURE = ROOT / "docs" / "images" / "architecture.svg"
PACKAGE = "optuna_dnc"

WIDTH, ROW, BOX, HEIGHT = 860, 76, 128, 34
STYLE = (
    "text{font:600 14px system-ui,sans-serif;fill:#1b1f24;text-anchor:middle}"
    "rect{fill:#eef3fb;stroke:#3b6fb6;rx:7}"
    "path{fill:none;stroke:#8a94a3;stroke-width:1.3;marker-end:url(#head)}"
    "marker path{fill:#8a94a3;stroke:none}"
)

Edges = set[tuple[str, str]]


def layers() -> list[list[str]]:
    """Return the packages of each layer, from the top down."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    (contract,) = (contract for contract in contracts if contract["type"] == "layers")
    return [
        [name.strip().removeprefix(f"{PACKAGE}.") for name in layer.split("|")]
        for layer in contract["layers"]
    ]


def imports(packages: list[str]) -> Edges:
    """Return which package imports which, without what follows from other imports."""
    graph = grimp.build_graph(PACKAGE)
    for package in packages:
        graph.squash_module(f"{PACKAGE}.{package}")
    edges = {
        (importer, imported)
        for importer in packages
        for imported in packages
        if graph.direct_import_exists(
            importer=f"{PACKAGE}.{importer}", imported=f"{PACKAGE}.{imported}"
        )
    }
    return {edge for edge in edges if not _is_implied(edge, edges - {edge})}


def _is_implied(edge: tuple[str, str], others: Edges) -> bool:
    start, end = edge
    reached, waiting = set(), [start]
    while waiting:
        package = waiting.pop()
        reached.add(package)
        waiting += [to for source, to in others if source == package and to not in reached]
    return end in reached


def draw(rows: list[list[str]], edges: Edges) -> str:
    """Return the figure as SVG."""
    middles = {
        package: (WIDTH * (place + 1) / (len(row) + 1), ROW * number + ROW / 2)
        for number, row in enumerate(rows)
        for place, package in enumerate(row)
    }
    height = ROW * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        "<title>Packages of optuna_dnc and their imports</title>",
        f"<style>{STYLE}</style>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>',
        f'<rect x="0" y="0" width="{WIDTH}" height="{height}" style="fill:#fff;stroke:none"/>',
    ]
    for importer, imported in sorted(edges):
        (x1, y1), (x2, y2) = middles[importer], middles[imported]
        y1, y2 = y1 + HEIGHT / 2, y2 - HEIGHT / 2
        bend = (y2 - y1) / 2
        parts.append(
            f'<path d="M{x1:.0f} {y1:.0f}C{x1:.0f} {y1 + bend:.0f} {x2:.0f} {y2 - bend:.0f} '
            f'{x2:.0f} {y2:.0f}"/>'
        )
    for package, (x, y) in middles.items():
        parts += [
            f'<rect x="{x - BOX / 2:.0f}" y="{y - HEIGHT / 2:.0f}" width="{BOX}" '
            f'height="{HEIGHT}"/>',
            f'<text x="{x:.0f}" y="{y + 5:.0f}">{escape(package)}/</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def main() -> None:
    """Write the figure, or check it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--check", action="store_true", help="write nothing; fail if it differs")
    rows = layers()
    figure = draw(rows, imports([package for row in rows for package in row]))
    if not options.parse_args().check:
        FIGURE.write_text(figure)
    elif not FIGURE.exists() or FIGURE.read_text() != figure:
        sys.exit(f"{FIGURE} is out of date; run python docs/architecture_figure.py.")


if __name__ == "__main__":
    main()
