"""Tokens that stand for a sign-in: unguessable, given out once, and kept as their SHA-256 alone."""

import hashlib
import secrets
from datetime import datetime, timedelta

from jlac_mapper.review.model import Session


def new_secret() -> str:
    """Return 256 random bits for a token, or for what a form must carry back, as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """Return what is kept of a token: its SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_session(login: str, now: datetime, life: timedelta) -> tuple[str, Session]:
    """Return a new token, which nobody can be told again, and the session of *login* that it opens."""
    token = new_secret()
    return token, Session(digest(token), login, csrf=new_secret(), created_at=now, expires_at=now + life)
