"""From a file that somebody sends to a folder in MLflow's model format, in a child process that loads nothing.

`process` is the child; `archives` unpacks a folder that was sent as zip or tar; `kinds` tells model files apart by their
content; `wrap` writes the `MLmodel` around one. Written by hand rather than with `mlflow.<flavor>.save_model`, which takes
loaded objects only: a pickle would have to be run for it.
"""
