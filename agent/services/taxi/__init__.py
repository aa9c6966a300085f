"""The one-key taxi."""
