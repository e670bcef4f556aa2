"""
When Python looks for reference cycles: seldom, because reading, building and mapping make none.

By default it looks after 700 new objects through what is young, and every so often through all the names and
codes of a release, none of which it can free. Each rule here is for one phase of the program.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_IN_A_PROGRAM = 50_000
_WHILE_MAPPING = 20_000


def seldom_in_this_program() -> None:
    """
    Let this process look after 50,000 new objects.

    A mapped row is many small objects and no cycle; looking through them again and again took a quarter of
    the mapping's time.
    """
    gc.set_threshold(_IN_A_PROGRAM)


@contextmanager
def never_while_building() -> Iterator[None]:
    """
    Do not look while an app is built: half a million names, codes and keys, none of them garbage.

    Going through them again and again took a quarter of the time until the first row.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def only_at_new_objects_while_mapping() -> Iterator[None]:
    """
    While a list is mapped, look after 20,000 new objects, and at none that was there before.

    By default the names and codes of the run are looked through every few thousand rows, and each chunk's
    answers many times.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_WHILE_MAPPING)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def never_again() -> None:
    """Leave everything as it is when the process ends: its memory is given back as a whole."""
    gc.freeze()
