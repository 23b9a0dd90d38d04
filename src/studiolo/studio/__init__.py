"""One folder per entry of the side pane."""
