"""Process of one contestant: ``python -m benchmarks.peers.contestants MODULE FOLDER``."""

import sys
import warnings
from importlib import import_module
from pathlib import Path

import numpy as np

from benchmarks.peers.contestants.job import Job

module, folder = sys.argv[1], Path(sys.argv[2])
warnings.simplefilter("ignore")
fitted = import_module(module).fit(Job.load(folder))
fitted.write(folder, np.load(folder / "x_test.npy"))
