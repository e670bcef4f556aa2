"""Official masters: taken in, checked, compared with the one in use, and made the one in use."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.responses import Response

from jlac_mapper.errors import InputError, MasterFileError, NotFoundError
from jlac_mapper.master.checks import Finding
from jlac_mapper.master.diff import CodeDifference, Difference
from jlac_mapper.master.service import Kept, MasterService
from jlac_mapper.ports import EditionInfo
from jlac_mapper.review.commands import Reopened
from jlac_mapper.review.tokens import new_secret
from jlac_mapper.web.admin.people import administration
from jlac_mapper.web.call import Call
from jlac_mapper.web.upload import file_name

SUFFIXES = (".xlsx", ".csv", ".json", ".fsh")
SHOWN = 20
"""Findings of a rule, and differences of a kind, that are listed; all are counted."""
REOPENED_SHOWN = 500


def editions(call: Call) -> Response:
    """List the editions."""
    return _list(call)


def take(call: Call) -> Response:
    """Read an official file and keep it; the edition in use stays as it is."""
    given = call.form.get("file")
    if not isinstance(given, UploadFile) or not given.filename:
        return _list(call, problem=call.t("upload.no_file"), status=400)
    name = file_name(given.filename)
    if PurePath(name).suffix.lower() not in SUFFIXES:
        return _list(call, problem=call.t("editions.wrong_kind", name=name), status=400)
    with TemporaryDirectory(prefix="jlac-master-") as folder:
        file = Path(folder) / name
        with file.open("wb") as out:
            while block := given.file.read(1 << 20):
                out.write(block)
        try:
            imported = _service(call).import_file(file, call.text("name", 100))
        except (InputError, MasterFileError) as error:
            detail = str(error).replace(f"{folder}/", "")
            return _list(call, problem=call.t("editions.unreadable", name=name), detail=detail, status=400)
    return _list(call, imported=imported, is_edition=imported.kept is Kept.EDITION)


def edition(call: Call) -> Response:
    """Show what an edition says against itself, and how it differs from the one in use."""
    service, info = _service(call), _named(call)
    in_use = next((each.name for each in service.editions() if each.active), "")
    day = _today(call)
    _, findings = service.check(info.name, day)
    differences = service.diff(in_use, info.name, day) if in_use and in_use != info.name else []
    return call.page(
        "admin_edition.html",
        info=info,
        in_use=in_use,
        path=_path(info.name),
        day=day,
        **_findings(findings),
        **_differences(differences),
        shown=SHOWN,
    )


def foresee(call: Call) -> Response:
    """Show what would be reopened, before the edition becomes the one in use."""
    info = _named(call)
    known = administration(call)
    reopened = known.editions.foresee_use(info.name, known.decisions(call.user, new_secret()))
    return _use(call, info, reopened, is_done=False)


def use(call: Call) -> Response:
    """Make the edition the one in use, and show what was reopened."""
    info = _named(call)
    request_id = call.text("request_id", 64)
    if not request_id:
        raise InputError("the form has no request id; load the page again")
    known = administration(call)
    reopened = known.editions.use(info.name, known.decisions(call.user, request_id))
    return _use(call, info, reopened, is_done=True)


def _use(call: Call, info: EditionInfo, reopened: Sequence[Reopened] | None, *, is_done: bool) -> Response:
    found = reopened or []
    return call.page(
        "admin_use.html",
        info=info,
        path=_path(info.name),
        reopened=found[:REOPENED_SHOWN],
        count=len(found),
        moved=sum(bool(each.successor) for each in found),
        is_done=is_done,
    )


def _list(
    call: Call, *, status: int = 200, problem: str = "", detail: str = "", **context: object
) -> Response:
    return call.page(
        "admin_editions.html",
        status=status,
        editions=[(info, _path(info.name)) for info in _service(call).editions()],
        problem=problem,
        detail=detail,
        suffixes=",".join(SUFFIXES),
        **{"imported": None, "is_edition": False, **context},
    )


def _findings(findings: Sequence[Finding]) -> dict[str, Any]:
    counts = Counter((each.severity, each.rule) for each in findings)
    return {
        "finding_count": len(findings),
        "rules": [
            (severity, rule, count, [each for each in findings if each.rule == rule][:SHOWN])
            for (severity, rule), count in counts.items()
        ],
    }


def _differences(differences: Sequence[CodeDifference]) -> dict[str, Any]:
    kinds = [(kind, [each for each in differences if each.kind is kind]) for kind in Difference]
    return {
        "difference_count": len(differences),
        "kinds": [(kind, len(found), found[:SHOWN]) for kind, found in kinds if found],
    }


def _named(call: Call) -> EditionInfo:
    name = call.request.path_params["edition"]
    found = next((info for info in _service(call).editions() if info.name == name), None)
    if found is None:
        raise NotFoundError(f"there is no edition {name!r}")
    return found


def _path(name: str) -> str:
    return f"/admin/editions/{quote(name, safe='')}"


def _today(call: Call) -> date:
    return call.services.clock.now().astimezone().date()


def _service(call: Call) -> MasterService:
    return administration(call).editions
