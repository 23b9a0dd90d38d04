"""One file per compute backend."""
