"""Closed questions to ask a ChoiceModel, and what a fitting answer is."""

import random
from functools import cache

from jlac_mapper.mapping.ask import MOST_OPTIONS, NONE_OF_THESE
from jlac_mapper.mapping.jlac10.compose import split_entry
from jlac_mapper.mapping.question import row_fields
from jlac_mapper.ports import Choice, ChoiceAnswer, ChoiceOption
from jlac_mapper.types import LocalTest, System
from tests.support.shipped_release import shipped

OPTIONS = (
    ChoiceOption("C2008", "0000", "AST、材料 血清、単位 U/L"),
    ChoiceOption("C2011", "0000", "ALT、材料 血清、単位 U/L"),
    ChoiceOption("C1003", "0000", "アルブミン、材料 血清、単位 g/dL"),
    NONE_OF_THESE,
)


def question(name: str, *options: ChoiceOption, unit: str = "U/L") -> Choice:
    return Choice(row_fields(LocalTest(name=name, unit=unit, specimen="血清")), options or OPTIONS)


def fits(answer: ChoiceAnswer, asked: Choice, kind: str) -> bool:
    """Tell whether an answer has one probability an option, or none for a stated reason."""
    if kind in ("score_only", "unavailable"):
        return not answer.probabilities and bool(answer.unavailable) == (kind == "unavailable")
    if answer.unavailable:
        return not answer.probabilities and "\n" not in answer.unavailable
    if not answer.probabilities:  # no opinion: only our own model may have none, on codes it never learned
        return kind == "onnx" or kind.endswith("generation")
    return (
        len(answer.probabilities) == len(asked.options)
        and all(0.0 <= p <= 1.0 for p in answer.probabilities)
        and abs(sum(answer.probabilities) - 1.0) < 1e-6
    )


@cache
def fuzzed(count: int, seed: int) -> list[Choice]:
    """Make questions of random fields, numbers of options and codes, in random characters of all kinds."""
    chance = random.Random(seed)
    alphabets = (
        "ASTLDHγ-GTP0123456789/%() ",
        "アイウエオｶｷｸ総蛋白尿血清糖化鉄",
        "".join(chr(c) for c in (*range(32), *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0xFEFF, 0x3164)),
        "<>[]{}|#\"'\\`ABCDEFGH.:答え＜＞＝ＮＳ",
        "".join(chr(chance.randrange(0xD800)) for _ in range(60)) + "🧪🩸\U000e0041\ue000",
    )

    def text(longest: int) -> str:
        length = chance.randrange(1, longest) if chance.random() < 0.97 else 5_000
        few = chance.choices(alphabets, k=2)
        return "".join("".join(chance.choices(letters, k=length // 2 + 1)) for letters in few)

    measurands = sorted({listed.code.measurand for listed in shipped().release.proposable})

    entries = sorted({c.jlac10[0] for c in shipped().vocabulary.concepts if c.jlac10})

    def option(system: System) -> ChoiceOption:
        if system is System.JLAC10:
            analyte, identification, _ = split_entry(chance.choice(entries))
            unheard_of = f"9{chance.choice('ABCD')}{chance.randrange(1_000):03}"
            return ChoiceOption(analyte if chance.random() > 0.05 else unheard_of, identification, text(30))
        unheard_of = chance.choice("ABCDEV") + f"{chance.randrange(10_000):04}"
        code = unheard_of if chance.random() < 0.05 else chance.choice(measurands)
        return ChoiceOption(code, f"{chance.choice((0, 0, 0, 0, 0, 0, 1, 1337)):04}", text(30))

    made = []
    for _ in range(count):
        row = LocalTest(name=text(30), kana=text(8), specimen=text(6), unit=text(6), method=text(12))
        system = chance.choice(tuple(System))
        offered = {o.measurand + o.identification: o for o in (option(system) for _ in range(MOST_OPTIONS))}
        some = list(offered.values())[: chance.randrange(1, MOST_OPTIONS + 1)]
        some.insert(chance.randrange(len(some) + 1), NONE_OF_THESE)
        made.append(Choice(row_fields(row), tuple(some), system))
    return made
