"""MLflow's REST protocol without its nouns: fields of a request, errors, search grammar, and the table of endpoints.

Slices register what they answer (`endpoint`, `raw_endpoint`); one route per prefix looks it up. Of FastAPI's way nothing
is used here: a client logs in many small requests, and each is read, checked and answered by hand.
"""
