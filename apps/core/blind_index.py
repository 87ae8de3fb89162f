"""Find sealed values without opening them: truncated HMAC-SHA-256 tokens under the clinic's index key (§5).

A token is `bits` bits of HMAC(index key, field | kind | word), kept in an integer array with a GIN index. Tokens are
cut so short that several words share one: a search fetches a few rows too many, opens them and keeps the true ones.

What a stolen database tells without the keys, by kind (`KINDS` sets the bits):

* `name` (24 bits, prefixes of 2 to 8 letters of each word): which rows probably share the beginning of a name, and
  how often each beginning occurs. Who knows how frequent names are in the town can guess the commonest ones ("sh…",
  "mo…") with fair success and rare names hardly at all. In 24 bits about 1 row in 17 million collides by chance per
  token; with 100,000 patients the tokens are practically exact, so count them as equality of prefixes.
  This is the price of finding a patient by two letters.
* `phone` (22 bits, the last 4, 6, 7 and 8 digits): who shares a phone, and endings shared by chance. The index cannot
  be computed without the key, so numbers cannot be tried out offline.
* `birth` (12 bits of the whole date): about 36,500 dates share 4,096 tokens, nine dates a token: it tells that two
  people were possibly, not certainly, born on the same day.
* `national_id` (63 bits): whether two rows carry the same number, which the database must know to refuse it twice.
  Cut shorter, two people's numbers would collide and one of them could not be registered.
* `tag` (31 bits): which documents carry the same tag; practically exact, because a list is narrowed by it in the
  database. How common each tag is shows, what it says does not.

Tokens of two clinics have nothing in common, and neither have tokens of two fields.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Final

from apps.core.encryption import keyring

# Bits kept of a token, by kind. Fewer bits hide more and cost more rows opened per search.
KINDS: Final = {"name": 24, "phone": 22, "birth": 12, "national_id": 63, "tag": 31}
# How words are compared, counted up when `fold` or what is made of it changes: rows of an earlier way are indexed anew.
WAY: Final = 2
SHORTEST_PREFIX, LONGEST_PREFIX = 2, 8
# Eight at most: numbers are written with and without country code and leading zero, which stand further left.
PHONE_ENDINGS: Final = (4, 6, 7, 8)
# Letters that Unicode does not take apart into a base letter and an accent.
LETTERS: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
)
APOSTROPHES: Final = dict.fromkeys(map(ord, "'’ʼ`´."))


def fold(text: str) -> str:
    """Text as it is compared: without accents, case, marks and signs that nobody sees, its figures as 0 to 9;
    "Müller-Łuk" and "muller luk" are one, and so are a name with and without its Arabic or Hebrew vowel signs."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS)).casefold()
    return plain_figures("".join(letter for letter in apart if not _is_mark(letter)))


def plain_figures(text: str) -> str:
    """The text with the figures of every script as 0 to 9, and without the signs that nobody sees: those come along
    when a number is copied."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(sign, sign)) for sign in text if unicodedata.category(sign) != "Cf")


def words(text: str) -> list[str]:
    """The folded words of a name. An apostrophe joins ("O'Brien" is "obrien"), every other sign parts."""
    joined = fold(text).translate(APOSTROPHES)
    return "".join(sign if unicodedata.category(sign)[0] in "LMN" else " " for sign in joined).split()


def digits(text: str) -> str:
    """The digits of a phone or patient number, whichever script they are written in."""
    return "".join(str(unicodedata.digit(sign)) for sign in text if unicodedata.digit(sign, None) is not None)


def name_tokens(*names: str) -> list[int]:
    """Tokens of every prefix of 2 to 8 letters of every word of these names; sorted, without repeats."""
    prefixes = {
        word[:length]
        for name in names
        for word in words(name)
        for length in range(min(SHORTEST_PREFIX, len(word)), min(len(word), LONGEST_PREFIX) + 1)
    }
    return _tokens("name", prefixes)


def name_query(text: str) -> list[int]:
    """Tokens that a row must have all of to be found by these words; empty if they are too short to search."""
    return _tokens("name", {word[:LONGEST_PREFIX] for word in words(text) if len(word) > 1 or not word.isascii()})


def phone_tokens(*numbers: str) -> list[int]:
    """Tokens of the numbers' endings; of the whole number if it is shorter."""
    return _tokens("phone", {ending for number in numbers for ending in _endings(digits(number))})


def phone_query(text: str) -> int | None:
    """The token of the longest ending that these digits determine, or None if there are fewer than four."""
    typed = digits(text)
    known = [length for length in PHONE_ENDINGS if length <= len(typed)]
    return _tokens("phone", {typed[-max(known) :]})[0] if known else None


def same_phone(stored: str, typed: str) -> bool:
    """Whether typed digits are the end of a stored number, or both are one number but for country code or zero."""
    have, want = digits(stored), digits(typed).lstrip("0")
    if not have or not want:
        return False
    return have.endswith(want) or (len(have.lstrip("0")) >= PHONE_ENDINGS[-1] and want.endswith(have.lstrip("0")))


def birth_token(day: date) -> int:
    """The token of a date of birth."""
    return _tokens("birth", {day.isoformat()})[0]


def national_id_token(number: str) -> int:
    """The token of a national id, written with or without spaces, dots, hyphens and capitals."""
    return _tokens("national_id", {"".join(words(number))})[0]


def tag_token(tag: str) -> int:
    """The token of a document's tag, however it is written."""
    return _tokens("tag", {" ".join(tag.casefold().split())})[0]


def _endings(number: str) -> set[str]:
    return {number[-length:] for length in PHONE_ENDINGS if length <= len(number)} or {number} - {""}


def _tokens(kind: str, texts: Iterable[str]) -> list[int]:
    """Sorted tokens, each from 0 to 2^bits - 1."""
    keyed, surplus = _keyed(kind), 64 - KINDS[kind]
    found = set()
    for text in texts:
        mac = keyed.copy()
        mac.update(text.encode())
        found.add(int.from_bytes(mac.digest()[:8], "big") >> surplus)
    return sorted(found)


def _keyed(kind: str) -> hmac.HMAC:
    return hmac.new(keyring().index_key(), f"hpms.index.1|{kind}|".encode(), hashlib.sha256)


def _is_mark(letter: str) -> bool:
    """Accents of Latin, Greek and Cyrillic letters go, and what Arabic and Hebrew is mostly written without: vowel
    signs, the hamza on another letter, the stroke that makes a word longer. Vowel signs of Indic scripts stay."""
    return "\u0300" <= letter <= "\u036f" or letter == "\u0640" or _is_vowel_sign(letter)


def _is_vowel_sign(letter: str) -> bool:
    return "\u0591" <= letter <= "\u06ed" and unicodedata.category(letter) == "Mn"
