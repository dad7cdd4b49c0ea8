"""Names of the arrays of a data set in files and mappings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from optuna_dnc._errors import InputError, cut

#: The four arrays of a data set, by the names used in files and in every message.
KEYS = ("xtr", "ytr", "xte", "yte")

#: The array with the names of the features, which may be left out.
NAMES_KEY = "feature_names"

IN_MEMORY = "the data"
"""What messages call a mapping of arrays."""

_OF_COLUMNS = "; for a mapping of columns, name the one to predict with target="

ALLOWED = "xtr, ytr, xte, yte or x_train, y_train, x_test, y_test"
"""Names of arrays, for messages."""

_ALIASES = {
    "xtr": "xtr",
    "xtrain": "xtr",
    "ytr": "ytr",
    "ytrain": "ytr",
    "xte": "xte",
    "xtest": "xte",
    "yte": "yte",
    "ytest": "yte",
}
"""Standard name of each name in lower case, without underscores and hyphens."""

_BARE = {"x": "xtr", "y": "ytr"}
"""Names that are accepted if no array is named as training samples: ``x`` may be to predict."""


def array_names(found: Iterable[Any], where: str) -> dict[str, str]:
    """Return the name that each array of a data set has in a source, by its standard name.

    Args:
        found: Names of all arrays in the source; unknown names are ignored.
        where: The source, for messages.

    Raises:
        InputError: Two names mean the same array, or one is missing. Without a test set, the first
            two are enough.
    """
    found = [str(name) for name in found]
    names = _named(found, _ALIASES, where)
    if not {"xtr", "ytr"} & set(names):
        names |= _named(found, _BARE, where)
    wanted = KEYS if {"xte", "yte"} & set(names) else KEYS[:2]
    missing = [key for key in wanted if key not in names]
    if missing:
        lacks, has = ("lack", "they have") if where == IN_MEMORY else ("lacks", "it has")
        raise InputError(
            f"{where} {lacks} {', '.join(missing)}; {has} {cut(', '.join(found)) or 'no arrays'}, "
            f"give {ALLOWED}; the last two, the test set, are optional"
            f"{_OF_COLUMNS if where == IN_MEMORY and 'xtr' in missing else ''}."
        )
    named = {NAMES_KEY: NAMES_KEY} if NAMES_KEY in found else {}
    return {key: names[key] for key in wanted} | named


def sample_names(found: Iterable[Any], where: str, *, training: bool) -> tuple[str, str | None]:
    """Return the names of the array of samples to predict, and of its labels if there are some.

    Args:
        found: Names of all arrays.
        where: The source, for messages.
        training: Whether to fall back to training samples.

    Raises:
        InputError: There are no samples.
    """
    found = [str(name) for name in found]
    names = _named(found, _ALIASES, where)
    bare = _named(found, {"x": "x", "y": "y"}, where)
    pairs = [("x", "y"), ("xte", "yte")] + ([("xtr", "ytr")] if training else [])
    for x, y in pairs:
        known = bare if x == "x" else names
        if x in known:
            return known[x], known.get(y)
    asked = [x for x, _ in pairs]
    raise InputError(
        f"{where} has neither {' nor '.join(asked)}; it has "
        f"{cut(', '.join(found)) or 'no arrays'}, save the samples with numpy.savez(file, x=...)."
    )


def has_training_arrays(found: Iterable[str]) -> bool:
    """Return whether the names include training samples and their labels."""
    standard = {_ALIASES.get(_plain(name)) for name in found}
    return {"xtr", "ytr"} <= standard


def _named(found: Iterable[str], aliases: Mapping[str, str], where: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for name in found:
        key = aliases.get(_plain(name))
        if key is not None and names.setdefault(key, name) != name:
            raise InputError(
                f"{where}: {names[key]} and {name} are names of the same array; leave one of them "
                "out."
            )
    return names


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
