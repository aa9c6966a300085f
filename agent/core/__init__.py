"""The kernel and what it stands on: inbox, store, clock, supervisor, child processes."""
