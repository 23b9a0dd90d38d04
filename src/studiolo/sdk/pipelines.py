"""Pipelines in Python: `from studiolo.sdk.pipelines import Out, OutFile, component, loop, pipeline, step`."""

from studiolo.studio.pipelines.functions import Out, OutFile, component, pipeline, step
from studiolo.studio.pipelines.repeating import loop

__all__ = ["Out", "OutFile", "component", "loop", "pipeline", "step"]
