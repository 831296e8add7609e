"""Everything at once: section, topics, stances, and the words that carried them."""
