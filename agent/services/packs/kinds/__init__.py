"""Kinds of items, one module each: a struct for the file, and how it is served."""
