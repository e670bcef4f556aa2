"""What the pages work with: the service, who may sign in, and the parts that live as long as the server."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jlac_mapper.master.service import Decisions, MasterService
from jlac_mapper.ports import Clock
from jlac_mapper.review.code_search import CodeSearch
from jlac_mapper.review.commands import Reopened
from jlac_mapper.review.model import User
from jlac_mapper.review.people import PeopleService
from jlac_mapper.review.ports import UnitOfWork
from jlac_mapper.review.service import ReviewService
from jlac_mapper.review.sign_in import SignIn
from jlac_mapper.tables.whole import WholeList
from jlac_mapper.web.import_jobs import ImportJobs
from jlac_mapper.web.oidc import OidcProvider
from jlac_mapper.web.pending import PendingLists
from jlac_mapper.web.render import Renderer

ReadList = Callable[[Path], WholeList]
"""Reads a hospital's list (CSV, TSV, XLSX); raises InputError with one line for the user."""


@dataclass(frozen=True, slots=True)
class Administration:
    """
    What the pages of administration translate to.

    Attributes:
        people: Facilities, users and tokens.
        editions: Official masters.
        decisions: What a change of the edition in use asks of review, for who changes it and a request id.
    """

    people: PeopleService
    editions: MasterService
    decisions: Callable[[User, str], Decisions[Reopened]]


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one running page."""

    review: ReviewService
    units: UnitOfWork
    sign_in: SignIn
    codes: CodeSearch
    clock: Clock
    renderer: Renderer
    jobs: ImportJobs
    pending: PendingLists
    read_list: ReadList
    templates: str = ""
    """Folder of the facilities' export layouts; empty for the default one."""
    oidc: OidcProvider | None = None
    administration: Administration | None = None
    """None where the page is served without it."""
