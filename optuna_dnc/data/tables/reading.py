"""Reading of CSV, TSV, JSON Lines, Parquet and Arrow files, as Arrow tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, feather, json, parquet

from optuna_dnc._errors import InputError, brief, shown
from optuna_dnc.data.memory import free_memory, gibibytes
from optuna_dnc.data.tables.as_written import may_have_thousands
from optuna_dnc.data.tables.csv_dialect import HEAD, CsvDialect, dialect_of
from optuna_dnc.data.tables.csv_faults import broken_csv, wrong_encoding
from optuna_dnc.data.tables.data_frames import checked_table
from optuna_dnc.data.tables.digit_codes import digit_codes
from optuna_dnc.data.tables.kind import FEW_LEVELS
from optuna_dnc.data.tables.opening import BROKEN, COMPRESSED, opened
from optuna_dnc.data.tables.points import numbers_in_file, with_decimals
from optuna_dnc.data.tables.values import MISSING, is_text, matches_number, without_gaps

CSV_ENDINGS = (".csv", ".tsv", ".tab", ".txt")
JSON_ENDINGS = (".jsonl", ".ndjson")
PARQUET_ENDINGS = (".parquet", ".pq")
ARROW_ENDINGS = (".feather", ".arrow", ".ipc")


_GROWTH = 4
"""Times its size on the disk that a CSV file takes in memory at most, while it is read."""

_BLOCK, _WIDE_BLOCK = 2**20, 2**26
"""Bytes that are parsed at once: a column has an array for each block, so that many columns take
much time and memory in small blocks."""


def is_table_file(path: Path) -> bool:
    """Return whether a file is read as a table, by the end of its name."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    texts = (*CSV_ENDINGS, *JSON_ENDINGS)
    if suffixes and suffixes[-1] in COMPRESSED:
        return len(suffixes) > 1 and suffixes[-2] in texts
    return bool(suffixes) and suffixes[-1] in (*texts, *PARQUET_ENDINGS, *ARROW_ENDINGS)


def is_parquet_file(path: Path) -> bool:
    """Return whether a path is a Parquet file, and no folder of such files."""
    return path.suffix.lower() in PARQUET_ENDINGS and not path.is_dir()


def read_table(path: Path, encoding: str = "utf-8") -> pa.Table:
    """Read a file as a table.

    Args:
        path: The file; the end of its name says what it is.
        encoding: Encoding of the text of CSV files.

    Raises:
        InputError: It cannot be read; the message names the line, if one is at fault.
    """
    endings = [suffix.lower() for suffix in path.suffixes]
    ending = endings[-1]
    with reading(path):
        check_memory(path)
        if ending in PARQUET_ENDINGS:
            # A buffer of the whole file would help with files in a network only.
            table = parquet.read_table(path, pre_buffer=False)
        elif ending in ARROW_ENDINGS:
            table = feather.read_table(path)
        elif set(endings[-2:]) & set(JSON_ENDINGS):
            with opened(path) as stream:
                table = json.read_json(stream)
        else:
            table = _read_csv(path, str(path), encoding)
    return checked_table(table, str(path))


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Raise the errors of reading a file as :class:`InputError`, in one sentence."""
    try:
        if path.stat().st_size == 0:
            raise InputError(f"{path} is empty; give a file with a header and rows.")
        yield
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; give the path of a file.") from None
    except BROKEN as error:
        raise InputError(
            f"{path} cannot be read ({brief(error)}); it may be damaged, cut short, or of another "
            "type than its name says. Save it again."
        ) from None


def read_csv(content: bytes, name: str, encoding: str = "utf-8") -> pa.Table:
    """Read the content of a CSV file as :func:`read_table` does.

    Args:
        content: The bytes.
        name: Name of the file in messages.
        encoding: Encoding of the text.

    Raises:
        InputError: It cannot be read; the message names the line, if one is at fault.
    """
    return checked_table(_read_csv(content, name, encoding), name)


def _read_csv(source: Path | bytes, name: str, encoding: str) -> pa.Table:
    dialect = _dialect(source, name, encoding)

    def parsed(texts: Sequence[str] = ()) -> pa.Table:
        with opened(source) as stream:
            return _parsed(stream, dialect, texts)

    try:
        table = parsed()
    except pa.ArrowInvalid as error:
        raise broken_csv(source, name, dialect, str(error)) from None
    names = [column.strip() for column in table.column_names]
    if all(map(_is_number, names)):
        raise InputError(
            f"{name} has numbers where names of columns are expected ({shown(', '.join(names))}); "
            "add a first line with names."
        )
    columns = table.columns
    for index, column in enumerate(columns):
        if pa.types.is_binary(column.type):
            raise wrong_encoding(source, name, dialect.encoding)
        if pa.types.is_string(column.type):
            text = _cleaned(column, dialect.decimal)
            has_comma = dialect.decimal == "," and is_text(text.type)
            columns[index] = with_decimals(text) if has_comma else text
    unsure = _unsure(table) if dialect.decimal == "." else []
    if unsure:
        texts = parsed(unsure)
        for column in unsure:
            index = table.column_names.index(column)
            columns[index] = numbers_in_file(table[column], texts[column])
    for column, codes in digit_codes(table, parsed).items():
        columns[table.column_names.index(column)] = codes
    # Separators at the ends of lines make columns without a name and without values.
    kept = [i for i, name in enumerate(names) if name or columns[i].null_count < len(columns[i])]
    return pa.table([columns[i] for i in kept], [names[i] for i in kept])


def _unsure(table: pa.Table) -> list[str]:
    """Return the names of columns of numbers whose points may separate thousands."""
    named = list(zip(table.column_names, table.columns, strict=True))
    if len(set(table.column_names)) < len(named):
        return []  # it is refused
    return [
        name
        for name, column in named
        if pa.types.is_floating(column.type) and may_have_thousands(column)
    ]


def _parsed(stream: pa.NativeFile, dialect: CsvDialect, texts: Sequence[str]) -> pa.Table:
    """Return all columns, or some of them as strings."""
    return csv.read_csv(
        stream,
        read_options=csv.ReadOptions(
            encoding=dialect.encoding,
            skip_rows=dialect.n_above,
            block_size=_WIDE_BLOCK if dialect.is_wide else _BLOCK,
        ),
        parse_options=csv.ParseOptions(delimiter=dialect.separator, newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            null_values=MISSING,
            strings_can_be_null=True,
            decimal_point=dialect.decimal,
            include_columns=list(texts),
            column_types=dict.fromkeys(texts, pa.string()),
        ),
    )


def _cleaned(text: pa.ChunkedArray, decimal: str) -> pa.ChunkedArray:
    """Return strings without spaces around them, or numbers if something hid them from Arrow.

    Spaces hide numbers, and so do texts for missing values such as ``-``.
    """
    trimmed = pc.utf8_trim_whitespace(text)
    is_trimmed = pc.all(pc.equal(trimmed, text)).as_py() is False
    if is_trimmed:
        is_missing = pc.is_in(trimmed, pa.array(MISSING))
        trimmed = pc.if_else(is_missing, pa.scalar(None, pa.string()), trimmed)
    known = without_gaps(trimmed)
    has_gaps = known.null_count > trimmed.null_count
    few = pc.count_distinct(known).as_py() <= FEW_LEVELS
    if few if has_gaps else not is_trimmed:
        return trimmed
    numbers = pc.replace_substring(known, ",", ".") if decimal == "," else known
    is_number = pc.all(matches_number(numbers)).as_py()
    return numbers.cast(pa.float64()) if is_number else trimmed


def _dialect(source: Path | bytes, name: str, encoding: str) -> CsvDialect:
    has_tabs = isinstance(source, Path) and bool({".tsv", ".tab"} & set(source.suffixes))
    with opened(source) as stream:
        head = stream.read(HEAD)
    try:
        return dialect_of(head, name, encoding, has_tabs=has_tabs)
    except UnicodeError:  # not of all codecs a UnicodeDecodeError
        raise wrong_encoding(source, name, encoding) from None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def check_memory(path: Path) -> None:
    """Raise if the file is certainly larger than the free memory."""
    size, free = path.stat().st_size, free_memory()
    if free is not None and size * _GROWTH > free and size > free / 2:
        raise InputError(
            f"{path} has {gibibytes(size)} and the free memory is {gibibytes(free)}; "
            "give fewer rows or columns, or save them as an uncompressed .npz file, which is read "
            "from the disk."
        )
