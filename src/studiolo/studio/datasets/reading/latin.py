"""Which of the Latin code pages a text is in, by what each of them would make of its bytes. Pure.

The pages differ in few letters, so statistics of a language go wrong where a table holds but some names, or one sign: `Peña` becomes
`Peńa`, and `5 €` nothing at all. What tells them apart is what stands beside a byte: letters stand in words, signs do not.
"""

import re
from itertools import islice

_WEST = frozenset("àáâãäåæçèéêëìíîïñòóôöøœùúüÿßÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖØŒÙÚÜ")  # õ and û are Hungary's elsewhere
_FRANCE = frozenset("àâæçèéêëîïôœùûüÿÀÂÆÇÈÉÊËÎÏÔŒÙÛÜ")
_PORTUGAL = frozenset("àáâãçéêíóôõúüÀÁÂÃÇÉÊÍÓÔÕÚÜ")
_ICELAND = frozenset("áæéíóöúýðþÁÆÉÍÓÖÚÝÐÞ")
_TURKEY = frozenset("âçğîıöşûüÂÇĞÎİÖŞÛÜ")
_EAST = (
    frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ"),
    frozenset("áäčďéěíĺľňóôřŕšťúůýžÁÄČĎÉĚÍĹĽŇÓÔŘŔŠŤÚŮÝŽ"),
    frozenset("áéíóöőúüűÁÉÍÓÖŐÚÜŰ"),
    frozenset("ćčđšžĆČĐŠŽ"),
    frozenset("ăâîşţĂÂÎŞŢ"),
)
# the first of equals is taken: most such files are Western
_PAGES = (
    ("cp1252", (_WEST, _FRANCE, _PORTUGAL, _ICELAND)),
    ("cp1254", (_TURKEY,)),
    ("cp1250", _EAST),
    ("iso8859_2", _EAST),
    ("mac_roman", (_WEST,)),
)
_ALONE = frozenset("àáéèóåøöæÀÁÉÓÅØÖÆ")  # words of one letter
_ALWAYS = frozenset("“”„‚‘’‹›«»–—…•·†‡‰ \u00a0\u00ad")
_HIGH = re.compile(r"[^\x00-\x7f]")
_WORD = re.compile(r"[^\W\d_]+")
_POWER = re.compile(r"(?:^|[^a-z])[kcdmµ]?m\Z", re.IGNORECASE)
_LONGEST = 5_000  # bytes beyond ASCII that are looked at
_CONVINCING = 0.8  # of them that must make sense


def latin_page(window: bytes) -> str | None:
    """Return the page in which nearly each byte makes sense; None where none does, as with scripts of other letters.

    >>> latin_page("id,name\\n1,Peña\\n2,5 €\\n".encode("cp1252"))
    'cp1252'
    >>> latin_page("imię,miasto\\nŁukasz,Łódź\\n".encode("cp1250"))
    'cp1250'
    >>> latin_page("имя,город\\nИван,Москва\\n".encode("cp1251"))
    """
    found, best = None, _CONVINCING
    for page, alphabets in _PAGES:
        try:
            text = window.decode(page)
        except UnicodeDecodeError:
            continue
        for alphabet in alphabets:
            share = _sense(text, alphabet)
            if share > best + 1e-9 and _in_latin_words(text, alphabet):
                found, best = page, share
    return found


def _sense(text: str, alphabet: frozenset[str]) -> float:
    """Return which share of the characters beyond ASCII stands where it may."""
    good = total = 0
    for match in islice(_HIGH.finditer(text), _LONGEST):
        total += 1
        at, letter = match.start(), match[0]
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        if letter in alphabet:
            good += before.isalpha() or after.isalpha() or letter in _ALONE
        else:
            good += _sign_fits(letter, text[max(at - 3, 0) : at], after)
    return good / max(total, 1)


def _in_latin_words(text: str, alphabet: frozenset[str]) -> bool:
    """Say whether the letters stand in words of ASCII: whole words of them are of another script."""
    own = plain = 0
    for word in _WORD.finditer(text):
        high = sum(letter in alphabet for letter in word[0])
        own += high
        plain += len(word[0]) - high if high else 0
    return own <= plain + own // 4


def _sign_fits(sign: str, before: str, after: str) -> bool:  # noqa: PLR0911 - one line a kind of sign
    last = before[-1:]
    if sign in _ALWAYS:
        return True
    if sign in "±×÷§¶©®™¹½¼¾":
        return not after.isalpha()
    if sign == "µ":
        return not last.isalpha()
    if sign in "€£¥¢":
        return not last.isalpha() and not after.isalpha()
    if sign == "°":
        return not last.isalpha() and (not after.isalpha() or after in "CFK")
    if sign in "²³":
        return _POWER.search(before) is not None and not after.isalpha()
    if sign in "ªº":
        return bool(last) and (last.isdigit() or last in "nN") and not after.isalpha()
    return sign in "¿¡" and not last.isalpha() and after.isalpha()
