"""Runs beside each other: what they recorded, their code and environment, their files; and the sets that links name."""
