"""Messages of review to the core's types and back; no decisions."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.grpc_api import convert
from jlac_mapper.grpc_api._pb.v1 import review_pb2, review_service_pb2
from jlac_mapper.review.commands import ItemView, Outcome, QueueRow
from jlac_mapper.review.model import Action, Event, Item, ItemState, LocalAlias, Reading, Run, Standing

_STATE = "ITEM_STATE_"
_ACTION = "ACTION_"


def item_to_proto(item: Item) -> review_pb2.Item:
    """Return the message of an item; its alias key stays here."""
    return review_pb2.Item(
        id=item.id,
        facility=item.facility,
        run=item.run,
        row=item.row,
        test=convert.local_test_to_proto(item.test),
        mapping=convert.mapping_to_proto(item.mapping),
        reasons=[reason.value for reason in item.reasons],
        standing=standing_to_proto(item.standing),
        etag=item.etag,
        cells=item.cells,
    )


def row_to_proto(row: QueueRow, now: datetime) -> review_pb2.QueueRow:
    """Return the message of a line of the queue, its state as people see it *now*."""
    standing = standing_to_proto(row.standing)
    standing.state = _state_to_proto(row.standing.state_at(now))
    return review_pb2.QueueRow(
        id=row.id,
        run=row.run,
        row=row.row,
        local_code=row.local_code,
        name=row.name,
        specimen=row.specimen,
        unit=row.unit,
        standing=standing,
        probability=float(row.probability),
        section=row.section,
        reasons=[reason.value for reason in row.reasons],
        etag=row.etag,
    )


def standing_to_proto(standing: Standing) -> review_pb2.Standing:
    """Return the message of a standing."""
    return review_pb2.Standing(
        state=_state_to_proto(standing.state),
        code=standing.code,
        first=_reading(standing.first),
        second=_reading(standing.second),
        claimed_by=standing.claimed_by,
        claimed_until=_moment(standing.claimed_until),
        assigned_to=standing.assigned_to,
        proposal=standing.proposal,
        question=standing.question,
    )


def event_to_proto(event: Event) -> review_pb2.Event:
    """Return the message of an event."""
    draft = event.draft
    return review_pb2.Event(
        sequence=event.sequence,
        action=review_pb2.Action.Value(_ACTION + draft.action.name),
        by=draft.by,
        at=_moment(draft.at),
        request_id=draft.request_id,
        item=draft.item or 0,
        run=draft.run or 0,
        code=draft.code,
        text=draft.text,
        before=standing_to_proto(draft.before) if draft.before else None,
        after=standing_to_proto(draft.after) if draft.after else None,
        edition=draft.edition,
        model=draft.model,
        hash=event.hash,
    )


def view_to_proto(view: ItemView) -> review_pb2.ItemView:
    """Return the message of an item's page."""
    return review_pb2.ItemView(
        item=item_to_proto(view.item),
        history=[event_to_proto(event) for event in view.history],
        identical=view.identical,
        twins=view.twins,
        house_names=[_alias(name) for name in view.local_aliases],
        similar=[_alias(name) for name in view.similar],
        columns=[review_pb2.ListColumn(heading=c.heading, field=c.field) for c in view.columns],
        allowed=[
            review_pb2.Action.Value(_ACTION + action.name) for action in Action if action in view.allowed
        ],
    )


def outcome_to_proto(outcome: Outcome) -> review_service_pb2.Outcome:
    """Return the message of what came of an order."""
    return review_service_pb2.Outcome(
        item=item_to_proto(outcome.item),
        event=event_to_proto(outcome.event),
        repeated_request=outcome.repeated,
    )


def run_to_proto(run: Run) -> review_pb2.Run:
    """Return the message of a list."""
    texts = {
        name: getattr(run, name)
        for name in ("id", "facility", "file_name", "digest", "edition", "provenance", "rows", "imported_by")
    }
    return review_pb2.Run(**texts, started_at=_moment(run.started_at), imported_at=_moment(run.imported_at))


def code_to_proto(listed: ListedCode) -> review_pb2.ListedCode:
    """Return the message of a listed code."""
    texts = {name: getattr(listed, name) for name in ("name", "product", "abbreviation", "specimen_name")}
    return review_pb2.ListedCode(code=str(listed.code), unit_name=listed.unit_name, **texts)


def _state_to_proto(state: ItemState) -> "review_pb2.ItemState.ValueType":
    return review_pb2.ItemState.Value(_STATE + state.name)


def _reading(reading: Reading | None) -> review_pb2.Reading | None:
    return review_pb2.Reading(by=reading.by, code=reading.code) if reading else None


def _alias(name: LocalAlias) -> review_pb2.HouseName:
    return review_pb2.HouseName(
        code=name.code, item=name.item, by=name.by, at=_moment(name.at), name=name.name
    )


def _moment(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
