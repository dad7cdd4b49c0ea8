"""Constants in Python code, formatted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from optuna_dnc.nets.source import WIDTH


def assignment(name: str, values: Sequence[object]) -> str:
    """Return the assignment of a list: on one line, or else with one value a line."""
    return f"{name} = {_list(values, indent='', before=len(name) + 3)}"


def mapping(name: str, values: Mapping[str, object], *, are_names: bool = False) -> str:
    """Return the assignment of a dictionary with one entry a line.

    Args:
        name: Name of the variable.
        values: Literals, tuples of literals, or names of other variables.
        are_names: Whether they are such names.
    """
    if not values:
        return f"{name} = {{}}"
    lines = []
    for key, value in values.items():
        start = f"    {literal(key)}: "
        if isinstance(value, tuple):
            shown = _list(value, indent="    ", before=len(start) + 1)
        else:
            shown = str(value) if are_names else literal(value)
        lines.append(f"{start}{shown},\n")
    return f"{name} = {{\n{''.join(lines)}}}"


def _list(values: Sequence[object], *, indent: str, before: int) -> str:
    """Return a list; ``before``: characters on its line before it, and after it."""
    literals = [literal(value) for value in values]
    line = f"[{', '.join(literals)}]"
    if before + len(line) <= WIDTH:
        return line
    return "[\n" + "".join(f"{indent}    {text},\n" for text in literals) + f"{indent}]"


def literal(value: object) -> str:
    """Return a literal as formatters write it: strings in double quotes, unless they hold some."""
    if isinstance(value, str) and ('"' not in value or "'" in value):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)
