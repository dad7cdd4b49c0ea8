"""Options of data sets that come as tables or as files of images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator
from typing_extensions import Self

from optuna_dnc._errors import InputError, shown
from optuna_dnc._setting_fields import SEARCHES, Setting, SettingField, Verb, setting_fields
from optuna_dnc._validation import CheckedModel, Real
from optuna_dnc.data.tables.kind import KINDS, LEVEL_SEPARATOR, Kind, Levels

_LOADS_DATA: frozenset[Verb] = SEARCHES - {"estimators"} | {"check"}


def _names(value: Any) -> Any:
    """Return names as a tuple; a single one may be given bare, and pandas also has numbers."""
    if isinstance(value, str) or _is_number(value):
        value = (value,)
    return tuple(map(_name, value)) if isinstance(value, Iterable) else value


def _name(value: Any) -> Any:
    """Return the name of a column, which may be a number in pandas."""
    return str(value) if _is_number(value) else value


def _is_number(name: Any) -> bool:
    return isinstance(name, Integral) and not isinstance(name, bool)


def _kinds(value: Any) -> Any:
    """Return kinds, or levels, by the names of columns."""
    if not isinstance(value, Mapping):
        return value
    return {str(name): _kind(name, kind) for name, kind in value.items()}


def _kind(name: Any, kind: Any) -> Any:
    """Return the name of a kind, or levels; ``LOW:MIDDLE:HIGH`` are levels as well."""
    if isinstance(kind, str) and kind in KINDS:
        return kind
    given = kind.split(LEVEL_SEPARATOR) if isinstance(kind, str) else kind
    if isinstance(given, list | tuple):
        levels = tuple(map(_level, given))
        if len(levels) > 1 and all(levels) and len(set(levels)) == len(levels):
            return levels
    raise ValueError(
        f"must be one of {', '.join(KINDS)}, or two or more different levels from the lowest to "
        f"the highest, such as low{LEVEL_SEPARATOR}high, for column {shown(name)}; change "
        f"{shown(kind)}"
    )


def _level(value: Any) -> str:
    """Return a level as text, in which 3.0 is ``3``."""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()


def _size(value: Any) -> Any:
    """Return height and width of images as ``HEIGHTxWIDTH``; one number stands for both."""
    parts = value if isinstance(value, list | tuple) else str(value).lower().split("x")
    numbers = [str(part).strip() for part in parts]
    if value is None:
        return None
    if len(numbers) == 1:
        numbers *= 2
    if len(numbers) != 2 or not all(
        number.isdecimal() and 0 < int(number) <= LARGEST_SIDE for number in numbers
    ):
        raise InputError(
            f"image_size must be HEIGHTxWIDTH in pixels, such as 64x48 or 64, each from 1 to "
            f"{LARGEST_SIDE:,}, got {shown(value)}; change it."
        )
    return "x".join(str(int(number)) for number in numbers)


LARGEST_SIDE = 10_000
"""Most pixels of a side of ``image_size``."""

Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Name = Annotated[str, BeforeValidator(_name)]


def _table(metavar: str | None = None, default: str | None = None) -> Setting:
    return Setting("Table", verbs=_LOADS_DATA, metavar=metavar, default=default, inherited="never")


class DataOptions(CheckedModel):
    """Columns of a table to learn from and to predict, and rows of the test set.

    For tables: CSV, Parquet and Arrow files, and data frames. With ``image``, the table holds
    paths of images. Folders of images take ``test``, ``test_fraction`` and ``image_size``.
    """

    target: Annotated[Names, _table("COLUMN")] = ()
    """Column to predict. Several yes/no columns are labels, several number columns are targets."""
    test: Annotated[Any, _table("FILE")] = None
    """Table of test rows with the same columns; for images, a folder of test images."""
    test_fraction: Annotated[
        Annotated[Real, Field(gt=0, lt=1)] | None, _table(default="no test rows")
    ] = None
    """Fraction of the rows or images to hold out as the test set, drawn at random with the
    seed."""
    drop: Annotated[Names, _table("COLUMN")] = ()
    """Columns to leave out."""
    features: Annotated[Names, _table("COLUMN", "all except the target")] = ()
    """Columns to learn from."""
    kind: Annotated[dict[str, Kind | Levels], BeforeValidator(_kinds), _table("COLUMN=KIND")] = (
        Field(default_factory=dict)
    )
    """Correct kinds of columns that were inferred wrongly: ``numeric``, ``binary``, ``ordered``,
    ``category``, ``date``, ``identifier``, ``text`` or ``constant``. Levels of ordered categories
    also give their order, such as ``low:medium:high``."""
    weights: Annotated[Name | None, _table("COLUMN")] = None
    """Column with sample weights for training and metrics; the test rows need not have it."""
    group: Annotated[Name | None, _table("COLUMN")] = None
    """Column with groups. All rows of a group are in the same set: training, validation or
    test."""
    time_split: Annotated[Name | None, _table("COLUMN")] = None
    """Column that orders the rows in time. The last rows are the validation set. With a
    test fraction, they are the test set, and the rows before them are the validation set."""
    drop_unlabeled: Annotated[bool, _table()] = False
    """Leave out rows without a target."""
    encoding: Annotated[str, _table("NAME")] = "utf-8"
    """Encoding of the text of CSV files, such as ``latin-1``."""
    image: Annotated[Name | None, _table("COLUMN")] = None
    """Column with paths of images, relative to the folder of the table's file. The search learns
    from the images and ignores the other columns."""
    image_size: Annotated[
        str | None,
        BeforeValidator(_size),
        _table("HxW", "the median, at most 224 pixels"),
    ] = None
    """Height and width in pixels that images are resized to, such as ``64x48`` or ``64``. They
    are scaled to cover this size and cropped at the center."""

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.test is not None and self.test_fraction is not None:
            raise InputError(
                "test and test_fraction are mutually exclusive; give either a table with test "
                "rows or a fraction of the rows."
            )
        if self.group is not None and self.time_split is not None:
            raise InputError(
                "group and time_split are mutually exclusive; split the rows either by groups or "
                "by time."
            )
        return self

    @property
    def height_and_width(self) -> tuple[int, int] | None:
        """``image_size`` as numbers."""
        if self.image_size is None:
            return None
        height, width = map(int, self.image_size.split("x"))
        return height, width

    @classmethod
    def options(cls, verb: Verb | None = None) -> list[SettingField]:
        """List the fields as options of the command line."""
        return setting_fields(cls, verb)

    @property
    def beside(self) -> Self:
        """The same without ``target``, for data with separate targets."""
        return type(self)(**self.model_dump(exclude_unset=True, exclude={"target"}))

    def to_dict(self) -> dict[str, Any]:
        """Return the options that were given, as JSON; the test table only if it is a file."""
        given = self.model_dump(mode="json", exclude_unset=True, exclude={"test"})
        if isinstance(self.test, str | Path):
            given["test"] = str(Path(self.test).expanduser().absolute())
        return given


@dataclass(frozen=True)
class DataSource:
    """Data with their options."""

    data: Any
    """What :func:`optuna_dnc.data.load_dataset` takes."""
    options: DataOptions
