"""Files of Azure ML v2, read on the side of the client: what kind they are, and jobs as specs of the studio."""
