"""Long lists of words that a test writes out as text, several on a line."""


def words(text: str) -> tuple[str, ...]:
    """The words of a text, as blanks and line ends separate them."""
    return tuple(text.split())
