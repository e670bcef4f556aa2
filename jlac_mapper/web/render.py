"""Templates: rendered with the caller's language, every value escaped."""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from jlac_mapper.codes import jlac11
from jlac_mapper.errors import InvalidCodeError
from jlac_mapper.review.model import Action, ItemState, Role
from jlac_mapper.review.table_fields import by_weight
from jlac_mapper.types import Disposition, Reason
from jlac_mapper.web.messages import reasons

FOLDER = Path(__file__).parent


class Reader(Protocol):
    """Whoever a page is made for."""

    @property
    def language(self) -> str:
        """The language of the page: ja or en."""
        ...

    def t(self, key: str, **values: object) -> str:
        """Return a text in that language."""
        ...


class Renderer:
    """Turns templates into pages."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            Action=Action,
            Disposition=Disposition,
            ItemState=ItemState,
            Role=Role,
            UNCODABLE=jlac11.UNCODABLE,
            asset=_asset(),
            new_request_id=lambda: str(uuid.uuid4()),
        )
        self._environment.filters.update(
            code=hyphenated, utc=utc, local=local, percent=percent, by_weight=by_weight
        )

    def render(self, template: str, call: Reader, context: Mapping[str, object]) -> str:
        """Render *template* for *call*, in its language."""

        def explain(reason: Reason) -> str:
            return reasons()[reason.value][call.language]

        return self._environment.get_template(template).render(
            call=call, t=call.t, explain=explain, language=call.language, **context
        )


def _asset() -> str:
    """Return a mark that changes with the static files, so that browsers keep them for good."""
    files = sorted((FOLDER / "static").iterdir())
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def hyphenated(code: str) -> str:
    """Return a code as people write it; 17 nines and anything else as they are."""
    try:
        return jlac11.parse(code).hyphenated
    except InvalidCodeError:
        return code


def utc(moment: datetime) -> str:
    """Return a moment in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def local(moment: datetime) -> str:
    """Return a moment in the server's zone, which it names."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M %Z")


def percent(probability: float) -> str:
    """Return a probability for a person; never rounded up to 100 %."""
    return f"{min(probability * 100, 99.9):.1f} %" if probability < 1 else "100 %"
