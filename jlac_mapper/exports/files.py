"""One export as a file, whoever asks for it: page, gRPC or command line."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jlac_mapper.errors import InputError, NotFoundError
from jlac_mapper.exports import concept_map as fhir
from jlac_mapper.exports import labelled, letter, lis, sssom
from jlac_mapper.exports.fields import Answered
from jlac_mapper.exports.input_columns import InputColumns
from jlac_mapper.exports.templates import EVERY_COLUMN, Template, default_template
from jlac_mapper.review.code_search import CodeSearch
from jlac_mapper.review.model import Event, Facility, Item, ItemState, User
from jlac_mapper.review.service import ReviewService
from jlac_mapper.wording import Language


class ExportFormat(StrEnum):
    """What can be written."""

    CSV = "csv"
    """For the laboratory system, columns by the facility's template."""
    XLSX = "xlsx"
    CONCEPT_MAP = "concept_map"
    """FHIR R4 ConceptMap, JSON."""
    SSSOM = "sssom"
    LETTER = "letter"
    """Asks the hospital about the rows that were sent back."""
    LABELLED = "labelled"
    """Decided rows as `jlac-mapper eval` reads them."""
    CONFIRMED = "confirmed"
    """Decided names as `jlac-mapper train embedder --confirmed` reads them."""


_FILES = {
    ExportFormat.CSV: (".csv", "text/csv"),
    ExportFormat.XLSX: (".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ExportFormat.CONCEPT_MAP: (".conceptmap.json", "application/fhir+json"),
    ExportFormat.SSSOM: (".sssom.tsv", "text/tab-separated-values; charset=utf-8"),
    ExportFormat.LETTER: (".letter.txt", "text/plain; charset=utf-8"),
    ExportFormat.LABELLED: (".labelled.csv", "text/csv; charset=utf-8"),
    ExportFormat.CONFIRMED: (".confirmed.csv", "text/csv; charset=utf-8"),
}
_CHARSETS = {"utf-8": "utf-8", "utf-8-sig": "utf-8", "cp932": "Shift_JIS"}


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file to hand out; the name is ASCII and safe in a header."""

    name: str
    media_type: str
    content: bytes


def export_file(
    review: ReviewService,
    codes: CodeSearch,
    user: User,
    facility: str,
    run: int | None,
    export_format: ExportFormat,
    *,
    now: datetime,
    template: Template | None = None,
    language: str = Language.JAPANESE,
) -> ExportFile:
    """
    Write one list, or every list of a facility where *run* is None, as *user* may see it.

    Args:
        codes: Gives the names of codes.
        now: The moment that the file is dated with.
        template: Layout of CSV and XLSX, and the systems of ConceptMap and SSSOM; the default one if None.
        language: Of the letter: one of `Language`.

    Raises:
        NotFoundError: No such list, or it is another facility's.
        NotAllowedError: The user may not read it.
        InputError: An unknown language.
    """
    if language not in set(Language):
        raise InputError(f"language {language!r} is not known; use {' or '.join(Language)}")
    template = template or default_template()
    place = next((f for f in review.facilities(user) if f.key == facility), None)
    if place is None:
        raise NotFoundError(f"there is no facility {facility!r} for {user.login}")
    runs = [run] if run is not None else sorted(each.id for each in review.runs(user, facility))
    items = (item for each in runs for item in review.run_items(user, facility, each))
    wants_columns = any(column.field == EVERY_COLUMN for column in template.columns)
    given = InputColumns({r: review.columns(user, facility, r) for r in runs} if wants_columns else {})
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", facility) + (f"-run-{run}" if run is not None else "")
    suffix, media_type = _FILES[export_format]
    if export_format is ExportFormat.CSV:
        media_type += f"; charset={_CHARSETS[template.encoding]}"
    spoken = Language(language)
    content = _content(review, codes, user, place, items, export_format, name, now, template, spoken, given)
    return ExportFile(name + suffix, media_type, content)


def _content(
    review: ReviewService,
    codes: CodeSearch,
    user: User,
    facility: Facility,
    items: Iterable[Item],
    export_format: ExportFormat,
    name: str,
    now: datetime,
    template: Template,
    language: Language,
    given: InputColumns,
) -> bytes:
    names = codes.name
    local = fhir.local_system(facility, template.local_system)
    match export_format:
        case ExportFormat.CSV:
            return lis.csv_bytes(items, names, template, given)
        case ExportFormat.XLSX:
            return lis.xlsx_bytes(items, names, template, given)
        case ExportFormat.CONCEPT_MAP:
            resource = fhir.concept_map(
                items,
                names,
                facility=facility,
                name=name,
                now=now,
                local=local,
                jlac11_system=template.jlac11_system,
            )
            return json.dumps(resource, ensure_ascii=False, indent=1).encode()
        case ExportFormat.SSSOM:
            text = sssom.sssom_tsv(
                items,
                names,
                lambda item: answered(review.view(user, facility.key, item.id).history, item),
                facility=facility,
                name=name,
                now=now,
                local=local,
                jlac11_system=template.jlac11_system,
            )
            return text.encode()
        case ExportFormat.LETTER:
            day = now.astimezone().date()
            return letter.letter(items, facility=facility, day=day, language=language).encode("utf-8-sig")
        case ExportFormat.LABELLED:
            return labelled.labelled_csv(items)
        case ExportFormat.CONFIRMED:
            return labelled.confirmed_csv(items)


def answered(history: Iterable[Event], item: Item) -> Answered:
    """Return who made an item final and when, from its history: both readers, or the lead who settled."""
    if item.standing.state is not ItemState.FINAL:
        return Answered()
    for event in reversed(tuple(history)):
        draft = event.draft
        if draft.after is None or draft.after.state is not ItemState.FINAL:
            continue
        if draft.before is not None and draft.before.state is ItemState.FINAL:
            continue
        agreed = [r.by for r in (draft.after.first, draft.after.second) if r and r.code == draft.after.code]
        by = tuple(dict.fromkeys([*agreed, draft.by]))
        return Answered(by, draft.at)
    return Answered()
