"""The nouns of smartfleet as typed data; see `facts`, `plan` and `results`."""
