"""`python -m studiolo.controller`: `studiolo up` starts it beside the server."""

import sys

from studiolo.controller.main import main

sys.exit(main())
