"""Components: what a step runs, registered under a name and a version that never changes."""
