"""The lists that were taken in, and the results to download."""

from collections import Counter

from starlette.responses import Response

from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.errors import NotFoundError
from jlac_mapper.exports.files import ExportFormat, export_file
from jlac_mapper.exports.templates import facility_template, whole_template
from jlac_mapper.review.commands import ItemQuery, QueueRow
from jlac_mapper.review.model import Role
from jlac_mapper.web.call import Call
from jlac_mapper.web.queue_filter import STATES, as_number

ALL = "all"
TABLES = (ExportFormat.CSV, ExportFormat.XLSX)
"""What can be had with every column of the list."""


def lists(call: Call) -> Response:
    """Show the lists, the newest first, and those on their way."""
    review, key = call.review, call.facility_key
    runs = review.runs(call.user, key)
    return call.page(
        "lists.html",
        facility=call.facility(),
        runs=runs,
        counts={run.id: review.counts(call.user, key, run.id) for run in runs[:SHOWN]},
        shown=SHOWN,
        jobs=call.services.jobs.of(key),
        formats=list(ExportFormat),
        may_upload=call.has(Role.REVIEWER),
        every_run=ALL,
        tables=TABLES,
    )


def result(call: Call) -> Response:
    """Show how far one list is and what came of it: to download, and to print."""
    review, key = call.review, call.facility_key
    number = as_number(call.request.path_params["run"])
    if number is None:
        raise NotFoundError("there is no such list")
    run = review.run(call.user, key, number)
    rows: list[QueueRow] = []
    query, after = ItemQuery(key, states=STATES["all"], run=run.id), None
    while len(rows) < PRINTED:
        page = review.queue(call.user, query, after=after, limit=_AT_ONCE)
        rows += page.rows
        if (after := page.next) is None:
            break
    settled = Counter(row.standing.code == UNCODABLE for row in rows if row.standing.code)
    return call.page(
        "list.html",
        facility=call.facility(),
        run=run,
        counts=review.counts(call.user, key, run.id),
        coded=settled[False],
        no_code=settled[True],
        rows=rows,
        more=after is not None,
        formats=list(ExportFormat),
        name_of=call.services.codes.name,
    )


PRINTED = 5000
"""Rows of one list on its page."""
_AT_ONCE = 500
SHOWN = 100
"""Lists shown with their progress."""


def download(call: Call) -> Response:
    """Hand out a list's results as a file."""
    run, kind = call.request.path_params["run"], call.request.path_params["kind"]
    if kind not in set(ExportFormat):
        raise NotFoundError(f"there is no export {kind!r}")
    if run != ALL and as_number(run) is None:
        raise NotFoundError(f"there is no list {run!r}")
    services = call.services
    layout = facility_template(services.templates, call.facility_key)
    file = export_file(
        call.review,
        services.codes,
        call.user,
        call.facility_key,
        None if run == ALL else int(run),
        ExportFormat(kind),
        now=services.clock.now(),
        template=whole_template(layout) if call.request.query_params.get("columns") == ALL else layout,
        language=call.language,
    )
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return Response(file.content, media_type=file.media_type, headers=headers)
