"""`GET /health`: answers without a token."""

from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy import text

from studiolo.kernel.auth.request import services
from studiolo.version import __version__

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """status: `ok`; version: of the server; database: which kind."""

    status: str
    version: str
    database: str


@router.get("/health")
def health(request: Request) -> Health:
    """Say that the server and its database answer."""
    db = services(request).db
    with db.glance() as tx:
        tx.execute(text("select 1"))
    return Health(status="ok", version=__version__, database=db.dialect)
