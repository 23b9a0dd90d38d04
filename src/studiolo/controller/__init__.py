"""The reconciling process: `python -m studiolo.controller` calls the tick of every slice, again and again."""
