"""One file a contestant, with ``fit(job)``; each runs in a process of its own."""
