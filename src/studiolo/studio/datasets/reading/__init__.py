"""Reading files: encodings, dialects, types, and the one engine that does it (DuckDB)."""
