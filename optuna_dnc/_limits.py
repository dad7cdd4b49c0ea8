"""Upper bounds of what may be asked for: more would run for ever, or fail in a library."""

LARGEST_INT = 2**63 - 1
"""What storages, NumPy and torch take."""

LARGEST_FLOAT = 1e38
"""What float32 holds; products of a few such settings stay finite in float64."""

MOST_EPOCHS = 1_000_000
"""Of one training."""

MOST_TRIALS = 1_000_000
"""Start-up trials or steps of a study, and iterations of Hyperband's brackets."""

MOST_CANDIDATES = 1_000_000
"""Points that are held in memory to choose from."""

MOST_BUDGET = 10_000_000
"""Epochs of a stage."""

MOST_LAYERS = 1_000
"""Layers or blocks, each of which is a parameter of the search."""

MOST_NODES = 1_000_000
"""Of a layer, and channels."""
