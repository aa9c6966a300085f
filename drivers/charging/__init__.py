"""Charging piles, as what they tell their operator is overheard."""
