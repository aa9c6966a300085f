"""The Linli daemon: signals in, one commit, effects out."""
