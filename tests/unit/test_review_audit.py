"""The audit chain finds what was changed, removed, moved or cut off."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jlac_mapper.errors import InputError
from jlac_mapper.review import audit
from jlac_mapper.review.model import Action, ChainHead, Event, EventDraft, ItemState, Reading, Standing

_TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
_MOMENTS = st.datetimes(
    datetime(2020, 1, 1),
    datetime(2040, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=9)), timezone(-timedelta(hours=3, minutes=30))]),
)
_READINGS = st.none() | st.builds(Reading, _TEXT, _TEXT)
_STANDINGS = st.builds(
    Standing,
    st.sampled_from(ItemState),
    code=_TEXT,
    first=_READINGS,
    second=_READINGS,
    claimed_by=_TEXT,
    claimed_until=st.none() | _MOMENTS,
    assigned_to=_TEXT,
    proposal=_TEXT,
    question=_TEXT,
)
_DRAFTS = st.builds(
    EventDraft,
    st.sampled_from(Action),
    by=_TEXT,
    at=_MOMENTS,
    request_id=_TEXT,
    item=st.none() | st.integers(0, 10**9),
    run=st.none() | st.integers(0, 10**9),
    code=_TEXT,
    text=_TEXT,
    before=st.none() | _STANDINGS,
    after=st.none() | _STANDINGS,
    edition=_TEXT,
    model=_TEXT,
)


def chain(drafts: list[EventDraft], facility: str = "h1") -> tuple[list[Event], ChainHead]:
    head, events = audit.empty_head(facility), []
    for draft in drafts:
        events.append(audit.link(head, draft))
        head = audit.head_after(events[-1])
    return events, head


@given(st.lists(_DRAFTS, max_size=6))
def test_an_untouched_chain_is_in_order(drafts: list[EventDraft]) -> None:
    events, head = chain(drafts)
    assert audit.verify(events, head) == []
    assert [event.sequence for event in events] == list(range(1, len(drafts) + 1))


@given(st.lists(_DRAFTS, min_size=1, max_size=6), st.data())
def test_every_change_of_a_field_is_found(drafts: list[EventDraft], data: st.DataObject) -> None:
    events, head = chain(drafts)
    place = data.draw(st.integers(0, len(events) - 1))
    field = data.draw(st.sampled_from(["by", "code", "text", "at", "item", "after", "action", "edition"]))
    other = getattr(data.draw(_DRAFTS), field)
    draft = events[place].draft
    changed = replace(draft, **{field: other})
    if audit.to_json_line(replace(events[place], draft=changed)) == audit.to_json_line(events[place]):
        return  # the same moment in another zone, or the same value
    events[place] = replace(events[place], draft=changed)
    assert any(f"event {place + 1} " in problem for problem in audit.verify(events, head))


@given(st.lists(_DRAFTS, min_size=1, max_size=6), st.data())
def test_every_removal_is_found_also_at_the_end(drafts: list[EventDraft], data: st.DataObject) -> None:
    events, head = chain(drafts)
    del events[data.draw(st.integers(0, len(events) - 1))]
    assert audit.verify(events, head)


@given(st.lists(_DRAFTS, min_size=2, max_size=6), st.data())
def test_every_other_order_is_found(drafts: list[EventDraft], data: st.DataObject) -> None:
    events, head = chain(drafts)
    shuffled = data.draw(st.permutations(events))
    assert bool(audit.verify(shuffled, head)) == (shuffled != events)


@given(st.lists(_DRAFTS, min_size=1, max_size=4), _DRAFTS)
def test_a_forged_event_with_a_right_hash_of_its_own_is_found(
    drafts: list[EventDraft], forged: EventDraft
) -> None:
    events, head = chain(drafts)
    remade = audit.link(audit.empty_head("h1"), forged)
    if remade.hash == events[0].hash:
        return
    assert audit.verify([remade, *events[1:]], head)


@given(st.lists(_DRAFTS, max_size=4))
def test_an_export_can_be_read_and_verified_elsewhere(drafts: list[EventDraft]) -> None:
    events, head = chain(drafts)
    text = "".join(audit.to_json_line(event) + "\n" for event in events)
    read = list(audit.from_json_lines(io.StringIO(text, newline="\n")))
    assert audit.verify(read, head) == []
    assert [audit.to_json_line(event) for event in read] == [audit.to_json_line(event) for event in events]


@given(st.none() | _STANDINGS)
def test_a_standing_survives_being_written(standing: Standing | None) -> None:
    assert audit.read_standing(audit.write_standing(standing)) == standing


def test_a_chain_of_another_facility_is_found() -> None:
    draft = EventDraft(Action.COMMENT, "ann", datetime(2026, 1, 1, tzinfo=UTC), "r")
    events, _ = chain([draft], "h2")
    assert "another chain" in audit.verify(events, audit.empty_head("h1"))[0]


def test_a_thousand_broken_events_are_told_in_a_few_lines() -> None:
    draft = EventDraft(Action.COMMENT, "ann", datetime(2026, 1, 1, tzinfo=UTC), "r")
    events, head = chain([draft] * 1000)
    broken = [replace(event, draft=replace(draft, by="eve")) for event in events]
    assert len(audit.verify(broken, head)) == 21


@pytest.mark.parametrize("line", ["", "{}", "[1]", '{"action": "confirm"}', "no json"])
def test_a_line_that_is_no_event_is_refused(line: str) -> None:
    with pytest.raises(InputError, match="line 1"):
        list(audit.from_json_lines([line]))


@pytest.mark.parametrize("field", ["action", "at"])
def test_an_event_without_its_action_or_its_moment_is_refused(field: str) -> None:
    [event], _ = chain([EventDraft(Action.COMMENT, "ann", datetime(2026, 1, 1, tzinfo=UTC), "r")])
    written = {**audit.write_event(event), field: None}
    with pytest.raises(InputError, match="line 1 is no event"):
        list(audit.from_json_lines([json.dumps(written)]))


def test_moments_order_as_their_texts_do() -> None:
    tokyo = timezone(timedelta(hours=9))
    earlier, later = datetime(2026, 1, 1, 8, tzinfo=tokyo), datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
    assert audit.write_moment(earlier) == "2025-12-31T23:00:00.000000+00:00"
    assert audit.write_moment(earlier) < audit.write_moment(later)
