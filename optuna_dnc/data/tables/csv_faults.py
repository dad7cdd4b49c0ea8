"""Errors of CSV files that cannot be read, with the first line that is at fault."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optuna_dnc._errors import InputError, cut
from optuna_dnc._markdown import counted
from optuna_dnc.data.tables.csv_dialect import CsvDialect
from optuna_dnc.data.tables.opening import opened


def broken_csv(source: Path | bytes, name: str, dialect: CsvDialect, message: str) -> InputError:
    """Return an error that names the first line with more or fewer values than the header.

    Arrow numbers rows, which are not the lines of the file if lines are empty or values have
    several.

    Args:
        source: The file or its content.
        name: Name of the file in messages.
        dialect: Layout of the file.
        message: Message of Arrow.
    """
    try:
        fault = _broken_line(source, dialect)
    except (csv.Error, UnicodeError):
        fault = None
    if fault is None:
        reason = cut(message.removeprefix("CSV parse error: "), 150)
        fault = f"it is not valid CSV ({reason}); correct it"
    return InputError(f"{name}: {fault}.")


def _broken_line(source: Path | bytes, dialect: CsvDialect) -> str | None:
    with (
        opened(source) as stream,
        io.TextIOWrapper(stream, dialect.encoding, newline="") as text,
        _fields_of_any_size(),
    ):
        for _ in range(dialect.n_above):
            text.readline()
        rows = csv.reader(text, delimiter=dialect.separator)
        n_names, start = 0, 0
        for row in rows:
            n_names = n_names or len(row)
            if row and len(row) != n_names:
                break
            start = rows.line_num
        else:
            return None
        goes_on = rows.line_num > start + 1 and next(rows, None) is None
    what = f"line {dialect.n_above + start + 1} has {counted(len(row), 'value')}"
    what += f" and the header {counted(n_names, 'name')}"
    if goes_on and "\n" in row[-1]:
        return f"{what}, because the quote of its last value is not closed; correct the line"
    if n_names == 1:
        return f"{what}; remove what is above the line of names, if anything is"
    return f"{what}; correct the line, or quote values that contain the separator"


@contextmanager
def _fields_of_any_size() -> Iterator[None]:
    """Let Python read values that are as long as Arrow reads."""
    before = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def wrong_encoding(source: Path | bytes, name: str, encoding: str) -> InputError:
    """Return an error that names the first line that cannot be decoded."""
    with opened(source) as stream:
        lines = stream.read().splitlines()
    number = 1 + next((i for i, line in enumerate(lines) if not _decodes(line, encoding)), 0)
    return InputError(
        f"{name}: line {number} is not {encoding.upper()}; save the file as UTF-8, or name its "
        "encoding, for example encoding='latin-1'."
    )


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeError:
        return False
    return True
