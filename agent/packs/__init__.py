"""Packs as files: reading, checking, signing, fetching. `agent.services.packs` serves them."""
