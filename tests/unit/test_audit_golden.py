"""
The audit chain to its bytes: what was exported and noted down years ago is verified by every later version.

The lines are written out here as they were first made; no code makes them. Where one of these tests fails,
the format changed and every trail that a hospital keeps outside the database became unverifiable.
"""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from jlac_mapper.review import audit
from jlac_mapper.review.model import Action, ChainHead, Event, EventDraft, ItemState, Reading, Standing

_TOKYO = timezone(timedelta(hours=9))
_NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
_AST, _CK, _NONE = "C20080000250000F7", "C20010000250000F7", "9" * 17
_MODEL = "edition=2025@aaaaaaaaaaaa;retrieval=lexical;calibration=none;threshold=0.9000"

_OPEN = Standing(ItemState.PROPOSED, proposal=_AST)
_CLAIMED = Standing(
    ItemState.PROPOSED, claimed_by="ann", claimed_until=datetime(2026, 1, 2, 12, 30, 0, 5, UTC), proposal=_AST
)
_ONCE = Standing(ItemState.DECIDED_ONCE, first=Reading("ann", _AST), proposal=_AST)
_DISPUTED = Standing(
    ItemState.DISPUTED, first=Reading("ann", _AST), second=Reading("bob", _CK), proposal=_AST
)
_FINAL = Standing(
    ItemState.FINAL, _CK, Reading("ann", _AST), Reading("bob", _CK), assigned_to="lea", proposal=_AST
)
_ASKED = Standing(ItemState.SENT_BACK, proposal=_AST, question="材料は?\n「血清」\\\t\u2028🧪")

DRAFTS = (
    EventDraft(Action.FACILITY, "root", _NOON, "r-1", text='{"key":"h1","name":"みなと病院"}'),
    EventDraft(Action.USER, "root", _NOON, "r-2", text="ann: reviewer in h1"),
    EventDraft(Action.IMPORT, "ann", _NOON, "r-3", run=1, text="list.csv", edition="2025@aaaaaaaaaaaa"),
    EventDraft(Action.CLAIM, "ann", _NOON, "r-4", item=7, before=_OPEN, after=_CLAIMED),
    EventDraft(Action.RELEASE, "ann", _NOON, "r-5", item=7, before=_CLAIMED, after=_OPEN),
    EventDraft(
        Action.COMMENT,
        "花子",
        datetime(2026, 1, 2, 21, 0, 1, tzinfo=_TOKYO),
        "r-6",
        item=7,
        text="\u00e9 e\u0301",
    ),
    EventDraft(Action.SKIP, "ann", _NOON, "r-7", item=7, before=_OPEN, after=_OPEN),
    EventDraft(Action.ASSIGN, "lea", _NOON, "r-8", item=7, text="bob", before=_OPEN, after=_OPEN),
    EventDraft(
        Action.CONFIRM,
        "ann",
        _NOON,
        "r-9",
        item=7,
        code=_AST,
        before=_CLAIMED,
        after=_ONCE,
        edition="2025@aaaaaaaaaaaa",
        model=_MODEL,
    ),
    EventDraft(
        Action.CHOOSE, "bob", _NOON, "r-10", item=7, code=_CK, before=_ONCE, after=_DISPUTED, model=_MODEL
    ),
    EventDraft(Action.SETTLE, "lea", _NOON, "r-11", item=7, code=_CK, before=_DISPUTED, after=_FINAL),
    EventDraft(Action.UNDO, "lea", _NOON, "r-12", item=7, before=_FINAL, after=_DISPUTED),
    EventDraft(
        Action.SEND_BACK, "ann", _NOON, "r-13", item=8, text=_ASKED.question, before=_OPEN, after=_ASKED
    ),
    EventDraft(
        Action.PICK,
        "ann",
        _NOON,
        "r-14",
        item=8,
        code=_CK,
        before=_ASKED,
        after=Standing(ItemState.FINAL, _CK, Reading("ann", _CK), proposal=_AST),
    ),
    EventDraft(
        Action.REOPEN,
        "lea",
        _NOON,
        "r-15",
        item=8,
        text="CODE_ENDED",
        before=Standing(ItemState.ACCEPTED, _AST),
        after=_OPEN,
    ),
    EventDraft(
        Action.NO_CODE,
        "ann",
        datetime(2026, 12, 31, 23, 59, 59, 999999, UTC),
        "",
        item=0,
        run=0,
        code=_NONE,
        before=Standing(ItemState.IN_REVIEW),
        after=Standing(ItemState.FINAL, _NONE, Reading("ann", _NONE)),
    ),
    EventDraft(Action.HIDDEN, "", _NOON, "r-17", item=8),
    EventDraft(Action.RULE, "lea", _NOON, "r-18", text="specimen 生化学 serum: 血清"),
    EventDraft(Action.RULE_END, "lea", _NOON, "r-19", text="answer 1"),
)
"""Every action once, with moments, texts and standings of every sort."""

EMPTY_HASH = "f7df05ea32978e8483d6228493dca7f678d63580f729a1c44f86c7b22c504204"
LINES = (
    '{"action":"facility","after":null,"at":"2026-01-02T12:00:00.000000+00:00","before":null,'
    '"by":"root","code":"","edition":"","facility":"h1",'
    '"hash":"16f2de353056d64ca7162eaa4b570c91c446ea56e9b43e3feb8a7f2d90efd2a6","item":null,"model":"",'
    '"previous_hash":"f7df05ea32978e8483d6228493dca7f678d63580f729a1c44f86c7b22c504204",'
    '"request_id":"r-1","run":null,"sequence":1,"text":"{\\"key\\":\\"h1\\",\\"name\\":\\"みなと病院\\"}"}',
    '{"action":"user","after":null,"at":"2026-01-02T12:00:00.000000+00:00","before":null,"by":"root",'
    '"code":"","edition":"","facility":"h1",'
    '"hash":"8eeadc3629d5102c6e691838202c70e84a51254ce997e932e7f3a641ab71eb0e","item":null,"model":"",'
    '"previous_hash":"16f2de353056d64ca7162eaa4b570c91c446ea56e9b43e3feb8a7f2d90efd2a6",'
    '"request_id":"r-2","run":null,"sequence":2,"text":"ann: reviewer in h1"}',
    '{"action":"import","after":null,"at":"2026-01-02T12:00:00.000000+00:00","before":null,"by":"ann",'
    '"code":"","edition":"2025@aaaaaaaaaaaa","facility":"h1",'
    '"hash":"36f01040c8694ba115fd7572bc85cbd6b3de7fb88b6f9fcdd8ea01aedacd3e2d","item":null,"model":"",'
    '"previous_hash":"8eeadc3629d5102c6e691838202c70e84a51254ce997e932e7f3a641ab71eb0e",'
    '"request_id":"r-3","run":1,"sequence":3,"text":"list.csv"}',
    '{"action":"claim","after":{"claimed_by":"ann","claimed_until":"2026-01-02T12:30:00.000005+00:00",'
    '"proposal":"C20080000250000F7","state":"proposed"},"at":"2026-01-02T12:00:00.000000+00:00",'
    '"before":{"proposal":"C20080000250000F7","state":"proposed"},"by":"ann","code":"","edition":"",'
    '"facility":"h1","hash":"01a1b5da96abf89907f6bff87cf0b1529758a4d295bb8412304d2d40dfb27098",'
    '"item":7,"model":"",'
    '"previous_hash":"36f01040c8694ba115fd7572bc85cbd6b3de7fb88b6f9fcdd8ea01aedacd3e2d",'
    '"request_id":"r-4","run":null,"sequence":4,"text":""}',
    '{"action":"release","after":{"proposal":"C20080000250000F7","state":"proposed"},'
    '"at":"2026-01-02T12:00:00.000000+00:00","before":{"claimed_by":"ann",'
    '"claimed_until":"2026-01-02T12:30:00.000005+00:00","proposal":"C20080000250000F7",'
    '"state":"proposed"},"by":"ann","code":"","edition":"","facility":"h1",'
    '"hash":"5427cfc0ee8e1a56674cf5ea8bfd12998eff528f5999f33e39866d8e913ebae1","item":7,"model":"",'
    '"previous_hash":"01a1b5da96abf89907f6bff87cf0b1529758a4d295bb8412304d2d40dfb27098",'
    '"request_id":"r-5","run":null,"sequence":5,"text":""}',
    '{"action":"comment","after":null,"at":"2026-01-02T12:00:01.000000+00:00","before":null,"by":"花子",'
    '"code":"","edition":"","facility":"h1",'
    '"hash":"08c5e1be83203def06fd2c8f25e69acd11b1194a14cf8be377bf197501779dca","item":7,"model":"",'
    '"previous_hash":"5427cfc0ee8e1a56674cf5ea8bfd12998eff528f5999f33e39866d8e913ebae1",'
    '"request_id":"r-6","run":null,"sequence":6,"text":"\u00e9 e\u0301"}',
    '{"action":"skip","after":{"proposal":"C20080000250000F7","state":"proposed"},'
    '"at":"2026-01-02T12:00:00.000000+00:00","before":{"proposal":"C20080000250000F7",'
    '"state":"proposed"},"by":"ann","code":"","edition":"","facility":"h1",'
    '"hash":"593df4e8114a132616259ee1983c10b67ea4dc520457d715f1c64969f56e074b","item":7,"model":"",'
    '"previous_hash":"08c5e1be83203def06fd2c8f25e69acd11b1194a14cf8be377bf197501779dca",'
    '"request_id":"r-7","run":null,"sequence":7,"text":""}',
    '{"action":"assign","after":{"proposal":"C20080000250000F7","state":"proposed"},'
    '"at":"2026-01-02T12:00:00.000000+00:00","before":{"proposal":"C20080000250000F7",'
    '"state":"proposed"},"by":"lea","code":"","edition":"","facility":"h1",'
    '"hash":"caf6ab3704140ab88155641eebd50e7b75a950ce343e9395a4c83754a8b8eb2e","item":7,"model":"",'
    '"previous_hash":"593df4e8114a132616259ee1983c10b67ea4dc520457d715f1c64969f56e074b",'
    '"request_id":"r-8","run":null,"sequence":8,"text":"bob"}',
    '{"action":"confirm","after":{"first":["ann","C20080000250000F7"],"proposal":"C20080000250000F7",'
    '"state":"decided_once"},"at":"2026-01-02T12:00:00.000000+00:00","before":{"claimed_by":"ann",'
    '"claimed_until":"2026-01-02T12:30:00.000005+00:00","proposal":"C20080000250000F7",'
    '"state":"proposed"},"by":"ann","code":"C20080000250000F7","edition":"2025@aaaaaaaaaaaa",'
    '"facility":"h1","hash":"ea69820be12c258bd469d327185a032b638b6c80ce38fd6f457eb583b2189056",'
    '"item":7,"model":"edition=2025@aaaaaaaaaaaa;retrieval=lexical;calibration=none;threshold=0.9000",'
    '"previous_hash":"caf6ab3704140ab88155641eebd50e7b75a950ce343e9395a4c83754a8b8eb2e",'
    '"request_id":"r-9","run":null,"sequence":9,"text":""}',
    '{"action":"choose","after":{"first":["ann","C20080000250000F7"],"proposal":"C20080000250000F7",'
    '"second":["bob","C20010000250000F7"],"state":"disputed"},"at":"2026-01-02T12:00:00.000000+00:00",'
    '"before":{"first":["ann","C20080000250000F7"],"proposal":"C20080000250000F7",'
    '"state":"decided_once"},"by":"bob","code":"C20010000250000F7","edition":"","facility":"h1",'
    '"hash":"6df6c0d5b560662778c2d00408fa3a142c6da15c0f777bb335a309f1094241e3","item":7,'
    '"model":"edition=2025@aaaaaaaaaaaa;retrieval=lexical;calibration=none;threshold=0.9000",'
    '"previous_hash":"ea69820be12c258bd469d327185a032b638b6c80ce38fd6f457eb583b2189056",'
    '"request_id":"r-10","run":null,"sequence":10,"text":""}',
    '{"action":"settle","after":{"assigned_to":"lea","code":"C20010000250000F7","first":["ann",'
    '"C20080000250000F7"],"proposal":"C20080000250000F7","second":["bob","C20010000250000F7"],'
    '"state":"final"},"at":"2026-01-02T12:00:00.000000+00:00","before":{"first":["ann",'
    '"C20080000250000F7"],"proposal":"C20080000250000F7","second":["bob","C20010000250000F7"],'
    '"state":"disputed"},"by":"lea","code":"C20010000250000F7","edition":"","facility":"h1",'
    '"hash":"313f0db323a840daa79780e7809ad67c216e6c5b9e6423138e343a0c603ccf69","item":7,"model":"",'
    '"previous_hash":"6df6c0d5b560662778c2d00408fa3a142c6da15c0f777bb335a309f1094241e3",'
    '"request_id":"r-11","run":null,"sequence":11,"text":""}',
    '{"action":"undo","after":{"first":["ann","C20080000250000F7"],"proposal":"C20080000250000F7",'
    '"second":["bob","C20010000250000F7"],"state":"disputed"},"at":"2026-01-02T12:00:00.000000+00:00",'
    '"before":{"assigned_to":"lea","code":"C20010000250000F7","first":["ann","C20080000250000F7"],'
    '"proposal":"C20080000250000F7","second":["bob","C20010000250000F7"],"state":"final"},"by":"lea",'
    '"code":"","edition":"","facility":"h1",'
    '"hash":"1e0b75661016ef5dc27ce39648711d75b7754a1dcc29d21b0969c55f32297d02","item":7,"model":"",'
    '"previous_hash":"313f0db323a840daa79780e7809ad67c216e6c5b9e6423138e343a0c603ccf69",'
    '"request_id":"r-12","run":null,"sequence":12,"text":""}',
    '{"action":"send_back","after":{"proposal":"C20080000250000F7",'
    '"question":"材料は?\\n「血清」\\\\\\t\u2028🧪","state":"sent_back"},'
    '"at":"2026-01-02T12:00:00.000000+00:00","before":{"proposal":"C20080000250000F7",'
    '"state":"proposed"},"by":"ann","code":"","edition":"","facility":"h1",'
    '"hash":"35fd40c4e42bd99288276c6a05dd64649f7208349fc3b5c1107d5c23ea6cf2b9","item":8,"model":"",'
    '"previous_hash":"1e0b75661016ef5dc27ce39648711d75b7754a1dcc29d21b0969c55f32297d02",'
    '"request_id":"r-13","run":null,"sequence":13,"text":"材料は?\\n「血清」\\\\\\t\u2028🧪"}',
    '{"action":"pick","after":{"code":"C20010000250000F7","first":["ann","C20010000250000F7"],'
    '"proposal":"C20080000250000F7","state":"final"},"at":"2026-01-02T12:00:00.000000+00:00",'
    '"before":{"proposal":"C20080000250000F7","question":"材料は?\\n「血清」\\\\\\t\u2028🧪",'
    '"state":"sent_back"},"by":"ann","code":"C20010000250000F7","edition":"","facility":"h1",'
    '"hash":"98a19b3b8bce979642ef8c6ab7b26c00bd96d0fe4a3ee3893cf4d0c6dc644c2e","item":8,"model":"",'
    '"previous_hash":"35fd40c4e42bd99288276c6a05dd64649f7208349fc3b5c1107d5c23ea6cf2b9",'
    '"request_id":"r-14","run":null,"sequence":14,"text":""}',
    '{"action":"reopen","after":{"proposal":"C20080000250000F7","state":"proposed"},'
    '"at":"2026-01-02T12:00:00.000000+00:00","before":{"code":"C20080000250000F7","state":"accepted"},'
    '"by":"lea","code":"","edition":"","facility":"h1",'
    '"hash":"75536b2af7658d91efe8b02b345fab7ce68cad13f24419c028b9b94c8c891e05","item":8,"model":"",'
    '"previous_hash":"98a19b3b8bce979642ef8c6ab7b26c00bd96d0fe4a3ee3893cf4d0c6dc644c2e",'
    '"request_id":"r-15","run":null,"sequence":15,"text":"CODE_ENDED"}',
    '{"action":"no_code","after":{"code":"99999999999999999","first":["ann","99999999999999999"],'
    '"state":"final"},"at":"2026-12-31T23:59:59.999999+00:00","before":{"state":"in_review"},'
    '"by":"ann","code":"99999999999999999","edition":"","facility":"h1",'
    '"hash":"9a1ae9242d5535e74f34db82a23c3d549e0348fedc4e2d1f37d3792817cf4614","item":0,"model":"",'
    '"previous_hash":"75536b2af7658d91efe8b02b345fab7ce68cad13f24419c028b9b94c8c891e05",'
    '"request_id":"","run":0,"sequence":16,"text":""}',
    '{"action":"hidden","after":null,"at":"2026-01-02T12:00:00.000000+00:00","before":null,"by":"",'
    '"code":"","edition":"","facility":"h1",'
    '"hash":"185f9ec1f7cd69fceec5b971a9d7cbdbe22370abbaf41473f5d4c319d422cbe0","item":8,"model":"",'
    '"previous_hash":"9a1ae9242d5535e74f34db82a23c3d549e0348fedc4e2d1f37d3792817cf4614",'
    '"request_id":"r-17","run":null,"sequence":17,"text":""}',
    '{"action":"rule","after":null,"at":"2026-01-02T12:00:00.000000+00:00","before":null,"by"'
    ':"lea","code":"","edition":"","facility":"h1","hash":"8e0bd1ff11b5afaed6628fe0a049bb9ff1'
    'd7de319a6c608a4b8734a55d90ceb6","item":null,"model":"","previous_hash":"185f9ec1f7cd69fc'
    'eec5b971a9d7cbdbe22370abbaf41473f5d4c319d422cbe0","request_id":"r-18","run":null,"sequen'
    'ce":18,"text":"specimen 生化学 serum: 血清"}',
    '{"action":"rule_end","after":null,"at":"2026-01-02T12:00:00.000000+00:00","before":null,'
    '"by":"lea","code":"","edition":"","facility":"h1","hash":"f81b9eeea2de51f446f8c4cc559d58'
    '43fa9b5961ceac288ce9be55f1a6b5176c","item":null,"model":"","previous_hash":"8e0bd1ff11b5'
    'afaed6628fe0a049bb9ff1d7de319a6c608a4b8734a55d90ceb6","request_id":"r-19","run":null,"se'
    'quence":19,"text":"answer 1"}',
)
HEAD = ChainHead("h1", 19, "f81b9eeea2de51f446f8c4cc559d5843fa9b5961ceac288ce9be55f1a6b5176c")


def _chain() -> tuple[list[Event], ChainHead]:
    head, events = audit.empty_head("h1"), []
    for draft in DRAFTS:
        events.append(audit.link(head, draft))
        head = audit.head_after(events[-1])
    return events, head


def test_every_action_stands_in_the_chain_once() -> None:
    assert sorted(draft.action for draft in DRAFTS) == sorted(Action)


def test_the_chain_is_written_to_the_byte_as_it_always_was() -> None:
    events, head = _chain()
    assert audit.empty_head("h1") == ChainHead("h1", 0, EMPTY_HASH)
    assert tuple(audit.to_json_line(event) for event in events) == LINES
    assert head == HEAD


def test_the_written_lines_are_read_and_verified_and_written_again_the_same() -> None:
    events = list(audit.from_json_lines(LINES))
    assert audit.verify(events, HEAD) == []
    assert tuple(audit.to_json_line(event) for event in events) == LINES


@pytest.mark.parametrize("number", range(1, len(LINES) + 1))
def test_a_line_can_be_verified_by_anyone_with_sha_256_and_json_alone(number: int) -> None:
    written = json.loads(LINES[number - 1])
    said, before = written.pop("hash"), written.pop("previous_hash")
    assert written["sequence"] == number
    assert before == (json.loads(LINES[number - 2])["hash"] if number > 1 else EMPTY_HASH)
    content = json.dumps(written, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(f"{before}\n{content}".encode()).hexdigest() == said
