"""Content that is read, shown and filled in: data, not code."""
