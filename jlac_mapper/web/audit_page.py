"""The audit trail: shown, verified, handed out."""

import io
from itertools import islice

from starlette.responses import Response

from jlac_mapper.review.model import INSTALLATION
from jlac_mapper.web.call import Call
from jlac_mapper.web.queue_filter import as_number

ROWS = 100


def show(call: Call) -> Response:
    """Show a page of the chain from a sequence on."""
    return _page(call, problems=None)


def verify(call: Call) -> Response:
    """Recompute the chain and say what is wrong with it."""
    return _page(call, problems=call.review.verify(call.user, _key(call)))


def download(call: Call) -> Response:
    """Hand out the chain as JSON lines."""
    out = io.StringIO()
    call.review.export_audit(call.user, _key(call), out)
    headers = {"Content-Disposition": 'attachment; filename="audit.jsonl"'}
    return Response(out.getvalue().encode(), media_type="application/jsonl; charset=utf-8", headers=headers)


def _page(call: Call, problems: list[str] | None) -> Response:
    key = _key(call)
    first = max(1, as_number(call.request.query_params.get("from", "1")) or 1)
    shown = list(islice(call.review.audit(call.user, key, after=first - 1), ROWS + 1))
    return call.page(
        "audit.html",
        facility=call.facility() if key else None,
        base=call.path("audit") if key else "/audit",
        events=shown[:ROWS],
        next_from=shown[ROWS].sequence if len(shown) > ROWS else 0,
        previous_from=max(1, first - ROWS) if first > 1 else 0,
        problems=problems,
        name_of=call.services.codes.name,
    )


def _key(call: Call) -> str:
    return str(call.request.path_params.get("facility", INSTALLATION))
