"""The few lines that load a joblib file, which MLflow has no flavour for; they travel with the model."""

LOADER = "load_joblib"
LOADER_CODE = '''"""Loads a joblib file for MLflow."""


def _load_pyfunc(path):
    import joblib

    return joblib.load(path)
'''
