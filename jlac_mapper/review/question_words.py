"""
Questions as lines that a person answers, and the rules that an answered line makes.

One line a question. `answer` stays empty where nothing is said; `=` agrees with what is proposed. A specimen
is answered by a specimen; units and names by `test=value` pairs between semicolons, of which those that are
not given are not answered, or, with a `=` among them, are as proposed.
"""

from collections.abc import Iterable, Mapping, Sequence

from jlac_mapper.reading.specimens import SpecimenReader
from jlac_mapper.reading.units import canonical
from jlac_mapper.review.questions import SHARE_WRONG, Question
from jlac_mapper.review.rules import Rule, RuleKind, Scope
from jlac_mapper.text import fold
from jlac_mapper.vocabulary import Vocabulary
from jlac_mapper.wording import Language, word

AGREED = "="
NOT_CODED = "-"
"""What is proposed for tests without a listed code: that they stay without one."""
_SHOWN_AGAINST = 4
_PAIRED = frozenset({RuleKind.UNIT, RuleKind.SCALE, RuleKind.NAME})


class QuestionWords:
    """Puts questions into words, and understands answers, by a vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._concepts = vocabulary.by_key()
        self._by_name = {fold(concept.name): concept.key for concept in reversed(vocabulary.concepts)}
        self._sections = frozenset(concept.section for concept in vocabulary.concepts)
        self._specimens = SpecimenReader(vocabulary.specimens)
        self._specimen_names = {s.key: (s.name, s.name_en) for s in vocabulary.specimens}
        self._units = {fold(text) for unit in vocabulary.units for text in (unit.name, *unit.spellings)}

    def cells(self, question: Question, language: Language = Language.JAPANESE) -> tuple[str, ...]:
        """Return the cells of a question's line, the answer empty; see `tables.cells.QUESTION_COLUMNS`."""
        return (
            self.ask(question, language),
            question.kind,
            _about(question),
            str(question.rows),
            "; ".join(question.examples),
            self.proposed(question),
            "; ".join(question.options),
            "",
        )

    def ask(self, question: Question, language: Language) -> str:
        """Put a question into words, with its ground and what is said against it."""
        about, rows = question.about, f"{question.rows:,}"
        tests = "、" if language is Language.JAPANESE else ", "
        sections = tests.join(word(language, f"tests.{key}") for key in about.concept.split("|") if key)
        if question.kind is RuleKind.NAME:
            return word(language, f"question.name_{about.usual}", rows=rows)
        if question.kind is RuleKind.NO_CODE:
            return word(language, "question.no_code", rows=rows, tests=sections, share=f"{SHARE_WRONG:.0%}")
        if question.kind is not RuleKind.SPECIMEN:
            return word(language, f"question.{question.kind}", rows=rows, tests=sections)
        names = self._specimen_names.get(about.usual, ("", ""))
        asked = word(
            language,
            "question.specimen",
            where=word(language, "question.where", section=about.section) if about.section else "",
            written=word(language, "question.written", text=about.written)
            if about.written
            else word(language, "question.nothing"),
            usual=names[language is Language.ENGLISH] or "?",
            rows=rows,
        )
        return " ".join([asked, *_grounds(question, language)])

    def proposed(self, question: Question) -> str:
        """Return what is proposed, as it could be answered."""
        if question.kind is RuleKind.NO_CODE:
            return NOT_CODED
        if question.kind not in _PAIRED:
            return question.proposed[0].value
        return "; ".join(f"{self._asked_test(rule)}={_plain(rule.value)}" for rule in question.proposed)

    def _asked_test(self, rule: Rule) -> str:
        if rule.kind is RuleKind.NAME:
            return _plain(rule.scope.written)
        name = self._concepts[rule.scope.concept].name
        return f"{name}[{_plain(rule.scope.written)}]" if rule.scope.written else name

    def rules(self, kind: str, about: str, proposed: str, answer: str) -> list[Rule]:
        """
        Return what an answer says.

        Args:
            kind: A `RuleKind`; *about* and *proposed* are the cells of the question.

        Raises:
            ValueError: It cannot be understood; one line that says what to write.
        """
        if kind not in set(RuleKind):
            raise ValueError(f"kind {kind!r} is none of {', '.join(RuleKind)}")
        asked, parts = RuleKind(kind), _parts(about)
        answer = answer.strip()
        if asked is RuleKind.NO_CODE:
            if answer not in (AGREED, NOT_CODED):
                raise ValueError(f"answer {answer!r}: write = to agree, or nothing")
            sections = parts.get("tests", "").split("|")
            if unknown := [key for key in sections if key not in self._sections]:
                raise ValueError(f"about: there are no tests of {unknown[0]!r}")
            return [Rule(asked, Scope(concept=key)) for key in sections]
        if asked is RuleKind.SPECIMEN:
            value = proposed if answer == AGREED else answer
            if not self._specimens.read(value)[0]:
                raise ValueError(f"answer {value!r} is no known specimen: write one of the options")
            scope = Scope(parts.get("section", ""), parts.get("written", ""), parts.get("usual", ""))
            return [Rule(asked, scope, value)]
        return self._paired(asked, proposed, answer)

    def _paired(self, kind: RuleKind, proposed: str, answer: str) -> list[Rule]:
        given = [part.strip() for part in answer.split(";") if part.strip()]
        pairs = _pairs(proposed.split(";")) if AGREED in given else {}
        pairs |= _pairs(part for part in given if part != AGREED)
        return [self._pair(kind, test, value) for test, value in pairs.items()]

    def _pair(self, kind: RuleKind, test: str, value: str) -> Rule:
        if kind is RuleKind.NAME:
            if (concept := self._by_name.get(fold(value))) is None:
                raise ValueError(f"{test}={value}: {value!r} is no standard name of a test")
            return Rule(kind, Scope(written=test, concept=concept), value)
        name, bracket, rest = test.rpartition("[") if test.endswith("]") else (test, "", "")
        concept = self._by_name.get(fold(test)) or self._by_name.get(fold(name))
        if concept is None:
            raise ValueError(f"{test}={value}: {test!r} is no standard name of a test")
        if not canonical(value) and fold(value) not in self._units:
            raise ValueError(f"{test}={value}: {value!r} is no known unit")
        is_whole = fold(test) in self._by_name
        return Rule(kind, Scope(written="" if is_whole or not bracket else rest[:-1], concept=concept), value)


def _pairs(parts: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(str.strip, parts):
        test, separator, value = part.rpartition("=")
        if not separator or not test.strip() or not value.strip():
            raise ValueError(f"{part.strip()!r}: write test=value, several between semicolons, or = to agree")
        found[test.strip()] = value.strip()
    return found


def _about(question: Question) -> str:
    about = question.about
    if question.kind is RuleKind.NAME:
        return f"names={about.usual}"
    if question.kind is not RuleKind.SPECIMEN:
        return f"tests={about.concept}"
    parts = {"section": about.section, "written": about.written, "usual": about.usual}
    return "; ".join(f"{key}={_plain(text)}" for key, text in parts.items() if text) or "usual="


def _parts(about: str) -> Mapping[str, str]:
    pairs = (part.partition("=") for part in about.split(";"))
    return {key.strip(): value.strip() for key, _, value in pairs}


def _plain(text: str) -> str:
    """Return a text without what separates parts; folded it is the same."""
    return text.replace(";", "；").replace("=", "＝")


def _grounds(question: Question, language: Language) -> Sequence[str]:
    ground = question.ground
    said = word(language, "question.said", said=f"{ground.said:,}") if ground.said else ""
    found = [said or word(language, "question.usual")]
    if ground.against:
        shown = list(ground.against.items())[:_SHOWN_AGAINST]
        more = ["..."] if len(ground.against) > len(shown) else []
        texts = ", ".join([*(f"{text} {count:,}" for text, count in shown), *more])
        found.append(word(language, "question.against", against=texts))
    return found
