"""The small package that the book's notebooks import. One module, one job; see each docstring."""
