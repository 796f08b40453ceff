from hypothesis import given
from hypothesis import strategies as st

from receivables.campaigns.letters.seals import ALPHABET, is_seal, seal, sheet_of, sheets_of, shown

references = st.text(min_size=1, max_size=60)


@given(references, references)
def test_a_seal_is_the_contacts_own_for_ever(one: str, other: str) -> None:
    assert is_seal(seal(one, "k"))
    assert seal(one, "k") == seal(one, "k")
    assert (seal(one, "k") == seal(other, "k")) == (one == other)
    assert len({seal(one, "k"), seal(one, "another key"), seal(one, "k", copy=2)}) == 3


@given(references, st.integers(0, 12), st.sampled_from(ALPHABET))
def test_one_wrong_sign_is_seen(reference: str, at: int, sign: str) -> None:
    token = seal(reference, "k")
    wrong = token[:at] + sign + token[at + 1 :]
    assert is_seal(wrong) == (wrong == token)


@given(references, st.integers(0, 11), st.integers(0, 11))
def test_two_signs_changed_about_are_seen(reference: str, one: int, other: int) -> None:
    signs = list(seal(reference, "k"))
    signs[one], signs[other] = signs[other], signs[one]
    wrong = "".join(signs)
    assert is_seal(wrong) == (wrong == seal(reference, "k"))


@given(references, st.integers(1, 99))
def test_a_sheets_code_tells_envelope_and_place(reference: str, count: int) -> None:
    token = seal(reference, "k")
    sheets = sheets_of(token, count)
    assert [sheet_of(sheet.code) for sheet in sheets] == list(sheets)
    assert len({sheet.code for sheet in sheets}) == count


def test_what_is_no_code_of_ours_is_none() -> None:
    token = seal("r", "k")
    for code in ("", token, f"{token}0001", f"{token}0302", f"{token}01０2", f"{token[:-1]}!0101", f"{token}01011"):
        assert sheet_of(code) is None, code


def test_people_read_it_in_fours_and_without_signs_that_are_taken_for_others() -> None:
    assert not set("ILOSV") & set(ALPHABET)
    assert len(set(ALPHABET)) == 31  # a prime: the check sign needs it
    assert shown("ABCDEFGHJKMNP") == "ABCD-EFGH-JKMNP"
