"""What a text must be like, in words beside its pattern: who wrote another one is not shown a regular expression."""

_WORDS: dict[str, str] = {}


def worded(pattern: str, words: str) -> str:
    """Return a pattern, of which it is known from then on what it asks for.

    words: go on "It takes …": `letters, digits and -`.
    """
    _WORDS[pattern] = words
    return pattern


def asked(pattern: str) -> str:
    """Say what a pattern asks for, as a sentence without its full stop."""
    words = _WORDS.get(pattern)
    return f"It takes {words}" if words else f"It does not match the pattern {pattern}"


NO_NUL = worded(r"^[^\x00]*$", "any text without the character NUL")
ASSET_NAME = worded(
    r"^[A-Za-z0-9_][\w.-]*$", "letters, digits, '_', '.' and '-', beginning with a letter, a digit or '_'"
)
