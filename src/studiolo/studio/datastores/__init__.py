"""Datastores: where bytes live.

A workspace has one today: the content-addressed folder in the studio's home, named `workspace`. `GET /datastores` lists it
with the room that is left. Datasets keep their files there; remote stores will be further kinds behind the same nouns.
"""
