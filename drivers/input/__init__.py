"""Keyboards that are none for residents: USB keypads, and scanners that type."""
