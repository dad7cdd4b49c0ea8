"""Source of the encoder of a table, for exported Python files."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING

from optuna_dnc.data.tables.dates import ZONED
from optuna_dnc.data.tables.number_formats import ClockFormat
from optuna_dnc.data.tables.values import NO_NUMBERS
from optuna_dnc.export.literals import assignment, mapping

if TYPE_CHECKING:
    from optuna_dnc.data.tables import Column, Table

_WITH_CATEGORIES = ("binary", "ordered", "one_hot", "row_of_matrix")
_OF_NUMBERS = ("number", "written_number", "clock")
_OF_DATES = ("day", "day_and_hour")


@dataclass(frozen=True)
class EncoderSource:
    """Parts of the code of an encoder."""

    imports: str
    """Of the standard library; lines in alphabetical order."""
    code: str
    """Constants and functions; the last one is ``encode``."""


def encoder_source(table: Table) -> EncoderSource:
    """Write the code that encodes rows as :meth:`Table.encode` does, with what it needs alone."""
    encodings = {column.name: _encoding(column) for column in table.used}
    used = set(encodings.values())
    has_text, has_dates = bool(used & {*_WITH_CATEGORIES}), bool(used & {*_OF_DATES})
    fills = {c.name: c.fill for c in table.used if c.fill is not None and not c.embedded}
    formats = {c.name: c.date_format for c in table.used if c.date_format not in (None, ZONED)}
    written = {
        c.name: (form.group, form.decimal, form.sign)
        for c in table.used
        if (form := c.number_format) is not None and not isinstance(form, ClockFormat)
    }
    marked = [c.name for c in table.used if c.has_missing and not c.embedded]
    categories = {c.name: c.known for c in table.used if c.categories}
    parts = [f"{mapping('CATEGORIES', categories)}\n{_POSITIONS}\n" if has_text else ""]
    parts += [f"{mapping('FILLS', fills)}\n" if fills else ""]
    parts += [f"{mapping('DATE_FORMATS', formats)}\nEPOCH = datetime(1970, 1, 1)\n"] * has_dates
    parts += [f"{mapping('NUMBER_FORMATS', written)}\n" if written else ""]
    parts += [f"{assignment('GAPS', NO_NUMBERS)}\n"] * bool(used & {*_OF_NUMBERS})
    parts += [assignment("HAD_MISSING", marked), "\n\n\n", KNOWN]
    parts += [TEXT] * has_text + [TIME] * has_dates
    if used & {"written_number", "clock"}:
        used.add("number")  # for values that are no texts
    of_numbers = [name for name in _OF_NUMBERS if name in used]
    is_number = "is number" if of_numbers == ["number"] else f"in ({', '.join(of_numbers)})"
    gaps = Template(GAPS).substitute(is_number=is_number) if of_numbers else ""
    parts += [function for name, function in FUNCTIONS.items() if name in used]
    parts += [mapping("COLUMNS", encodings, are_names=True), "\n\n\n"]
    parts += [
        Template(ENCODE).substitute(width=table.width, dtype=table.dtype.__name__, gaps=gaps)
    ]
    needs_math = has_dates or bool(of_numbers)
    return EncoderSource(
        imports="import math\n" * needs_math
        + "import re\n" * bool(used & {"written_number", "clock"})
        + "from datetime import date, datetime, timedelta, timezone\n" * has_dates,
        code="".join(parts),
    )


_POSITIONS = """\
POSITIONS = {
    name: {category: i for i, category in enumerate(categories)}
    for name, categories in CATEGORIES.items()
}"""


def _encoding(column: Column) -> str:
    """Return the name of the function that encodes a column."""
    if column.embedded:
        return "row_of_matrix"
    if column.kind == "category":
        return "one_hot"
    if column.kind == "date":
        return "day_and_hour" if column.has_time else "day"
    if column.kind == "binary":
        return "binary"
    if column.number_format is not None:
        return "clock" if isinstance(column.number_format, ClockFormat) else "written_number"
    return "ordered" if column.categories else "number"


KNOWN = '''\
def known(value: object) -> object:
    """The value; None where it is missing: NaN, NA, NaT, and texts that are empty."""
    if isinstance(value, str):
        return value.strip() or None
    return None if str(value) in ("None", "nan", "NaN", "NaT", "<NA>") else value


'''

TEXT = '''\
def text(value: object) -> str:
    """A value as it is in CATEGORIES: 3 and 3.0 are "3", and True is "true"."""
    if isinstance(value, (float, np.floating)):
        size = abs(float(value))
        if size.is_integer() and size <= 2**53:
            return str(int(value))
        if 1e-6 <= size < 1e10:
            return np.format_float_positional(value, trim="-")
        return np.format_float_scientific(value, trim="-", exp_digits=1)
    found = str(value)
    return found.lower() if found.lower() in ("true", "false") else found


def position(name: str, value: object) -> int:
    """The index in CATEGORIES; -1 where it is missing or was not in training.

    Categories that too few training rows had are None there.
    """
    return -1 if value is None else POSITIONS[name].get(text(value), -1)


'''

TIME = '''\
def written_time(value: str, form: str) -> datetime:
    """A text as a point in time; months may also have their full names."""
    try:
        return datetime.strptime(value, form)
    except ValueError:
        return datetime.strptime(value, form.replace("%b", "%B"))


def time_of(name: str, value: object) -> datetime:
    """The value in UTC; the median of the training data where it is missing."""
    if value is None:
        return EPOCH + timedelta(seconds=FILLS[name])
    problem = f"column {name!r} must hold dates, got {value!r}"
    form = DATE_FORMATS.get(name)
    if form == "%Y%m%d" and isinstance(value, (int, float, np.integer)):
        value = str(int(value))
    if isinstance(value, str):
        try:
            if form is not None:
                value = written_time(value, form)
            else:
                value = datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            raise ValueError(problem) from None
    if not isinstance(value, date):
        raise ValueError(problem)
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    if value.tzinfo is not None:
        value = value.astimezone(timezone.utc).replace(tzinfo=None)
    return value.replace(microsecond=0)


def on_circle(share: float) -> list[float]:
    """Sine and cosine, so that the last value lies beside the first."""
    return [math.sin(2 * math.pi * share), math.cos(2 * math.pi * share)]


def day(name: str, value: object) -> list[float]:
    """The year with its fraction, the month, the day, and the weekday."""
    time = time_of(name, value)
    weekday = time.weekday()
    return [
        1970 + (time - EPOCH).total_seconds() / 86400 / 365.2425,
        *on_circle((time.month - 1) / 12),
        float(time.day),
        *on_circle(weekday / 7),
        float(weekday >= 5),
    ]


'''

FUNCTIONS = {
    "number": '''\
def number(name: str, value: object) -> list[float]:
    """The number; the median of the training data where it is missing."""
    try:
        found = FILLS[name] if value is None else float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise ValueError(f"column {name!r} must hold numbers, got {value!r}")
    return [found]


''',
    "written_number": '''\
def written_number(name: str, value: object) -> list[float]:
    """The number, also as a text with separated thousands, decimals and a sign."""
    if not isinstance(value, str):
        return number(name, value)
    group, decimal, sign = NUMBER_FORMATS[name]
    text = re.sub("[\\u00a0\\u2009\\u202f]", " ", value)
    text = text.replace("\\u2019", "'").replace("\\u2212", "-")
    text = "".join(part.strip() for part in text.split(sign)) if sign else text
    thousands = rf"[1-9]\\d{{0,2}}(?:{re.escape(group)}\\d{{3}})+|" if group else ""
    digits = rf"(?:{thousands}0|[1-9]\\d*)(?:{re.escape(decimal)}\\d+)?"
    is_number = re.fullmatch(rf"[+-]?{digits}|\\({digits}\\)", text, re.ASCII)
    if sign not in value or not is_number:
        raise ValueError(f"column {name!r} must hold numbers, got {value!r}")
    size = float(re.sub(f"[^0-9{decimal}]", "", text).replace(decimal, "."))
    return [-size if text[0] in "-(" else size]


''',
    "clock": '''\
def clock(name: str, value: object) -> list[float]:
    """The hours of a time of day or a duration, also as a text such as 8:30 or 8:30 PM."""
    if not isinstance(value, str):
        return number(name, value)
    seconds = r"(?::([0-5]\\d(?:\\.\\d+)?))?"
    found = re.fullmatch(rf"(\\d{{1,3}}):([0-5]\\d){seconds}(?: ?([AaPp])[Mm])?", value, re.ASCII)
    if found is None:
        raise ValueError(f"column {name!r} must hold times such as 8:30, got {value!r}")
    hours, minutes, seconds, half = found.groups()
    of_day = int(hours) % 12 + 12 * (half in "Pp") if half else int(hours)
    return [of_day + int(minutes) / 60 + float(seconds or 0) / 3600]


''',
    "binary": '''\
def binary(name: str, value: object) -> list[float]:
    """1 for the second category, 0 for others."""
    return [float(position(name, value) == 1)]


''',
    "ordered": '''\
def ordered(name: str, value: object) -> list[float]:
    """The index of the category; the median of the training data for others."""
    index = position(name, value)
    return [FILLS[name] if index < 0 else float(index)]


''',
    "one_hot": '''\
def one_hot(name: str, value: object) -> list[float]:
    """1 for the category of the value, 0 for all others."""
    index = position(name, value)
    return [float(i == index) for i in range(len(CATEGORIES[name]))]


''',
    "row_of_matrix": '''\
def row_of_matrix(name: str, value: object) -> list[float]:
    """The row in the matrix of an embedding: 0 for values not in CATEGORIES."""
    return [position(name, value) + 1.0]


''',
    "day_and_hour": '''\
def day_and_hour(name: str, value: object) -> list[float]:
    """The parts of the day, and the hour."""
    time = time_of(name, value)
    seconds = time.hour * 3600 + time.minute * 60 + time.second
    return [*day(name, value), *on_circle(seconds / 86400)]


''',
}
"""By name. Each returns the inputs for a value of a column, which is None where it is missing."""

ENCODE = '''\
def encode(rows: list[dict]) -> torch.Tensor:
    """Inputs (n, $width) for rows, before normalization; other keys do not count."""
    lacking = [name for name in COLUMNS if not any(name in row for row in rows)]
    if rows and lacking:
        raise ValueError(f"the rows lack the columns {lacking}")
    encoded = np.empty((len(rows), $width), dtype=np.$dtype)
    for i, row in enumerate(rows):
        inputs = []
        for name, encoding in COLUMNS.items():
            value = known(row.get(name))
$gaps            inputs += encoding(name, value)
            if name in HAD_MISSING:
                inputs.append(float(value is None))
        encoded[i] = inputs
    return torch.from_numpy(encoded)


'''

GAPS = """\
            if encoding $is_number and str(value).lower() in GAPS:
                value = None
"""
"""Texts that stand for missing numbers."""
