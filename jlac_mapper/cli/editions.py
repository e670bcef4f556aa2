"""What the verbs on editions begin with: the service, and the day asked for."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jlac_mapper.master.service import MasterService


def open_editions() -> MasterService:
    """Open the service of editions over the configured database."""
    import os

    from jlac_mapper.bootstrap import open_master
    from jlac_mapper.config import Settings

    return open_master(Settings.from_env(os.environ))


def day_of(as_of: str) -> date:
    """Return the day of --as-of, today without one. Raises InputError."""
    from jlac_mapper.errors import InputError

    if not as_of:
        return datetime.now().astimezone().date()
    try:
        return date.fromisoformat(as_of)
    except ValueError:
        raise InputError(f"--as-of is {as_of!r}; expected a day as YYYY-MM-DD") from None
