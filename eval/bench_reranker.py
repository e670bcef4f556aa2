"""
How fast is the bundled language model, what does it hold in memory, and how soon does it answer first?

Rows generated from the vocabulary, each with four to eight options, asked in one call of `choose` and one by
one. Memory and the first answer are those of a fresh process that does nothing else; the least of five.

    python eval/bench_reranker.py
"""

import json
import os
import random
import subprocess
import sys
import time
from typing import Any

from parts import LABELS_DAY

from jlac_mapper.concepts.loader import load_vocabulary
from jlac_mapper.llm.onnx_choice import OnnxChoice
from jlac_mapper.mapping.ask import NONE_OF_THESE
from jlac_mapper.mapping.question import row_fields
from jlac_mapper.master.binding import bind
from jlac_mapper.master.starter import load_starter
from jlac_mapper.ports import Choice, ChoiceOption
from jlac_mapper.training.generated_rows import RowGenerator, names_by_listing

TARGETS = {"questions_per_second": 60.0, "added_megabytes": 300.0, "first_answer_seconds": 2.0}
_STARTS = 5
_FRESH = """
import time, os
began = time.perf_counter()
def resident():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
import numpy
from jlac_mapper.ports import Choice, ChoiceOption
before = resident()
from jlac_mapper.llm.onnx_choice import OnnxChoice
model = OnnxChoice.load()
options = (ChoiceOption("C2008", "0000", ""), ChoiceOption("C2011", "0000", ""), ChoiceOption("", "", ""))
model.choose([Choice((("name", "AST(GOT)"), ("unit", "U/L")), options)])
first, busy = time.perf_counter() - began, time.process_time()
many = [Choice((("name", f"検査{n} 尿中アルブミン"), ("unit", "U/L")), options) for n in range(2000)]
model.choose(many)
print(first, busy, (resident() - before) / 1024)
"""


def questions(count: int, seed: int = 11) -> list[Choice]:
    """Make *count* questions from rows of listed and background names, with random codes on offer."""
    shipped = load_starter()
    bound = bind(shipped.edition, shipped, load_vocabulary(), LABELS_DAY)
    listed, others = names_by_listing(bound)
    generator, chance = RowGenerator(bound, seed), random.Random(seed)
    codes = sorted({(c.code.measurand, c.code.identification) for c in bound.release.proposable})
    made = []
    for _ in range(count):
        if chance.random() < 0.5:
            row = next(generator.listed(chance.choice(listed), 1))
        else:
            row = next(generator.background(chance.choice(others), 1))
        offered = [ChoiceOption(*code, "") for code in chance.sample(codes, chance.randrange(3, 8))]
        made.append(Choice(row_fields(row.test), (*offered, NONE_OF_THESE)))
    return made


def run(count: int = 5_000, single: int = 200) -> dict[str, Any]:
    """Measure on *count* questions together and *single* ones one by one; compare with the targets."""
    asked = questions(count + single)
    model = OnnxChoice.load()
    model.choose(asked[:100])
    wall, processor = time.perf_counter(), time.process_time()
    answers = model.choose(asked[:count])
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    alone = []
    for question in asked[count:]:
        began = time.perf_counter()
        model.choose([question])
        alone.append(1000 * (time.perf_counter() - began))
    fresh = [_fresh() for _ in range(_STARTS)]
    first, busy, added = (min(values) for values in zip(*fresh, strict=True))
    rate = count / wall
    return {
        "identity": model.identity,
        "questions": count,
        "answered": sum(bool(a.probabilities) for a in answers),
        "questions_per_second": round(rate, 1),
        "processor_milliseconds_a_question": round(1000 * processor / count, 3),
        "median_milliseconds_alone": round(sorted(alone)[len(alone) // 2], 2),
        "added_megabytes": round(added, 1),
        "first_answer_seconds": round(first, 2),
        "processor_seconds_to_first_answer": round(busy, 2),
        "processors": os.cpu_count(),
        "targets": TARGETS,
        "met": {
            "questions_per_second": rate >= TARGETS["questions_per_second"],
            "added_megabytes": added <= TARGETS["added_megabytes"],
            "first_answer_seconds": first <= TARGETS["first_answer_seconds"],
        },
    }


def _fresh() -> tuple[float, ...]:
    """Return seconds to the first answer, processor seconds to it, and megabytes, of a process of its own."""
    found = subprocess.run([sys.executable, "-c", _FRESH], check=True, capture_output=True, text=True)
    return tuple(float(value) for value in found.stdout.split())


def main() -> None:
    print(json.dumps(run(), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
