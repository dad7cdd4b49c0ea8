"""Which of the things that a user could run gives the best network, and the best predictions?

Ours is the command line, ``optuna-dnc search``. Its peers are scikit-learn's MLP as it is and
with a random search, an engineer's Optuna study in plain torch, RealMLP, AutoGluon, KerasTuner for
images, and LightGBM as it is and tuned. Everyone gets the same processor time on one core, user
and system time with all imports, the same arrays and the same seeds, in an order that rotates, in
a process of its own. The test set decides: nobody sees its targets.

Networks are compared by ``log10(error + wc * n_params / baseline)``, where the error is that of
the test set (wrong labels, or squared error over variance) and the baseline, for everyone, the
number of parameters of an MLP of 400-400. Whoever ignores the weight or the limit (the defaults)
runs once for all of them.

Peers may need other packages than we do, and torch of another version: give the interpreter of
their environment with ``--python``, or of one peer with ``--python PEER=PATH``. A contestant whose
packages are missing, and a table whose file is, are left out with the reason. Every run is kept in
``results/peers/runs/`` as soon as it has ended, and what is there is not run again; failures are.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common import parser, print_table, save
from benchmarks.peers.contestants.registry import CONTESTANTS, Contestant
from benchmarks.peers.kept_runs import RUNS, Key, add_run, load_runs
from benchmarks.peers.match import Player, play
from benchmarks.peers.summary import summarise
from benchmarks.peers.tables import TABLES, MissingDataError, Table, load_table

_VERSIONS = """
import json, sys
from importlib.metadata import PackageNotFoundError, version
def of(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None
print(json.dumps({name: of(name) for name in sys.argv[1:]}))
"""


def versions(python: str, packages: Sequence[str]) -> dict[str, str | None]:
    """Versions of distributions in the environment of an interpreter; None if they lack."""
    command = [python, "-c", _VERSIONS, *packages]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, str | None] = json.loads(answer.stdout)
    return found


@dataclass(frozen=True)
class Pythons:
    """Interpreters of the contestants."""

    default: str
    of: dict[str, str]

    @classmethod
    def parse(cls, given: Sequence[str]) -> Pythons:
        named = dict(text.split("=", 1) for text in given if "=" in text)
        for_all = [text for text in given if "=" not in text]
        return cls(for_all[-1] if for_all else sys.executable, named)

    def __getitem__(self, name: str) -> str:
        default = sys.executable if CONTESTANTS[name].module is None else self.default
        return self.of.get(name, default)


def key_of(contestant: Contestant, seconds: float, wc: float, seed: int) -> Key:
    """What tells a run of the contestant from its other runs."""
    return (
        seconds if contestant.uses_seconds else None,
        wc if contestant.uses_wc else None,
        seed,
    )


def takes_part(contestant: Contestant, table: Table) -> bool:
    return contestant.images if table.is_image else contestant.tables


def rotated(names: Sequence[str]) -> Iterator[list[str]]:
    """Orders in which everyone is first in turn, so that a drift of the machine hits all alike."""
    for n in itertools.count():
        first = n % len(names)
        yield [*names[first:], *names[:first]]


def installed(
    names: Sequence[str], pythons: Pythons
) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Versions of those who can run, and why the others cannot."""
    able, notes = {}, []
    for name in names:
        found = versions(pythons[name], CONTESTANTS[name].packages)
        missing = [package for package, number in found.items() if number is None]
        if missing:
            notes.append(f"{name} is left out: no {', '.join(missing)} in {pythons[name]}")
        else:
            able[name] = {package: number for package, number in found.items() if number}
    return able, notes


def play_all(
    given: argparse.Namespace,
    tables: Mapping[str, Table],
    pythons: Pythons,
    able: Mapping[str, dict[str, str]],
) -> None:
    """Run what is missing, seed by seed, and keep each run as soon as it has ended."""
    order = rotated(list(able))
    for seed, wc, seconds in itertools.product(range(given.seeds), given.wc, given.seconds):
        for table_name, table in tables.items():
            for name in next(order):
                contestant = CONTESTANTS[name]
                key = key_of(contestant, seconds, wc, seed)
                known = load_runs(given.runs, table_name, name).get(key, {"failure": "not yet"})
                if "failure" not in known or not takes_part(contestant, table):
                    continue
                run = play(Player(contestant, pythons[name], given.options), table, key)
                add_run(given.runs, table_name, name, run, able[name])
                told = run.get("failure") or f"error {run['error']:.4f}, {run['about']}"
                print(
                    f"{table_name} {name} {seconds:g} s, wc {wc:g}, seed {seed}: {told}, "
                    f"{run['cpu_seconds']:.1f} s",
                    flush=True,
                )


def readable(names: Sequence[str], data: Path) -> tuple[dict[str, Table], list[str]]:
    """Tables whose files are there, and why others are left out."""
    tables, notes = {}, []
    for name in names:
        try:
            tables[name] = load_table(name, data)
        except MissingDataError as error:  # noqa: PERF203
            notes.append(f"{name} is left out: {error}")
    return tables, notes


def main() -> None:
    options = parser(__doc__ or "", "peers/run")
    options.add_argument("--tables", nargs="+", choices=list(TABLES), default=list(TABLES))
    options.add_argument(
        "--contestants", nargs="+", choices=list(CONTESTANTS), default=list(CONTESTANTS)
    )
    options.add_argument("--seconds", nargs="+", type=float, default=[60.0, 240.0])
    options.add_argument("--wc", nargs="+", type=float, default=[0.0, 0.1, 1.0])
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument(
        "--python", nargs="+", default=os.environ.get("PEERS_PYTHON", "").split(),
        metavar="[PEER=]PATH", help="interpreters of the peers; also the variable PEERS_PYTHON",
    )  # fmt: skip
    options.add_argument("--options", default="", help="more options of optuna-dnc search")
    options.add_argument(
        "--core", type=int, default=max(os.sched_getaffinity(0)), help="-1: wherever there is time"
    )
    options.add_argument("--runs", type=Path, default=RUNS, help="folder of the kept runs")
    options.add_argument("--table", action="store_true", help="only print what is there")
    given = options.parse_args()

    notes: list[str] = []
    if not given.table:
        if given.core >= 0:
            os.sched_setaffinity(0, {given.core})  # children inherit it
        pythons = Pythons.parse(given.python)
        able, notes = installed(given.contestants, pythons)
        tables, more = readable(given.tables, given.data)
        notes += more
        play_all(given, tables, pythons, able)
    results = summarise(
        given.runs, given.tables, given.contestants, given.seconds, given.wc, given.seeds
    )
    for title, rows in results.items():
        print(f"\n{title}")
        print_table(rows)
    print("", *notes, sep="\n")
    if not given.table:
        save(given.json, seeds=given.seeds, left_out=notes, tables=results)


if __name__ == "__main__":
    main()
