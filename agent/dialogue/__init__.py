"""Screens, focus, keys, speech: the same journey by touch, keypad and voice."""
