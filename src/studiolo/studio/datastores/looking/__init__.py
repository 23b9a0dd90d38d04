"""Looking into databases and table files for pages: in child processes with limits, never in the server."""
