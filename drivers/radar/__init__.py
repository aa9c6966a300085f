"""Fall radars on a serial line."""
