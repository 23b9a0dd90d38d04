"""Notices: what the members of a workspace are told, in the studio and by mail.

A slice calls `posting.post` in the transaction of what it tells of, with a key that makes telling it twice telling it once. Each
member gets a row of their own (`tables`), read or not; mail goes through an outbox that `mailing` empties in the controller's tick.
"""
