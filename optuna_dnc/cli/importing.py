"""Network families and samplers that the command line names by where they are defined."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Mapping
from typing import Any

from optuna_dnc._errors import InputError, brief, shown

IMPORTABLE = ("network", "sampler")
"""Options that take ``module:Class`` besides registered names."""

_SPEC = re.compile(r"(?P<module>\w+(\.\w+)*):(?P<attribute>\w+(\.\w+)*)")


def with_imports(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of the command line with ``module:Class`` replaced by what it names.

    Only what the user has typed may be passed: importing a module runs its code, so that a name
    from a file must never get here.
    """
    return {
        name: imported(f"--{name}", value)
        if name in IMPORTABLE and isinstance(value, str) and ":" in value
        else value
        for name, value in given.items()
    }


def imported(option: str, spec: str) -> Any:
    """Import ``module:attribute``; modules of the current folder are found after installed ones.

    Raises:
        InputError: There is no such module or attribute, or its import fails.
    """
    match = _SPEC.fullmatch(spec)
    if match is None:
        raise InputError(f"{option} {shown(spec)} must be a name or module:Class.")
    if "" not in sys.path:
        sys.path.append("")  # a console script looks beside itself instead
    try:
        found = importlib.import_module(match["module"])
    except Exception as error:  # a module of the user may raise anything
        raise InputError(
            f"{option} {shown(spec)}: module {match['module']!r} cannot be imported "
            f"({type(error).__name__}: {brief(error)}); run the command where Python finds it."
        ) from error
    for name in match["attribute"].split("."):
        if not hasattr(found, name):
            raise InputError(
                f"{option} {shown(spec)}: {match['module']!r} has no {match['attribute']!r}; give "
                "the name of a class in it."
            )
        found = getattr(found, name)
    return found
