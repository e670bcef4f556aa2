"""What the pages work with: the service, who may sign in, and the parts that live as long as the server."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jlac_mapper.ports import Clock
from jlac_mapper.review.code_search import CodeSearch
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
