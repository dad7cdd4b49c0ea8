"""Problems that others wrote, the samplers that are compared on them, and what is kept."""
