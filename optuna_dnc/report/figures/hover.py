"""What a figure says of a trial under the pointer."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from optuna_dnc.report.figures.theme import plain
from optuna_dnc.runs import Record

MOST_TEXTS = 300
"""Trials that are described: a figure of a thousand is not read point by point."""
WIDTH = 60


def hover_texts(records: Sequence[Record]) -> list[str]:
    """The network of each record in a few words; of the leading ones only, if there are many."""
    leading = sorted(records, key=lambda record: record.rank)[:MOST_TEXTS]
    described = {record.label for record in leading}
    return [_text(record) if record.label in described else "" for record in records]


def _text(record: Record) -> str:
    return plain(textwrap.shorten(record.description, WIDTH, placeholder=" …"))
