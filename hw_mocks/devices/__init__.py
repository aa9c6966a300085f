"""A stand-in for each device family, at the hardware's own boundary."""
