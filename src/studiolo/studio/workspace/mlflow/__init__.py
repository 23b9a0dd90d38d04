"""MLflow's endpoints that belong to the workspace."""
