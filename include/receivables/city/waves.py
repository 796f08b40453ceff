"""Past waves of asking (催告の波): who was asked and who was left alone, and how much more the former paid.

Voluntary, after dunning, never instead of it (督促 is owed to everybody). By debtor: a salted hash says which channel
and which arm, so that whoever repeats it finds the same people. What asking adds to the share of debtors who pay
within 30 days of the list is KNOWN: it is an assumption of this ward and stands in truth/effects.csv.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from itertools import count
from random import Random

from receivables.city.attempts import ask
from receivables.city.bills import Bill
from receivables.city.blocks import Block
from receivables.city.life import asked_receipt
from receivables.city.numbers import receipt_number
from receivables.city.office_days import on_or_before
from receivables.city.people import Person
from receivables.city.requests import AUTO_CALL, CONTROL, PHONE_CENTRE, SMS, TREATED, Asked, Request

CAMPAIGNS = {"resident_tax": "tax_after_dunning", "nhi": "nhi_after_dunning"}
SEGMENTS = ("under_40", "40_to_64", "65_and_over")
_PERMILLE = {
    PHONE_CENTRE: (90, 110, 130),
    AUTO_CALL: (50, 60, 60),
    SMS: (100, 70, 20),
}  # by age band, as SEGMENTS; assumptions, not findings
_DAYS_AGO = (353, 310, 267, 224, 181, 138, 95, 52, 8)  # further apart than what is measured (30 days)
_DAYS_MEASURED = 30
_CONTROL_PERMILLE = 400
_OLDEST_DAYS = 540  # older claims go to other desks; none of these is prescribed
_AFTER_DEADLINE_DAYS = 7
_FIRST_RECEIPT = 90_000_000  # in a block; departments' own begin at 1
_LETTERS = {"resident_tax": "T", "nhi": "N"}
Claim = tuple[Bill, int]  # with what is owed on it


@dataclass(frozen=True, slots=True)
class _Case:
    """One debtor of one wave."""

    request: Request
    claims: list[Claim]
    pays_anyway: bool


def true_effects(*, has_effects: bool) -> list[tuple[str, str, str, str]]:
    """What each wave's channel adds to the payment rate within 30 days: campaign, segment, channel, uplift."""
    return [
        (campaign, segment, channel, f"{permille * has_effects / 1000:.2f}")
        for campaign in CAMPAIGNS.values()
        for channel, row in _PERMILLE.items()
        for segment, permille in zip(SEGMENTS, row, strict=True)
    ]


def hold_waves(block: Block, bills: dict[str, list[Bill]], *, has_effects: bool) -> None:
    """Ask the debtors of `bills` in every wave; those whom it moves then pay earlier than they had planned."""
    serials, receipts = count(1), count(block.number * 100_000_000 + _FIRST_RECEIPT)
    for source in CAMPAIGNS:
        dunned = [bill for bill in bills[source] if bill.dunned_on and not bill.returned_on]
        reachable = [bill for bill in dunned if _is_reachable(bill.debtor, block.as_of)]
        for wave, days in enumerate(_DAYS_AGO, start=1):
            on = on_or_before(block.as_of - timedelta(days=days))
            cases = list(_cases(block, source, wave, on, reachable, serials))
            for group in _alike(cases):
                _ask(block, source, group, has_effects=has_effects, receipts=receipts)


def segment_of(person: Person, day: date) -> str:
    """The age band (年齢区分)."""
    age = person.age(day)
    return SEGMENTS[0] if age < 40 else SEGMENTS[1] if age < 65 else SEGMENTS[2]


def _is_reachable(person: Person, as_of: date) -> bool:
    barred = person.died_on or person.is_protected or person.has_guardian or person.is_on_welfare
    return bool(
        person.is_registered and person.phone and not barred and person.language_code == "ja" and person.age(as_of) > 18
    )


def _cases(
    block: Block, source: str, wave: int, on: date, bills: list[Bill], serials: Iterator[int]
) -> Iterator[_Case]:
    owed: dict[str, list[Claim]] = defaultdict(list)
    for bill in bills:
        stopped_on = bill.debtor.stopped_on
        yen = 0 if stopped_on and stopped_on <= on else _due_yen(bill, on)
        if yen:
            owed[bill.debtor.addressee_no].append((bill, yen))
    for addressee_no, claims in owed.items():
        claims.sort(key=lambda claim: (claim[0].due_date, claim[0].claim_key))
        debtor, campaign = claims[0][0].debtor, CAMPAIGNS[source]
        number = f"{_LETTERS[source]}{wave:02d}-{block.number:03d}-{next(serials):05d}"
        request = Request(
            number, source, campaign, wave, _channel(campaign, debtor), segment_of(debtor, on),
            CONTROL if bucket(addressee_no, f"{campaign}-{wave}") < _CONTROL_PERMILLE else TREATED, debtor, on,
        )  # fmt: skip
        for at, (bill, yen) in enumerate(claims):
            bill.asked.append(Asked(request, yen, at == 0))
        last = on + timedelta(days=_DAYS_MEASURED)
        yield _Case(request, claims, any(on < one.paid_on <= last for bill, _ in claims for one in bill.receipts))


def bucket(key: str, salt: str) -> int:
    """0..999 from key and salt alone, as campaigns assign it."""
    return int.from_bytes(sha256(f"{salt}|{key}".encode()).digest()[:8]) % 1000


def _channel(campaign: str, debtor: Person) -> str:
    """Which channel somebody is asked on, in every wave the same; an SMS needs a mobile number."""
    assert debtor.phone
    is_mobile = not debtor.phone.startswith(("03", "０３"))
    channels = (PHONE_CENTRE, AUTO_CALL, SMS) if is_mobile else (PHONE_CENTRE, AUTO_CALL)
    return channels[bucket(debtor.addressee_no, f"{campaign}-channel") % len(channels)]


def _due_yen(bill: Bill, on: date) -> int:
    """What is owed after the dunning's deadline; money that has been paid is known here, booked or not."""
    deadline = bill.dunning_deadline
    if deadline is None or not deadline + timedelta(days=_AFTER_DEADLINE_DAYS) < on:
        return 0
    if bill.due_date < on - timedelta(days=_OLDEST_DAYS):
        return 0
    if bill.written_off_on and bill.written_off_on <= on + timedelta(days=_DAYS_MEASURED):
        return 0
    return max(bill.assessed_yen - sum(one.principal_yen for one in bill.receipts if one.paid_on <= on), 0)


def _alike(cases: Iterable[_Case]) -> list[list[_Case]]:
    """Those of one channel and age band, whatever their arm."""
    groups: dict[tuple[str, str], list[_Case]] = defaultdict(list)
    for case in cases:
        groups[case.request.channel, case.request.segment].append(case)
    return list(groups.values())


def _ask(block: Block, source: str, group: list[_Case], *, has_effects: bool, receipts: Iterator[int]) -> None:
    """Move so many of the treated who would not have paid that the rate of all treated rises by the true uplift."""
    first = group[0].request
    wanted = _PERMILLE[first.channel][SEGMENTS.index(first.segment)] / 1000 * has_effects
    idle = sum(not case.pays_anyway for case in group)
    chance = wanted * len(group) / idle if idle else 0.0
    for case in group:
        if case.request.arm == CONTROL:
            continue
        rng = Random(f"{block.seed}:{case.request.number}")
        is_moved = not case.pays_anyway and rng.random() < chance
        reached_on = ask(rng, case.request, sum(yen for _, yen in case.claims), pays=is_moved)
        if is_moved:
            last = case.request.assigned_on + timedelta(days=_DAYS_MEASURED)
            paid_on = min(reached_on + timedelta(days=rng.randint(0, 9)), last)
            _pay(rng, *case.claims[0], paid_on, _number(source, receipts))


def _pay(rng: Random, bill: Bill, yen: int, paid_on: date, number: str) -> None:
    """The rest of the oldest claim is paid now, in place of whatever was planned for later (never twice)."""
    bill.receipts = [one for one in bill.receipts if one.paid_on <= bill.asked[-1].request.assigned_on]
    bill.receipts.append(asked_receipt(rng, number, paid_on, yen))
    bill.written_off_on, bill.written_off_yen, bill.write_off_cause_code = None, 0, ""


def _number(source: str, receipts: Iterator[int]) -> str:
    return receipt_number(1 if source == "resident_tax" else 2, next(receipts))
