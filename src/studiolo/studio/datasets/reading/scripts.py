"""Which page of another script a few words among English are in, by how words of that script are written. Pure.

Statistics of a language need more text than a handful of names, and take Cyrillic for Hebrew or old Mac's signs. What such bytes
cannot hide: they make whole words, and each script has its own rules of where a letter may stand.
"""

import re
from itertools import islice

_TOKEN = re.compile(rb"[A-Za-z\x80-\xff]+")
_HIGH = re.compile(rb"[\x80-\xff]+")
_WORD = re.compile(r"[^\W\d_]+")
_STRAY = re.compile(r"(?<![^\W\d_])[\u0591-\u05c7\u064b-\u0652]")  # a mark without the letter that it belongs to
_CYRILLIC = frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюяєіїґўђјљњћџ")
_GREEK = frozenset("αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ")
_HEBREW = frozenset("אבגדהוזחטיכלמנסעפצקרשתךםןףץ")
_ARABIC = frozenset("ابتثجحخدذرزسشصضطظعغفقكلمنهويةىئءؤأإآپچژگ")
# page, letters, those that make up most of a text, those that end a word and stand nowhere else
_PAGES = (
    ("cp1251", _CYRILLIC, frozenset("оеаинтсрвлкмдя"), ""),
    ("koi8_r", _CYRILLIC, frozenset("оеаинтсрвлкмдя"), ""),
    ("cp1253", _GREEK, frozenset("αοιετσνηρπκςάίό"), "ς"),
    ("cp1255", _HEBREW, frozenset("יוהלאתרבמםשנדח"), "ךםןףץ"),
    ("cp1256", _ARABIC, frozenset("اليمنوترهبعدسح"), "ةى"),
)
_MOST = 5000  # words that are looked at
_ALONE = 0.9  # of the bytes beyond ASCII that must be in words of them alone
_WRITTEN, _COMMON = 0.9, 0.5  # letters in words as the script writes them; of these, common ones
_LETTERS = 0.7  # of the bytes; the rest are signs, such as «»
_OLD = 0.85  # few tables are in KOI8 any more
_UNSTRESSED = 0.7  # a Greek word of more than one syllable bears an accent
_ENDED = 1.1  # a word that ends in a letter which only ends words
_SHOUTED = 0.7  # words of capitals are rarer: a page that mixes the cases up makes them of small letters


def script_page(window: bytes) -> str | None:
    """Return the page in which the words beyond ASCII are words of one script; None where none does, or letters stand in Latin words.

    >>> script_page("id,name\\n1,John\\n2,Иван\\n".encode("cp1251"))
    'cp1251'
    >>> script_page("id,name\\n1,David\\n2,שלום עולם\\n".encode("cp1255"))
    'cp1255'
    >>> script_page("id,name\\n1,Peña\\n".encode("cp1252"))
    """
    tokens = [token[0] for token in islice(_TOKEN.finditer(window), _MOST * 10) if not token[0].isascii()]
    high = sum(sum(byte > 0x7F for byte in token) for token in tokens)
    words = [token for token in tokens if _HIGH.fullmatch(token)]
    if max(map(len, words), default=0) < 2 or sum(map(len, words)) < _ALONE * high:
        return None
    found, best = None, _COMMON
    for page, letters, common, ends in _PAGES:
        score = _score(b" ".join(words[:_MOST]), page, letters, common, ends) * (_OLD if page == "koi8_r" else 1)
        if score > best:
            found, best = page, score
    return found


def _score(text: bytes, page: str, letters: frozenset[str], common: frozenset[str], ends: str) -> float:
    """Return the share of common letters; 0 where words are not written as the script writes them."""
    written = usual = 0.0
    high = len(text) - text.count(b" ")
    decoded = text.decode(page, "replace").replace("\ufffd", "x")
    total = float(len(_STRAY.findall(decoded)))
    for word in _WORD.findall(decoded):
        total += len(word)
        low = word.lower()
        if not letters.issuperset(low) or not _cased(word) or any(sign in word[:-1] for sign in ends):
            continue
        written += len(word)
        told = (
            _UNSTRESSED
            if _unstressed(low) and not word.isupper()
            else _ENDED
            if ends and word[-1] in ends
            else _SHOUTED
            if word.isupper() and len(word) > 1
            else 1
        )
        usual += sum(sign in common for sign in low) * told
    if not total or written < _WRITTEN * total or total < _LETTERS * high:
        return 0.0
    return usual / total


def _unstressed(low: str) -> bool:
    return sum(sign in "αεηιουω" for sign in low) > 1 and not any(sign in "άέήίόύώΐΰ" for sign in low)


def _cased(word: str) -> bool:
    return word in (word.lower(), word.upper()) or word[1:] == word[1:].lower()
