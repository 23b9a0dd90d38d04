"""What happened to a node, kept as a log: asked for, brought up, what its programs said, jobs begun and ended, idle, taken down.

What the studio does with a node is told as an event in the transaction that does it (`telling`). The controller writes these, and
what programs of nodes print, into the log of the node (`writing`), which is a file of bounded length (`book`).
"""
