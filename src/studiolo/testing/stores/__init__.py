"""The conformance suite of file datastores, and the real servers that it runs against."""
