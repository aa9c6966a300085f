"""Parsers of what devices send: pure and incremental, bytes in, readings out."""
