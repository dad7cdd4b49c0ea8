"""Import of network families and samplers given as ``module:Class`` on the command line."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Mapping
from typing import Any

from optuna_dnc._errors import InputError, brief, shown

IMPORTABLE = ("network", "sampler")
"""Options that accept ``module:Class`` as well as registered names."""

_SPEC = re.compile(r"(?P<module>\w+(\.\w+)*):(?P<attribute>\w+(\.\w+)*)")


def with_imports(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options with each ``module:Class`` replaced by the class.

    Args:
        options: Options typed by the user. Options from files must not be passed, because
            importing a module runs its code.
    """
    return {
        name: import_spec(f"--{name}", value)
        if name in IMPORTABLE and isinstance(value, str) and ":" in value
        else value
        for name, value in options.items()
    }


def import_spec(option: str, spec: str) -> Any:
    """Import ``module:attribute``, also from the current folder.

    Raises:
        InputError: The module or attribute does not exist, or its import fails.
    """
    match = _SPEC.fullmatch(spec)
    if match is None:
        raise InputError(f"{option} {shown(spec)} must be a name or module:Class.")
    if "" not in sys.path:
        sys.path.append("")  # console scripts search their own folder instead
    try:
        imported = importlib.import_module(match["module"])
    except Exception as error:  # a module of the user may raise anything
        raise InputError(
            f"{option} {shown(spec)}: module {match['module']!r} cannot be imported "
            f"({type(error).__name__}: {brief(error)}); run the command in its folder."
        ) from error
    for name in match["attribute"].split("."):
        if not hasattr(imported, name):
            raise InputError(
                f"{option} {shown(spec)}: {match['module']!r} has no {match['attribute']!r}; give "
                "the name of a class in it."
            )
        imported = getattr(imported, name)
    return imported
