"""Tokens that find without opening: folded words, prefixes, endings of phones; nothing in common between clinics."""

from datetime import date

import pytest

from apps.core import blind_index
from tests.conftest import ClinicUnderTest


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Asha  SHARMA", ["asha", "sharma"]),
        ("Müller-Łukasz", ["muller", "lukasz"]),
        ("O'Brien", ["obrien"]),
        ("O’Brien", ["obrien"]),
        ("Nguyễn Thị", ["nguyen", "thi"]),
        ("Straße", ["strasse"]),
        ("Ærø Þór", ["aero", "thor"]),
        ("İstanbul ısı", ["istanbul", "isi"]),
        ("शर्मा", ["शर्मा"]),
        ("Ελένη", ["ελενη"]),
        ("王小明", ["王小明"]),
        ("Dr. J.R. Smith", ["dr", "jr", "smith"]),
        ("x;--' OR 1=1", ["x", "or", "1", "1"]),
        ("", []),
        ("- ' .", []),
    ],
)
def test_words_are_compared_without_accents_case_and_marks(text: str, words: list[str]) -> None:
    assert blind_index.words(text) == words


def test_digits_of_any_script() -> None:
    assert blind_index.digits("+९१ (98450)-١٢٣٤٥") == "919845012345"


@pytest.mark.parametrize(
    ("stored", "typed", "same"),
    [
        ("+91 98450 12345", "9845012345", True),
        ("+91 98450 12345", "098450 12345", True),
        ("098450 12345", "+91 98450 12345", True),
        ("06 12 34 56 78", "+33 6 12 34 56 78", True),
        ("+91 98450 12345", "2345", True),
        ("+91 98450 12345", "9845", False),
        ("98450 12345", "98450 12346", False),
        ("112", "2345112", False),
        ("", "12345", False),
        ("12345", "", False),
    ],
)
def test_phones_are_compared_from_their_end(stored: str, typed: str, same: bool) -> None:
    assert blind_index.same_phone(stored, typed) is same


@pytest.mark.usefixtures("inside_riverside")
class TestTokens:
    @pytest.mark.parametrize("length", range(2, 9))
    def test_every_prefix_of_two_to_eight_letters_finds(self, length: int) -> None:
        stored = blind_index.name_tokens("Alexandra", "Sharma")
        assert set(blind_index.name_query("Alexandra"[:length])) <= set(stored)

    def test_longer_words_are_cut_to_eight(self) -> None:
        assert blind_index.name_query("Alexandr") == blind_index.name_query("Alexandrina")

    def test_one_letter_finds_nobody_but_one_sign_of_chinese_may(self) -> None:
        assert blind_index.name_query("a") == []
        assert set(blind_index.name_query("王")) <= set(blind_index.name_tokens("王 小明"))

    def test_tokens_keep_to_their_budget_and_fit_their_columns(self) -> None:
        assert all(0 <= token < 2**24 for token in blind_index.name_tokens("Alexandra Sharma Krishnan"))
        assert all(0 <= token < 2**22 for token in blind_index.phone_tokens("+91 98450 12345"))
        assert 0 <= blind_index.birth_token(date(1984, 3, 12)) < 2**12
        assert 0 <= blind_index.national_id_token("1234") < 2**63

    def test_kinds_have_nothing_in_common(self) -> None:
        names, phones = blind_index.name_tokens("12345678"), blind_index.phone_tokens("12345678")
        assert not {token >> 2 for token in names} & set(phones)

    def test_national_ids_are_compared_without_spaces_and_capitals(self) -> None:
        assert blind_index.national_id_token("ab-12 34") == blind_index.national_id_token("AB1234")

    def test_short_phones_are_found_whole(self) -> None:
        assert blind_index.phone_tokens("112") == blind_index.phone_tokens("1-1-2")
        assert blind_index.phone_query("112") is None
        assert blind_index.phone_query("98450 12345") in blind_index.phone_tokens("+91 98450 12345")


@pytest.mark.django_db
def test_tokens_of_two_clinics_have_nothing_in_common(riverside: ClinicUnderTest, lakeside: ClinicUnderTest) -> None:
    tokens = []
    for clinic in (riverside, lakeside):
        with clinic.inside():
            tokens.append(set(blind_index.name_tokens("Alexandra Sharma")))
    assert not tokens[0] & tokens[1]
