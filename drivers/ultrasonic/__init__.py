"""Distance sensors: on pins and on serial lines."""
