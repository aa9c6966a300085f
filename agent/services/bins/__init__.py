"""Construction-waste bins."""
