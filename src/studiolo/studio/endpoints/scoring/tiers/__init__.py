"""The forms in which a model can answer, best first: compiled, then the original."""
