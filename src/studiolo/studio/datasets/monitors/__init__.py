"""Drift monitors: how far a window of a dataset has moved from a baseline, on a schedule, told once per change of state.

`measures` and `magnitude` are the mathematics, `distributions` what they are taken from, `judging` when it is an alarm. A window
is a row (`tables`); `reconcile` makes the windows that are due, each a job (`jobs`) in a process of its own, and takes what they
find. `windows` knows calendars: where a window begins and ends in a time zone.
"""
