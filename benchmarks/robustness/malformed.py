"""Does anything malformed end in a traceback, a wrong answer, or code of a stranger's?

Runs the command line on files of runs with one thing wrong (type, value, name, nesting, bytes,
length), on settings files, options and arrays of the same kind. Each input must be refused with
exit code 2 and one line, or do no harm: exit code 0 (1 where ``check`` fails the data) and, where
the network predicts, what it predicts untouched. Files of runs are tried as they are written, with
their digests, and as versions without digests wrote them; there a number that became another one
cannot be noticed, and only how the command ends is looked at.

All run in one process, for speed, each in a fresh copy of the folder; every ``--process-every``-th
once more in a process of its own, which must end alike.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import json
import random
import re
import resource
import subprocess
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import parser, print_table, save
from benchmarks.robustness.malformed_inputs.arrays import data_sets
from benchmarks.robustness.malformed_inputs.json_mutations import mutations
from benchmarks.robustness.malformed_inputs.runs import (
    QUICK,
    Outcome,
    fresh,
    prepare,
    python_command,
    run,
    strip_digests,
)
from benchmarks.robustness.malformed_inputs.settings import FAST, options, settings_files

PREDICT = ["predict", "run", "data.npz"]
SEARCH = ["search", "data.npz", *QUICK, "--device", "cpu", "--out", "run"]
TRADEOFF = ["tradeoff", "data.npz", "--wc", "0", "1", *QUICK, "--device", "cpu", "--out", "trade"]
TRANSFER = ["transfer", "run", "data.npz", "--device", "cpu", "-q", "--out", "new", "--dry-run"]
READERS: dict[str, list[list[str]]] = {
    "run/result.json": [
        PREDICT,
        ["status", "run"],
        ["status", "run", "--json"],
        ["report", "run"],
        ["export", "run", "--format", "safetensors"],
        TRANSFER,
        SEARCH,
    ],
    "run/config.json": [
        PREDICT,
        ["export", "run", "--format", "python"],
        ["ensemble", "run", "--out", "new", "--top", "2", "--device", "cpu", "-q"],
    ],
    "run/settings.json": [
        ["status", "run"],
        ["report", "run"],
        ["ensemble", "run", "--data", "data.npz", "--top", "2", "--device", "cpu", "-q"],
        TRANSFER,
        SEARCH,
    ],
    "run/data.json": [
        ["refit", "run", "--out", "new", "--device", "cpu", "-q"],
        ["ensemble", "run", "--out", "new", "--top", "2", "--device", "cpu", "-q"],
        ["resume", "run", "-q"],
    ],
    "run/analysis.json": [["report", "run"], ["status", "run"]],
    "run/refit/config.json": [[*PREDICT, "--refit"]],
    "run/refit/refit.json": [
        [*PREDICT, "--refit"],
        ["refit", "run", "--data", "data.npz", "--device", "cpu", "-q"],
    ],
    "run/ensemble/ensemble.json": [
        [*PREDICT, "--ensemble"],
        ["ensemble", "run", "--data", "data.npz", "--top", "2", "--device", "cpu", "-q"],
    ],
    "moved/result.json": [
        ["transfer", "run", "data.npz", "--out", "moved", "--device", "cpu", "-q"],
        ["predict", "moved", "data.npz"],
    ],
    "trade/tradeoff.json": [TRADEOFF, ["tradeoff", "trade"]],
    "trade/wc-0/result.json": [["tradeoff", "trade"], TRADEOFF],
    "trade/wc-1/settings.json": [["tradeoff", "trade"]],
}
LONGEST_WORD = 100
SAVE_EVERY = 50
COLUMNS = (
    "inputs",
    "as processes",
    "refused",
    "harmless",
    "traceback",
    "wrong answer",
    "foreign code ran",
    "over the time limit",
    "exit code",
    "more than one line",
    "a long value in a message",
    "another exit code as a process",
)


@dataclass(frozen=True)
class Case:
    """One malformed input."""

    kind: str
    name: str
    command: list[str]
    base: Path
    file: str = ""
    content: bytes = b""
    must_predict: str | None = None
    """What it has to print if it prints anything; None where nothing is known of it."""


def json_cases(kind: str, base: Path, expected: dict[str, str], seed: int) -> Iterator[Case]:
    """Mutations of every file, in turns, each with one of the commands that read it."""
    rng = random.Random(seed)
    sources = {file: mutations(json.loads((base / file).read_text()), rng) for file in READERS}
    while True:
        for file, source in sources.items():
            name, content = next(source)
            command = rng.choice(READERS[file])
            prints = expected.get(" ".join(command))
            yield Case(kind, f"{file}: {name}", command, base, file, content, prints)


def toml_cases(base: Path, seed: int) -> Iterator[Case]:
    """Settings files for a search, a trade-off and a transfer; nothing is trained."""
    rng = random.Random(seed)
    for name, content in settings_files(rng):
        command = rng.choice((["search", "data.npz", *FAST, "--dry-run"], TRANSFER))
        command = [*command, "--config", "options.toml"]
        yield Case("settings files", name, command, base, "options.toml", content)


def option_cases(base: Path, seed: int) -> Iterator[Case]:
    """Command lines."""
    for name, command in options(random.Random(seed)):
        yield Case("options", name, command, base)


def array_cases(
    base: Path, good: dict[str, np.ndarray], canary: Path, seed: int
) -> Iterator[Case]:
    """Data sets to search, to check and to predict."""
    rng = random.Random(seed)
    for name, content in data_sets(good, canary, rng):
        command = rng.choice(
            (
                ["search", "odd.npz", *FAST, "--device", "cpu", "--out", "new"],
                ["search", "odd.npz", *FAST, "--task", "regression", "--dry-run"],
                ["check", "odd.npz", "--device", "cpu"],
                ["predict", "run", "odd.npz"],
                ["predict", "run", "odd.npz", "--proba", "--json"],
            )
        )
        yield Case("arrays", name, command, base, "odd.npz", content)


def cases_of(inputs: int, seed: int, root: Path, canary: Path) -> Iterator[Case]:
    """All kinds in turns, so that a part of them is a fair sample."""
    base, old = root / "base", root / "old"
    good = prepare(base)
    strip_digests(fresh(base, old))
    commands = (PREDICT, [*PREDICT, "--refit"], [*PREDICT, "--ensemble"])
    expected = {" ".join(c): run(fresh(base, root / "work"), c, 60).out for c in commands}
    files = json_cases("files of runs", base, expected, seed)
    without = json_cases("files of runs without digests", old, {}, seed + 1)
    config, lines = toml_cases(base, seed + 2), option_cases(base, seed + 3)
    arrays = array_cases(base, good, canary, seed + 4)
    turns = cycle((files, without, lines, files, without, config, files, without, lines, arrays))
    return (next(source) for source in islice(turns, inputs))


class Tally:
    """How many inputs of each kind ended how."""

    def __init__(self) -> None:
        self.counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.failures: list[dict[str, Any]] = []

    def add(self, case: Case, done: Outcome, found: list[str]) -> None:
        """Count one input, and print what is wrong with how it ended."""
        count = self.counts[case.kind]
        count["inputs"] += 1
        count["refused" if done.code == 2 else "harmless"] += not found
        count.update(found)
        if not found:
            return
        last = (done.raised or done.err or done.out).strip().rpartition("\n")[2]
        print(f"{case.kind}, {case.name}: {', '.join(found)}: {last[:150]}", flush=True)
        self.failures.append(
            {
                "kind": case.kind,
                "name": case.name,
                "command": [word[:60] for word in case.command],
                "faults": found,
                "seconds": round(done.seconds, 1),
                "last line": last[:200],
            }
        )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One a kind."""
        return [
            {"kind": kind, **{name: count[name] for name in COLUMNS}}
            for kind, count in self.counts.items()
        ]


def faults(case: Case, done: Outcome) -> list[str]:
    """What is wrong with how a command ended."""
    found = []
    if done.is_traceback:
        found.append("traceback")
    elif done.code is None:
        found.append("over the time limit")
    elif done.code not in ((0, 1, 2) if case.command[0] == "check" else (0, 2)):
        found.append("exit code")
    elif done.code == 2 and done.err.count("\n") != 1:
        found.append("more than one line")
    elif done.code == 0 and case.must_predict not in (None, done.out):
        found.append("wrong answer")
    if re.search(rf"[^\s/\\]{{{LONGEST_WORD},}}", done.err):
        found.append("a long value in a message")
    return found


def in_process(case: Case, folder: Path) -> int:
    """The exit code of the same command as a process."""
    try:
        command = python_command(case.command)
        return subprocess.run(command, cwd=folder, capture_output=True).returncode
    except (ValueError, OSError):  # an argument that no process can be given
        return 2


def put(case: Case, work: Path) -> Path:
    """The folder as the command finds it."""
    folder = fresh(case.base, work)
    if case.file:
        (folder / case.file).write_bytes(case.content)
    return folder


def main() -> None:
    """Try all, print a table and write it."""
    given = parser(__doc__ or "", "robustness/malformed")
    given.add_argument("--inputs", type=int, default=2500, help="malformed inputs in all")
    given.add_argument("--seconds", type=float, default=60.0, help="limit of each")
    given.add_argument("--seed", type=int, default=0)
    given.add_argument("--process-every", type=int, default=97)
    given.add_argument("--memory", type=float, default=16.0, help="GiB that may be asked for")
    asked = given.parse_args()
    most = int(asked.memory * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    tally = Tally()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        canary, work = root / "unpickled", root / "work"
        for number, case in enumerate(cases_of(asked.inputs, asked.seed, root, canary), start=1):
            done = run(put(case, work), case.command, asked.seconds)
            found = faults(case, done)
            if number % asked.process_every == 0:
                code = in_process(case, put(case, work))
                tally.counts[case.kind]["as processes"] += 1
                if code != done.code:
                    found.append("another exit code as a process")
            if canary.exists():
                canary.unlink()
                found.append("foreign code ran")
            tally.add(case, done, found)
            if number % SAVE_EVERY == 0 or number == asked.inputs:
                save(asked.json, seed=asked.seed, rows=tally.rows, failures=tally.failures)
    print_table(tally.rows)


if __name__ == "__main__":
    main()
