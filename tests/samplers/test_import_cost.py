"""The sampler is light: a study that only wants it must not wait for torch."""

from __future__ import annotations

import subprocess
import sys
import time


def test_import_and_construction_are_quick_and_without_torch():
    code = (
        "import sys, optuna_dnc;"
        "optuna_dnc.DNCSampler(search_space=lambda t: t.suggest_int('n', 0, 3));"
        "print([m for m in ('torch', 'scipy', 'sobol_seq') if m in sys.modules])"
    )
    subprocess.run([sys.executable, "-c", "import optuna"], check=True)  # fills the file cache
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - start
    assert done.stdout.strip() == "[]"
    assert seconds < 2  # under a second on a machine that has nothing else to do
