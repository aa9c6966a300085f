"""Falls: the question, the alarm, the helper."""
