"""The child that compares two stored profiles: `python -m …monitors.pairs_process`; see `inspect_process`."""

import sys
from typing import Any

from studiolo.studio.datasets.inspect_process import answer


def measure(request: dict[str, Any]) -> dict[str, Any]:
    """Return `found`: a Comparison."""
    from studiolo.studio.datasets.monitors import pairs

    return {"found": pairs.measured(request["sides"], request["threshold"]).model_dump(mode="json")}


def main() -> int:
    """Answer the one request."""
    return answer(measure)


if __name__ == "__main__":
    sys.exit(main())
