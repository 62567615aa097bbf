"""A kernel's source, turned into functions that a machine runs for all its lanes at once."""
