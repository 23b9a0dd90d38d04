"""Models: the registry of MLflow model directories."""
