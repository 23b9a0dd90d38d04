"""Files of Azure ML v2 that describe pipelines and components, read on the side of the client."""
