"""Types of JSON files of a run, and their check against a schema."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from optuna_dnc._files import DamagedFile, read_sealed
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
    """Refuse an int beyond 64 bits, of which NumPy would make an array of objects."""
    if isinstance(value, int) and not -LARGEST_INT <= value <= LARGEST_INT:
        raise ValueError("must be a float")
    return value


def _not_nan(value: float) -> float:
    if math.isnan(value):
        raise ValueError("must be a number")
    return value


Finite = Annotated[float, BeforeValidator(_no_huge_int), Field(allow_inf_nan=False)]
Measured = Annotated[float, BeforeValidator(_no_huge_int), AfterValidator(_not_nan)]
"""A number or infinity: an error on unseen samples may be infinite."""


class Stored(BaseModel):
    """JSON object of a file; further entries, as of later versions, are kept."""

    # Built on first use: a command reads few of the files.
    model_config = ConfigDict(strict=True, extra="allow", defer_build=True)


def check_schema(path: Path, content: Mapping[str, Any], schema: type[Stored]) -> None:
    """Raise :class:`InputError` unless the content of a file matches its schema.

    Args:
        path: The file, for the message.
        content: Parsed JSON.
        schema: Model of the content.
    """
    try:
        schema.model_validate(content)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        entry = ".".join(map(str, detail["loc"])) or "content"
        raise DamagedFile(path, sentence(detail, entry, advice=False)) from None


def read_stored(path: Path, schema: type[Stored], version: int) -> dict[str, Any]:
    """Read a versioned JSON file of a run, and check its digest and its schema.

    Args:
        path: The file.
        schema: Model of its content.
        version: Version of the format that this package reads.

    Raises:
        InputError: The file is missing, damaged or of another version.
    """
    content = read_sealed(path, version)
    check_schema(path, content, schema)
    return content
