"""Is a flipped bit noticed, wherever in the files of a run it is?

One bit is flipped in a file of a finished search with an ensemble and a refit, drawn at random:
first the file, then the bit. Every command that answers from these files is then run. It must
refuse, warn of the damage, or answer exactly as before; anything else is a wrong answer.
"""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from benchmarks.common import parser, print_table, save
from benchmarks.robustness.accidents.faults import Ended, preloaded, run
from benchmarks.robustness.accidents.tiny_runs import SEARCH, write_data

NO_ANSWERS = (".lock",)
SAVE_EVERY = 10


def main() -> None:
    """Flip ``--bits`` bits, one at a time."""
    options = parser(__doc__ or "", "robustness/flipped_bits")
    options.add_argument("--bits", type=int, default=200)
    options.add_argument("--seed", type=int, default=0)
    asked = options.parse_args()
    torch.set_num_threads(1)
    rng = random.Random(asked.seed)
    tally: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        data, whole, folder = place / "data.npz", place / "whole", place / "run"
        write_data(data)
        commands = _commands(data, folder)
        _make(data, folder)
        shutil.copytree(folder, whole)
        files = [
            file.relative_to(whole)
            for file in sorted(whole.rglob("*"))
            if file.is_file() and file.stat().st_size and file.name not in NO_ANSWERS
        ]
        right = {command: run(arguments, folder) for command, arguments in commands.items()}
        assert not any(ended.code for ended in right.values()), right
        for number in range(1, asked.bits + 1):
            shutil.rmtree(folder)
            shutil.copytree(whole, folder)
            file = rng.choice(files)
            _flip(folder / file, rng)
            verdicts = {
                command: _verdict(command, run(arguments, folder), right[command])
                for command, arguments in commands.items()
            }
            tally[file.name if "/" not in str(file) else str(file.parent), _worst(verdicts)] += 1
            if "wrong" in verdicts.values() or "traceback" in verdicts.values():
                print(file, verdicts, flush=True)
            if number % SAVE_EVERY == 0 or number == asked.bits:
                *rows, total = _table(tally)
                save(asked.json, flipped_bits=rows, total=total, commands=list(commands))
    print_table(_table(tally))


def _table(tally: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    """One row a file, and one of all."""
    kinds = ("noticed", "harmless", "wrong", "traceback")
    places = sorted({place for place, _ in tally})
    rows: list[dict[str, Any]] = [
        {"file": place} | {kind: tally[place, kind] for kind in kinds} for place in places
    ]
    return [*rows, {"file": "all"} | {kind: sum(row[kind] for row in rows) for kind in kinds}]


def _commands(data: Path, folder: Path) -> Mapping[str, list[str]]:
    """Those that answer from the files; search, which writes, comes last."""
    predict = ["predict", str(folder), str(data)]
    return {
        "status": ["status", str(folder), "--json"],
        "predict": [*predict, "--proba"],
        "predict --ensemble": [*predict, "--proba", "--ensemble"],
        "predict --refit": [*predict, "--proba", "--refit"],
        "search": ["search", str(data), *SEARCH, "--out", str(folder), "--json"],
    }


def _make(data: Path, folder: Path) -> None:
    quiet = ["--data", str(data), "--device", "cpu", "-q"]
    for arguments in (
        ["search", str(data), *SEARCH, "--out", str(folder)],
        ["ensemble", str(folder), "--top", "2", *quiet],
        ["refit", str(folder), *quiet],
    ):
        ended = run(arguments, folder)
        assert ended.code == 0, ended.err


def _flip(path: Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    bit = rng.randrange(8 * len(content))
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def _verdict(command: str, ended: Ended, right: Ended) -> str:
    if "Traceback" in ended.err or ended.code not in (0, 2):
        return "traceback"
    if ended.code == 2:
        return "noticed"
    if command == "search":
        is_right = _without_times(ended.out) == _without_times(right.out)
    else:
        is_right = ended.out == right.out
    if "damaged" in ended.err:
        return "noticed"
    return "harmless" if is_right else "wrong"


def _without_times(out: str) -> Any:
    """What search prints, but for what depends on when it was written."""
    found = json.loads(out)
    return {name: found.get(name) for name in ("best", "leaders", "stages", "settings")}


def _worst(verdicts: Mapping[str, str]) -> str:
    kinds = ("traceback", "wrong", "noticed", "harmless")
    return next(kind for kind in kinds if kind in verdicts.values())


if __name__ == "__main__":
    preloaded()
    main()
