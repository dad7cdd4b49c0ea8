"""One script a question, in folders by family; see README.md."""
