"""Machines that are attached: jobs run on them in an account of theirs. Detaching forgets a machine; nothing on it is deleted."""
