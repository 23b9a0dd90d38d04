"""Pipelines in Python: `from studiolo.sdk.pipelines import Out, OutFile, automl, component, each, if_else, loop, parallel_for, pipeline, step`."""

from studiolo.studio.pipelines.branching import if_else, parallel_for
from studiolo.studio.pipelines.functions import Out, OutFile, component, pipeline, step
from studiolo.studio.pipelines.learning import automl
from studiolo.studio.pipelines.repeating import loop
from studiolo.studio.pipelines.writing import each

__all__ = ["Out", "OutFile", "automl", "component", "each", "if_else", "loop", "parallel_for", "pipeline", "step"]
