"""Upper bounds of arguments: larger ones would run forever, or fail in a library."""

LARGEST_INT = 2**63 - 1
"""Largest int that storages, NumPy and torch take."""

LARGEST_FLOAT = 1e38
"""Largest float, within float32; products of a few are finite in float64."""

LEAST_SECONDS_LEFT = 1.0
"""Minimum time limit in seconds of a search that resumes after a pause, or of a joining worker."""

MOST_EPOCHS = 1_000_000
"""Epochs of one training."""

MOST_TRIALS = 1_000_000
"""Start-up trials or steps of a study, and iterations of Hyperband's brackets."""

MOST_CANDIDATES = 1_000_000
"""Candidates of a step, which are in memory at once."""

MOST_BUDGET = 10_000_000
"""Epochs of a stage."""

MOST_WORKERS = 10_000
"""Trainings of a search at a time."""

MOST_THREADS = 4096
"""CPU threads of a training."""

MOST_LAYERS = 1_000
"""Layers or blocks, each with parameters of its own."""

MOST_MEMBERS = 100
"""Networks of an ensemble."""

MOST_NODES = 1_000_000
"""Nodes or channels of a layer."""
