"""The conformance suite of databases as datastores, and the real servers that it runs against."""
