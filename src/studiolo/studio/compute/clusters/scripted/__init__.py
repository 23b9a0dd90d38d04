"""Nodes that programs of an administrator bring up and take down: each is a machine by SSH while it is there."""
