"""Both sides on the same prescription cases, each difference ready to be run again."""

import json
from collections.abc import Iterator

from tests.law.second import engine
from tests.law.second.charge_compare import Difference
from tests.law.second.prescribing import OPEN
from tests.law.second.prescription_cases import Answer, Case, answer, as_events
from tests.law.second.prescription_generator import Maker
from tests.law.second.walked_calendar import as_date


def cases(seed: int, count: int) -> Iterator[Case]:
    """The cases of a seed, of events that both sides know."""
    maker = Maker(seed, engine.kinds)
    return (maker.case() for _ in range(count))


def differences(seed: int, count: int) -> list[Difference]:
    """The cases of a seed that the two sides answer differently."""
    found = []
    for number, case in enumerate(cases(seed, count)):
        second, product = answer(case), engine.answer(case)
        if second != product:
            found.append(Difference(seed, number, told(case), _said(product), _said(second)))
    return found


def _said(one: Answer) -> str:
    days = [str(as_date(day)) if day != OPEN else "held" for day in (one.safe, one.alternative)]
    return f"{one.state}, safe {days[0]}, alternative {days[1]}, cause {one.cause}"


def told(case: Case) -> str:
    """The case as a command line; the events are the JSON of the file it names."""
    events = [event | engine.extras(str(event["type"])) for event in as_events(case.happenings)]
    contract = f" --contract-date {as_date(case.contract)}" if case.contract else ""
    return (
        f"echo '{json.dumps(events)}' > events.json; receivables law prescription"
        f" --claim-type {case.rule.claim_type} --due {as_date(case.due)} --as-of {as_date(case.as_of)}"
        f" --events events.json{contract} --json"
    )
