"""Upload of a hospital's list: what it holds is shown first, then it is taken in."""

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, Response

from jlac_mapper.errors import InputError, NotFoundError
from jlac_mapper.review.model import Run
from jlac_mapper.tables.headings import FIELDS
from jlac_mapper.tables.understanding import Choice, Understanding, as_json, read_chosen, understand
from jlac_mapper.tables.whole import WholeList
from jlac_mapper.web.call import Call
from jlac_mapper.web.import_jobs import ImportJob, JobState, Report
from jlac_mapper.web.pending import PendingList

SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".xlsx")
LARGEST_BYTES = 64 * 1024 * 1024
MOST_CHOICES = 300
"""Columns whose field can be chosen; those behind them are only kept."""
_LONGEST_NAME = 200


def take(call: Call) -> Response:
    """Take the uploaded file in as it is understood, and show its progress."""
    given, name, suffix = _given(call)
    request_id = _request_id(call)
    path, digest = call.services.pending.write(given.file, suffix)
    read_list = call.services.read_list
    file = PendingList("", call.facility_key, name, path, digest, call.services.clock.now())
    job = _start(call, file, lambda: read_list(path), request_id)
    return call.redirect(call.path("imports", job.id))


def keep(call: Call) -> Response:
    """Keep the uploaded file for a look at its columns; nothing of it is stored."""
    given, name, suffix = _given(call)
    pending = call.services.pending.keep(call.facility_key, name, given.file, suffix)
    return call.redirect(call.path("uploads", pending.id))


def look(call: Call) -> Response:
    """Show how the file is understood."""
    pending = _pending(call)
    if pending.job:
        return call.redirect(call.path("imports", pending.job))
    return _shown(call, pending, Choice())


def columns(call: Call) -> Response:
    """Return how the file is understood, or would be with the address's choices, for programs."""
    pending = _pending(call)
    if pending.job:
        raise NotFoundError("the list was given to an import")
    return JSONResponse(as_json(_understood(pending, _choice(call.request.query_params))))


def choose(call: Call) -> Response:
    """Do what the form says: look again with other choices, take the list in, or drop it."""
    pending = _pending(call)
    if pending.job:
        return call.redirect(call.path("imports", pending.job))
    match call.text("action"):
        case "cancel":
            call.services.pending.drop(pending)
            return call.redirect(call.path("lists"))
        case "look":
            return _shown(call, pending, _choice(call.form))
        case "take":
            return _taken(call, pending)
        case word:
            raise InputError(f"{word!r} is no action of this page")


def progress(call: Call) -> Response:
    """Show how far a list is; the page asks for `state` by itself."""
    return call.page("import.html", facility=call.facility(), job=_job(call), states=JobState)


def state(call: Call) -> Response:
    """Return how far a list is, for the page's script."""
    job = _job(call)
    share = job.done / job.total if job.total else 0.0
    return JSONResponse(
        {
            "state": job.state.value,
            "done": job.done,
            "total": job.total,
            "share": share,
            "text": describe(call, job),
            "over": job.is_over,
        }
    )


def describe(call: Call, job: ImportJob) -> str:
    """Return a job's progress in words."""
    return call.t(f"job.{job.state.value}", done=f"{job.done:,}", total=f"{job.total:,}")


def _taken(call: Call, pending: PendingList) -> Response:
    request_id, choice = _request_id(call), _choice(call.form)
    if _is_moved(call.form):  # nobody has seen those columns yet
        return _shown(call, pending, choice)
    fields = list(_fields(call.form).values())
    twice = next((field for field in fields if fields.count(field) > 1), "")
    if twice:
        problem = call.t("columns.twice", field=call.t(f"field.{twice}"))
        return _shown(call, pending, choice, problem=problem, status=400)
    if not _understood(pending, choice).has_names:
        return _shown(call, pending, choice, problem=call.t("columns.no_name"), status=400)
    job = call.services.pending.give(
        pending, lambda: _start(call, pending, lambda: read_chosen(pending.path, choice), request_id).id
    )
    if not job:
        raise NotFoundError("there is no such upload any more")
    return call.redirect(call.path("imports", job))


def _shown(
    call: Call, pending: PendingList, choice: Choice, *, problem: str = "", status: int = 200
) -> Response:
    try:
        seen = _understood(pending, choice)
    except InputError:
        call.services.pending.drop(pending)
        raise
    return call.page(
        "columns.html",
        status=status,
        facility=call.facility(),
        pending=pending,
        seen=seen,
        fields=FIELDS,
        shown=MOST_CHOICES,
        unknown=[each.heading or call.t("item.no_heading") for each in seen.columns if not each.field],
        problem=problem,
    )


def _understood(pending: PendingList, choice: Choice) -> Understanding:
    try:
        return understand(pending.path, choice)
    except InputError as error:
        raise _by_own_name(error, pending) from None


def _choice(given: Mapping[str, Any]) -> Choice:
    """Return the form's choices; the columns' hold for the sheet and header that they were made on."""
    sheet, header = _number(given, "sheet"), _number(given, "header")
    if "of_sheet" in given and sheet != _number(given, "of_sheet"):
        return Choice(sheet)
    if _is_moved(given) or not any(name.startswith("column") for name in given):
        return Choice(sheet, header)
    return Choice(sheet, header, {field: index for index, field in _fields(given).items()})


def _is_moved(given: Mapping[str, Any]) -> bool:
    """Tell whether another sheet or row of headings is chosen than the columns were shown of."""
    names = ("sheet", "header")
    return any(f"of_{n}" in given and _number(given, n) != _number(given, f"of_{n}") for n in names)


def _fields(given: Mapping[str, Any]) -> dict[int, str]:
    """Return column index -> field, of those that have one."""
    found: dict[int, str] = {}
    for name, value in given.items():
        index = _plain_number(name.removeprefix("column")) if name.startswith("column") else None
        if index is not None and isinstance(value, str) and value in FIELDS:
            found[index] = value
    return found


def _number(given: Mapping[str, Any], name: str) -> int | None:
    """Return a number of the form as a place from 0; people count from 1."""
    value = given.get(name)
    number = _plain_number(value) if isinstance(value, str) else None
    return number - 1 if number else None


def _plain_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _start(call: Call, pending: PendingList, read: Callable[[], WholeList], request_id: str) -> ImportJob:
    """Begin to take a file in; it is removed at the end, whatever comes of it."""
    review, user = call.services.review, call.user

    def work(report: Report) -> Run:
        try:
            try:
                found = read()
            except InputError as error:
                raise _by_own_name(error, pending) from None
            report(0, len(found.tests))
            return review.import_list(
                user,
                pending.facility,
                file_name=pending.file_name,
                digest=pending.digest,
                tests=found.tests,
                columns=found.columns,
                cells=found.cells,
                request_id=request_id,
                progress=lambda done: report(done, len(found.tests)),
            )
        finally:
            pending.path.unlink(missing_ok=True)

    return call.services.jobs.start(pending.facility, user.login, pending.file_name, work)


def _by_own_name(error: InputError, pending: PendingList) -> InputError:
    """Return an error that names the file as the user knows it."""
    path, name = pending.path, pending.file_name
    return InputError(str(error).replace(str(path), name).replace(path.name, name))


def _given(call: Call) -> tuple[UploadFile, str, str]:
    """Return the uploaded file, its name and its suffix."""
    given = call.form.get("list")
    if not isinstance(given, UploadFile) or not given.filename:
        raise InputError(call.t("upload.no_file"))
    name = file_name(given.filename)
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(call.t("upload.wrong_kind", name=name))
    return given, name, suffix


def _request_id(call: Call) -> str:
    request_id = call.text("request_id", 64)
    if not request_id:
        raise InputError(call.t("upload.no_file"))
    return request_id


def _pending(call: Call) -> PendingList:
    found = call.services.pending.get(call.facility_key, str(call.request.path_params["upload"]))
    if found is None:
        raise NotFoundError("there is no such upload; the server may have been started anew since")
    return found


def _job(call: Call) -> ImportJob:
    job = call.services.jobs.get(call.facility_key, str(call.request.path_params["job"]))
    if job is None:
        raise NotFoundError("there is no such upload; the server may have been started anew since")
    return job


def file_name(given: str) -> str:
    """Return the file's own name without folders and control characters."""
    name = given.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in name if c.isprintable())[-_LONGEST_NAME:].lstrip(".") or "list"
