"""The shipped release bound on the day whose digits the labels follow, whole and with a part of its names."""

from dataclasses import replace
from datetime import date
from functools import cache

from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.concepts.loader import load_vocabulary
from jlac_mapper.master.binding import bind
from jlac_mapper.master.starter import Starter, load_starter
from jlac_mapper.reading.row import Normalizer
from jlac_mapper.training.generated_rows import names_by_listing
from jlac_mapper.vocabulary import Name, Vocabulary

DAY = date(2025, 12, 1)


@cache
def shipped_vocabulary() -> Vocabulary:
    """What is shipped of names, specimens, units and words, read once for all tests."""
    return load_vocabulary()


@cache
def shipped_normalizer() -> Normalizer:
    """The reading stage over the shipped vocabulary."""
    return Normalizer(shipped_vocabulary())


@cache
def shipped_starter() -> Starter:
    """The shipped release as it is read, once for all tests."""
    return load_starter()


@cache
def shipped(day: date = DAY) -> BoundRelease:
    """The release with all names."""
    return bind(shipped_starter().edition, shipped_starter(), shipped_vocabulary(), day)


def part(listed: int, others: int) -> BoundRelease:
    """The release with every so-manieth name of listed concepts and of all others."""
    of_listed, of_others = names_by_listing(shipped())
    return with_names(*of_listed[::listed], *of_others[::others])


def with_names(*names: Name) -> BoundRelease:
    """The release with these names alone."""
    bound = shipped()
    return replace(bound, vocabulary=replace(bound.vocabulary, names=names))


def named(text: str) -> Name:
    """The name of the vocabulary with this text; of several meanings the usual one."""
    of_listed, of_others = names_by_listing(shipped())
    return next(name for name in (*of_listed, *of_others) if name.text == text)
