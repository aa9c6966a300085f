"""Lines that devices share."""
