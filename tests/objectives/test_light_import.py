"""The objective is used by samplers and pruners, which must not load torch."""

from __future__ import annotations

import subprocess
import sys


def test_objectives_do_not_load_torch() -> None:
    code = "import sys, optuna_dnc.objectives; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
