"""All that a driver knows of the daemon: what it is, what it emits, what it is told."""
