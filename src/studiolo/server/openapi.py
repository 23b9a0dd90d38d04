"""`python -m studiolo.server.openapi`: prints the OpenAPI document that the UI's client is generated from."""

import json
import sys
import tempfile
from pathlib import Path

from studiolo.kernel.settings import Settings
from studiolo.server.app import build_app, open_services


def main() -> None:
    """Write the document to standard output; it needs no running studio."""
    with tempfile.TemporaryDirectory() as folder:
        services = open_services(Settings(home=Path(folder)))
        document = build_app(services).openapi()
        services.db.close()
    sys.stdout.write(json.dumps(document, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
