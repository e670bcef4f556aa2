"""One request as the pages see it: who asks, in which language, for which facility."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from jlac_mapper.errors import NotFoundError
from jlac_mapper.japanese.phrases import in_japanese
from jlac_mapper.review.model import INSTALLATION, Facility, Role, Session, User
from jlac_mapper.review.service import ReviewService
from jlac_mapper.web.messages import translate
from jlac_mapper.web.services import Services
from jlac_mapper.wording import Language

_NOBODY = User(login="", name="")


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose role and origin have been checked; pages take it and return a response."""

    request: Request
    services: Services
    review: ReviewService
    """Within the request's unit of work; that of `services` has its own."""
    language: Language
    csrf: str
    """What a form must carry back."""
    session: Session | None = None
    user: User = _NOBODY
    form: FormData = field(default_factory=FormData)
    people: Mapping[str, str] | None = None
    """Login -> name, once it was asked for."""

    def t(self, key: str, **values: object) -> str:
        """Return a text in the user's language."""
        return translate(self.language, key, **values)

    def said(self, message: object) -> str:
        """Return an error or another line of the program in the user's language."""
        return in_japanese(str(message)) if self.language is Language.JAPANESE else str(message)

    def text(self, name: str, longest: int = 4000) -> str:
        """Return a field of the form, cut and without control characters but line feeds; "" when absent."""
        value = self.form.get(name, "")
        if isinstance(value, UploadFile):
            return ""
        value = value.replace("\r\n", "\n")[:longest]
        return "".join(c for c in value if c.isprintable() or c in "\n\t").strip()

    def number(self, name: str) -> int:
        """Return a number of the form, 0 when it is none."""
        value = self.text(name, 19)
        return int(value) if value.isascii() and value.isdigit() else 0

    def path_number(self, name: str) -> int:
        """Return a number of the path. Raises NotFoundError where it is too large for a database."""
        value: int = self.request.path_params[name]
        if value >= 2**63:
            raise NotFoundError(f"there is no {name} {value}")
        return value

    @property
    def facility_key(self) -> str:
        """The facility of the path."""
        return str(self.request.path_params["facility"])

    def facility(self) -> Facility:
        """Return the path's facility; the user has a role in it."""
        return self.review.facility(self.user, self.facility_key)

    def facilities(self) -> list[Facility]:
        """Return the facilities in which the user has a role."""
        return self.review.facilities(self.user)

    def has(self, role: Role) -> bool:
        """Tell whether the user may do what *role* may, in the path's facility."""
        key = self.request.path_params.get("facility", INSTALLATION)
        held = self.user.role_in(key)
        return held is not None and held.includes(role)

    def path(self, *parts: object, query: str = "") -> str:
        """Return the address of a page of this facility."""
        steps = "/".join(quote(str(part), safe="") for part in ("f", self.facility_key, *parts))
        return f"/{steps}" + (f"?{query}" if query else "")

    def person(self, login: str) -> str:
        """Return a person's name as the facility's people know it; the login of someone unknown here."""
        if "facility" not in self.request.path_params or not login:
            return login
        if self.people is None:
            names = self.review.names(self.user, self.facility_key) if self.has(Role.VIEWER) else {}
            object.__setattr__(self, "people", names)
        assert self.people is not None
        return self.people.get(login, login)

    def page(self, template: str, *, status: int = 200, **context: object) -> Response:
        """Render a template."""
        html = self.services.renderer.render(template, self, context)
        return HTMLResponse(html, status_code=status)

    def redirect(self, path: str) -> Response:
        """Send the browser to another page of ours, by GET."""
        return RedirectResponse(path, status_code=303)


def own_path(path: str, default: str = "/") -> str:
    """Return *path* when it leads to a page of ours, else *default*: never to another site."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_ours and "\\" not in path else default
