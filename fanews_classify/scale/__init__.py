"""Many texts: several processes at once."""
