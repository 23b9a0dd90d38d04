"""The runner: owns one attempt of a job or service, and outlives server and controller.

Standard library only, and none of it imports the rest of Studiolo, so the folder can be copied to any machine with a
Python. An attempt is a directory (`attempt.py` names its files); `launch.py` starts a runner on it, `observe.py` says what
has become of it, `journal.py` is what the job inside writes its results with.
"""
