"""MLflow's tracking protocol on the studio's runs: an unmodified client logs into the studio."""
