"""Secrets at rest: what the studio must be able to read again, such as the key of a webhook, is never stored as it is.

They protect the database and its backups from whoever has no key file; not from whoever is root on the machine.
"""
