"""The sampler is light: a study that only wants it must not wait for torch."""

from __future__ import annotations

import subprocess
import sys


def test_import_and_construction_leave_heavy_packages_alone() -> None:
    code = (
        "import sys, optuna_dnc;"
        "optuna_dnc.DNCSampler(search_space=lambda t: t.suggest_int('n', 0, 3));"
        "print([m for m in ('torch', 'scipy', 'sobol_seq') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
