"""Rows of a version as others take them: as an Arrow stream, of some columns, of a window of time, of one part of a split."""
