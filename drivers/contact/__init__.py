"""Contacts on pins: keys, doors, lids, shutters, motion sensors."""
