"""Does a change of the code leave everything as it was that users see?

``record`` computes what small searches, samplers and Hyperband do and keeps it in
``results/unchanged.json``; ``check`` computes the same again, lists each difference and ends with
exit status 1 if there is one. What the record does not have yet, such as a new field of
result.json, is listed and is no difference. Numbers are compared exactly, so check on the machine
and with the versions of the record::

    python -m benchmarks.unchanged record                  # before the change
    python -m benchmarks.unchanged check --parts search    # after it

Parts: ``search`` (the command line: all trials, weights and JSON files of small runs of each
strategy, network family and command), ``sampler`` (40 trials on problems of
``benchmarks.samplers.regret``, also compared with the runs that it keeps) and ``hyperband``
(rungs, states and values of each schedule and pruner).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from benchmarks.common import compact, environment, parser, replace_text

PARTS = ("search", "sampler", "hyperband")
MOST_SHOWN = 40


def compute(part: str, data: Path) -> Any:
    """What the part finds, as JSON gives it back."""
    began = time.monotonic()
    found = import_module(f"benchmarks.unchanged_parts.{part}").compute(data)
    print(f"{part}: {len(found)} results, {time.monotonic() - began:.0f} s", flush=True)
    return json.loads(json.dumps(found))


def differences(before: Any, now: Any, where: str = "") -> Iterator[str]:
    """Compare JSON values exactly; say where they differ. Keys that are new are no difference."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key, value in before.items():
            if key in now:
                yield from differences(value, now[key], f"{where} > {key}")
            else:
                yield f"{where} > {key}: is missing, was {value!r:.80}"
    elif isinstance(before, list) and isinstance(now, list):
        if len(before) != len(now):
            yield f"{where}: {len(before)} entries, now {len(now)}"
        for i, (one, other) in enumerate(zip(before, now, strict=False)):
            yield from differences(one, other, f"{where} > {i}")
    elif repr(before) != repr(now):  # also tells NaN from NaN, and 1 from 1.0
        yield f"{where}: {before!r}, now {now!r}"


def additions(before: Any, now: Any, where: str = "") -> Iterator[str]:
    """Say which keys the record does not have."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key, value in now.items():
            if key not in before:
                yield f"{where} > {key}: {value!r:.80}"
            yield from additions(before.get(key), value, f"{where} > {key}")
    elif isinstance(before, list) and isinstance(now, list):
        for i, (one, other) in enumerate(zip(before, now, strict=False)):
            yield from additions(one, other, f"{where} > {i}")


def print_some(title: str, lines: list[str]) -> None:
    """Print the first lines and how many there are."""
    print(f"{len(lines)} {title}")
    for line in lines[:MOST_SHOWN]:
        print(f"  {line}")
    if len(lines) > MOST_SHOWN:
        print("  ...")


def record(path: Path, found: dict[str, Any]) -> None:
    """Write one result a line; parts that were not computed stay."""
    parts = (json.loads(path.read_text()) if path.exists() else {}) | found
    parts["environment"] = environment()
    replace_text(path, compact(parts) + "\n")
    print(f"written to {path}")


def check(path: Path, found: dict[str, Any]) -> bool:
    """Print what differs from the record; return whether nothing does."""
    kept = json.loads(path.read_text())
    machine = list(differences(kept["environment"], environment(), "environment"))
    lines = [line for part in found for line in differences(kept[part], found[part], part)]
    new = [line for part in found for line in additions(kept[part], found[part], part)]
    if lines:
        print_some("differences between the machines", machine)
    print_some("additions", new)
    print_some("differences", lines)
    return not lines


def main() -> None:
    options = parser(__doc__ or "", "unchanged")
    options.formatter_class = argparse.RawDescriptionHelpFormatter
    options.add_argument("action", choices=("record", "check"))
    options.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    given = options.parse_args()
    torch.set_num_threads(1)
    found = {part: compute(part, given.data) for part in given.parts}
    if given.action == "record":
        record(given.json, found)
    elif not check(given.json, found):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
