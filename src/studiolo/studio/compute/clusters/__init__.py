"""Training clusters: nodes that come when jobs wait and go when they are idle.

A node is a reserved share of this machine, or another machine that programs of an administrator bring up (`scripted/`),
or a share that is a node of a Ray (`rays/`).
"""
