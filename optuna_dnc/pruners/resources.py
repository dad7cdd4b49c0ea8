"""The range of the resource of a study: epochs, samples or seconds."""

from __future__ import annotations

from optuna_dnc._arguments import whole
from optuna_dnc._errors import InputError


def resource_range(min_resource: object, max_resource: object) -> tuple[int, int]:
    """Return both as ints, or raise :class:`InputError` unless 1 <= min <= max."""
    least = whole("min_resource", min_resource, least=1)
    most = whole("max_resource", max_resource, least=1)
    if most < least:
        raise InputError(
            f"max_resource must be at least min_resource, got {most} and {least}; raise the first "
            "or lower the second."
        )
    return least, most
