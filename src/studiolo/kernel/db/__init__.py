"""One way to open, read, write and migrate the database."""
