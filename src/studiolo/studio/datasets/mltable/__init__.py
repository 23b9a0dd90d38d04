"""MLTable: a file beside the data that says how it is read, and what is done to its rows and columns.

`file` reads it, `steps` judges each transformation, `options` makes a reading of its `read_…`, `expressions` its filters, `pipeline`
does the rest; `export` writes such a file for a version.
"""
