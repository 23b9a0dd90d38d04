"""One file per format of a dataset's files."""
