"""Published pipelines: a name with versions, started over HTTP by those who have its key."""
