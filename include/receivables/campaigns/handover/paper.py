"""Letters out of claimed contacts (書面の作成): addresses from the claim, yen and slips from the published claims."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from psycopg.rows import dict_row

from receivables import db
from receivables.calendar import rolled
from receivables.campaigns import letters
from receivables.campaigns.contacts import Contact
from receivables.campaigns.handover.batches import Written
from receivables.campaigns.letters import Letter, LetterClaim, Order, Place, Recipient, Slip
from receivables.campaigns.outbox import Message
from receivables.campaigns.playbook import Playbook
from receivables.campaigns.rendering import text_of_level
from receivables.campaigns.runs import Run
from receivables.claims import LegalClass
from receivables.rulebook import rulebook
from receivables.settings import State
from receivables.yen import Yen

_CLAIMS = """
    select claim_id, claim_type, legal_class, owner_dept, fiscal_year, instalment_no, due_date, outstanding_yen,
        case when is_charge_known then coalesce(charge_open_yen, 0) end as charge_yen, slip_no, as_of
    from mart.fct_delinquencies where claim_id = any(%s)
    order by due_date, claim_id
"""
_SLIP_NO = re.compile(r"[0-9]{14}", re.ASCII)  # a claim whose number is another has no slip
_KINDS: Mapping[str, letters.Kind] = {
    "dunning": "dunning", "reminder": "reminder", "direct_debit": "direct_debit", "cashless": "cashless",
}  # fmt: skip


def write_letters(
    connection: db.Connection, messages: Sequence[Message], contacts: Mapping[str, Contact], run: Run, *,
    day: date, batch: str, folder: Path, state: State,
) -> Written:  # fmt: skip
    """Print the letters of claimed contacts into `folder`, one order a step of the ladder; their day of issue is `day`.

    A contact whose claims are not as approved any more is refused (changed): a later list has it again. Raises
    InvariantBrokenError when a page came out wrong.
    """
    rules, key = run.rules(), state.secret("hmac_letters")
    assert rules.letter is not None
    made = _letters(connection, messages, contacts, rules, day, key)
    refused: dict[str, tuple[str, ...]] = {
        each.contact_id: ("changed",) for each in messages if each.contact_id not in made
    }
    order = Order(
        batch, day + timedelta(days=rules.letter.post_within_days), day + timedelta(days=rules.letter.keep_days)
    )
    levels = sorted({contacts[each].level for each in made})
    for level in levels:
        of_level = {each: letter for each, letter in made.items() if contacts[each].level == level}
        place = Place(words=tuple(filter(None, text_of_level(run.template_text, level).splitlines())))
        faults = {each.token: each.codes for each in letters.unprintable(list(of_level.values()), place)}
        refused |= {each: faults[letter.token] for each, letter in of_level.items() if letter.token in faults}
        printed = [letter for each, letter in of_level.items() if each not in refused]
        if printed:
            part = folder if len(levels) == 1 else folder / f"level-{level}"
            letters.render(printed, part, order, key=key, place=place)
    return Written(
        {each: letter.token for each, letter in made.items() if each not in refused}, refused, order.expires_on
    )


def _letters(
    connection: db.Connection, messages: Sequence[Message], contacts: Mapping[str, Contact], rules: Playbook, day: date,
    key: str,
) -> dict[str, Letter]:  # fmt: skip
    assert rules.letter is not None
    deadline = rolled(day + timedelta(days=rules.letter.deadline_days))
    claims = _claims(connection, [claim for each in messages for claim in contacts[each.contact_id].claim_ids])
    found = {}
    for message in messages:
        contact = contacts[message.contact_id]
        about = [claims[claim] for claim in contact.claim_ids if claim in claims] if rules.aim.asks_for_payment else []
        told = dict(zip(contact.claim_ids, contact.claim_yen, strict=True))
        if rules.aim.asks_for_payment and {c["claim_id"]: c["outstanding_yen"] for c in about} != told:
            continue
        found[message.contact_id] = Letter(
            token=letters.seal(message.reference, key, copy=message.attempt),
            kind=_KINDS[rules.purpose],
            issued_on=day,
            office=_office(contact, about),
            recipient=_recipient(message.number),
            deadline_date=deadline if about else None,
            charged_until=_day(about[0]["as_of"]) if about else None,
            claims=tuple(_claim(each, deadline) for each in about),
        )
    return found


def _claims(connection: db.Connection, claim_ids: list[str]) -> dict[str, dict[str, object]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return {row["claim_id"]: row for row in cursor.execute(_CLAIMS, [claim_ids])}


def _claim(row: Mapping[str, object], deadline: date) -> LetterClaim:
    principal = Yen(int(str(row["outstanding_yen"])))
    charge = None if row["charge_yen"] is None else Yen(int(str(row["charge_yen"])))
    total = principal + (charge or 0)
    number = str(row["slip_no"] or "")
    slip = Slip(number, Yen(total), deadline) if _SLIP_NO.fullmatch(number) and total > 0 else None
    return LetterClaim(
        claim_type=str(row["claim_type"]),
        legal_class=LegalClass(str(row["legal_class"])),
        name=rulebook().claim_types[str(row["claim_type"])].name_ja,
        fiscal_year=int(str(row["fiscal_year"])),
        instalment=f"第{row['instalment_no']}期" if row["instalment_no"] is not None else "－",
        due_date=_day(row["due_date"]),
        principal_yen=principal,
        late_charge_yen=charge,
        slip=slip,
    )


def _day(found: object) -> date:
    assert isinstance(found, date)
    return found


def _office(contact: Contact, about: Sequence[Mapping[str, object]]) -> str:
    """The section that the letter names: the one to which most is owed."""
    owed: dict[str, int] = defaultdict(int)
    for row in about:
        owed[str(row["owner_dept"])] += int(str(row["outstanding_yen"]))
    return max(sorted(owed), key=lambda dept: owed[dept]) if owed else contact.owner_depts[0]


def _recipient(told: str) -> Recipient:
    row = json.loads(told)
    postal = "".join(filter(str.isdecimal, row["postal_code"] or ""))
    lines = tuple(filter(None, (row["address"], row["address_detail"])))
    return Recipient(f"{postal[:3]}-{postal[3:]}", lines, row["person_name"])
