"""What the job of a window is handed and leaves, by name; apart from `submission`, so that the job does not load the server's side."""

ASKED = "STUDIOLO_DRIFT"
SETTINGS_FILE = "settings.json"
REFERENCE_FILE, SAMPLE_FILE, RESULT_FILE = "reference.json", "sample.parquet", "comparison.json"
