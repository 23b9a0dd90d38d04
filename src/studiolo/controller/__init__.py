"""The reconciling process: makes reality match the rows, one small tick per slice."""
