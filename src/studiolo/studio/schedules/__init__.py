"""Schedules: when jobs and pipelines run by themselves.

The controller's tick looks for schedules that are due (`reconcile`), `deciding` says what is to be done about the times that have come, and
`firing` does it: one transaction moves the schedule on, writes the firing and makes the run. `times` and `zones` know the calendar.
"""
