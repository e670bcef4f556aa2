"""A box to try one row: its answer with reasons and evidence; nothing is kept."""

from starlette.responses import Response

from jlac_mapper.tables.headings import FIELDS
from jlac_mapper.types import LocalTest
from jlac_mapper.web.admin.people import administration
from jlac_mapper.web.call import Call
from jlac_mapper.web.candidate_rows import candidate_rows
from jlac_mapper.web.evidence import statements

LONGEST_FIELD = 2000
"""Characters of a field that are taken: addresses of more are not carried by every proxy."""


def try_row(call: Call) -> Response:
    """Show the form, and the answer to the row that the address gives."""
    administration(call)
    given = call.request.query_params
    values = {field: given.get(field, "").strip()[:LONGEST_FIELD] for field in FIELDS}
    item = call.services.review.try_row(call.user, LocalTest(**values)) if values["name"] else None
    rules, machine = statements(item.mapping.evidence, call.language) if item else ((), ())
    return call.page(
        "admin_try.html",
        fields=FIELDS,
        values=values,
        item=item,
        candidates=candidate_rows(item, call.services.codes, call.language) if item else [],
        rules=rules,
        machine=machine,
        name_of=call.services.codes.name,
        longest=LONGEST_FIELD,
    )
