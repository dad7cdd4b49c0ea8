"""Progress of a search on a terminal, in a notebook, or as plain lines."""
