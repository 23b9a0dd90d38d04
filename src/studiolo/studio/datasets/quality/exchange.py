"""What the job of a check is handed and leaves, by name; apart from `submission`, so that the job does not load the server's side."""

AT = "STUDIOLO_QUALITY_AT"
RULES_FILE, RESULT_FILE = "rules.json", "quality.json"
