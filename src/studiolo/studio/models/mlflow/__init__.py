"""MLflow's registry protocol on the studio's models."""
