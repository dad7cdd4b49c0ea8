"""Options of data sets that come as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator
from typing_extensions import Self

from optuna_dnc._errors import InputError, shown
from optuna_dnc._setting_fields import SEARCHES, Setting, SettingField, Verb, setting_fields
from optuna_dnc._validation import CheckedModel, Real
from optuna_dnc.data.tables.kind import KINDS, Kind

_LOADS_DATA: frozenset[Verb] = SEARCHES - {"estimators"} | {"check"}


def _names(value: Any) -> Any:
    """Return names as a tuple; a single one may be given bare."""
    return (value,) if isinstance(value, str) else value


def _kinds(value: Any) -> Any:
    """Return kinds by the names of columns; of one kind each."""
    if not isinstance(value, Mapping):
        return value
    for kind in value.values():
        if kind not in KINDS:
            raise ValueError(
                f"must be one of {', '.join(KINDS)} for a column; change {shown(kind)}"
            )
    return {str(name): kind for name, kind in value.items()}


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]


def _table(metavar: str | None = None) -> Setting:
    return Setting("Table", verbs=_LOADS_DATA, metavar=metavar, inherited="never")


class DataOptions(CheckedModel):
    """Which columns of a table are learned from and predicted, and which rows test.

    For tables only: CSV, Parquet and Arrow files, and data frames.
    """

    target: Annotated[Names, _table("COLUMN")] = ()
    """Column that is predicted; several for a regression with several targets."""
    test: Annotated[Any, _table("FILE")] = None
    """Table with the test rows, which has the same columns."""
    test_fraction: Annotated[
        Annotated[Real, Field(gt=0, lt=1)] | None,
        Setting("Table", verbs=_LOADS_DATA, default="no test rows", inherited="never"),
    ] = None
    """Fraction of the rows that are held out to test the answer; they are drawn with the seed."""
    drop: Annotated[Names, _table("COLUMN")] = ()
    """Columns that are left out."""
    features: Annotated[
        Names,
        Setting(
            "Table",
            verbs=_LOADS_DATA,
            metavar="COLUMN",
            default="all but the target",
            inherited="never",
        ),
    ] = ()
    """Columns that are learned from."""
    kind: Annotated[dict[str, Kind], BeforeValidator(_kinds), _table("COLUMN=KIND")] = Field(
        default_factory=dict
    )
    """Kinds of columns where the inferred ones are wrong: ``numeric``, ``binary``, ``ordered``,
    ``category``, ``date``, ``identifier``, ``text`` or ``constant``."""
    weights: Annotated[str | None, _table("COLUMN")] = None
    """Column with the weights of the rows in training and validation."""
    group: Annotated[str | None, _table("COLUMN")] = None
    """Column of groups: all rows of a group are trained on, or all validate, or all test."""
    time_split: Annotated[str | None, _table("COLUMN")] = None
    """Column by which rows are ordered: the last ones test, those before them validate."""
    drop_unlabeled: Annotated[bool, _table()] = False
    """Leave out rows without a target."""
    encoding: Annotated[str, _table("NAME")] = "utf-8"
    """Encoding of the text of CSV files, such as ``latin-1``."""

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.test is not None and self.test_fraction is not None:
            raise InputError(
                "test and test_fraction exclude each other; give one of them: a table with test "
                "rows, or a fraction of the rows."
            )
        if self.group is not None and self.time_split is not None:
            raise InputError(
                "group and time_split exclude each other; give one of them: rows are split by "
                "groups, or by time."
            )
        return self

    @classmethod
    def options(cls, verb: Verb | None = None) -> list[SettingField]:
        """List the fields as options of the command line."""
        return setting_fields(cls, verb)

    def to_dict(self) -> dict[str, Any]:
        """Return the options that were given, as JSON; the test table only if it is a file."""
        given = self.model_dump(mode="python", exclude_unset=True)
        test = given.get("test")
        if isinstance(test, str | Path):
            given["test"] = str(Path(test).expanduser().absolute())
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in given.items()
        }


@dataclass(frozen=True)
class DataSource:
    """Data with the options that were given for them."""

    data: Any
    """What :func:`optuna_dnc.data.load_dataset` takes."""
    options: DataOptions
