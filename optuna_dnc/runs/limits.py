"""Names of the hard limits among the settings of a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LIMITS = {"n_params": "max_params", "macs": "max_macs", "bytes": "max_bytes", "ms": "max_ms"}
"""Settings that limit a cost, by the name of the cost measure."""


def named_limits(settings: Mapping[str, Any]) -> dict[str, float]:
    """Return the limits of a search by the name of the setting.

    Args:
        settings: Settings of the search; those of older versions have no limits.
    """
    limits = {name: settings.get(name) for name in LIMITS.values()}
    return {name: limit for name, limit in limits.items() if limit is not None}


def limits_of(settings: Mapping[str, Any]) -> dict[str, float]:
    """Return the limits of a search by the name of the limited cost."""
    limits = named_limits(settings)
    return {cost: limits[name] for cost, name in LIMITS.items() if name in limits}
