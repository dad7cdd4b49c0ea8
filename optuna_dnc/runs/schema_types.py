"""The types that JSON files of a run are made of, and the check of a file against a schema."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from optuna_dnc._files import DamagedFile
from optuna_dnc._limits import LARGEST_INT
from optuna_dnc._validation import Real, Whole, sentence

Count = Annotated[Whole, Field(ge=0)]
Name = Annotated[str, Field(min_length=1, max_length=1000)]
Text = Annotated[str, Field(max_length=10_000)]
Seconds = Annotated[Real, Field(ge=0)]
Positive = Annotated[Real, Field(gt=0)]
Fraction = Annotated[Real, Field(ge=0, le=1)]
Json = dict[str, Any]


def _no_huge_int(value: Any) -> Any:
    """An int beyond 64 bits passes for a float here, and makes NumPy an array of objects."""
    if isinstance(value, int) and not -LARGEST_INT <= value <= LARGEST_INT:
        raise ValueError("must be a float")
    return value


def _not_nan(value: float) -> float:
    if math.isnan(value):
        raise ValueError("must be a number")
    return value


Finite = Annotated[float, BeforeValidator(_no_huge_int), Field(allow_inf_nan=False)]
Measured = Annotated[float, BeforeValidator(_no_huge_int), AfterValidator(_not_nan)]
"""An error on samples that the training has not seen may be infinite."""


class Stored(BaseModel):
    """A JSON object; what else it has, as those of later versions may, is left alone."""

    # Built on first use: a command reads few of the files.
    model_config = ConfigDict(strict=True, extra="allow", defer_build=True)


def check_schema(path: Path, content: Mapping[str, Any], schema: type[Stored]) -> None:
    """Raise :class:`InputError` unless the content of a file is what the schema says.

    Args:
        path: The file, for the message.
        content: Parsed JSON.
        schema: One of the models of this module.
    """
    try:
        schema.model_validate(content)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        place = ".".join(map(str, detail["loc"])) or "content"
        raise DamagedFile(path, sentence(detail, place)) from None
