"""The bench page: play with every device of a kiosk, and see what becomes of it."""
