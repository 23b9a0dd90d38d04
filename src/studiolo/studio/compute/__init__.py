"""Compute: where jobs run.

A job names a compute; its controller reserves cores there (`service.reserve`), starts a runner on an attempt directory through
the backend (`backends/<kind>.py`), looks at it, and gives the cores back when it has ended.
"""
