"""Prescription cases from a seed, aimed at the last day on which the claim stands and the day after it."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.law.second.prescribing import OPEN, REFORM
from tests.law.second.prescription_cases import RULES, Case, Happening, Rule, track
from tests.law.second.walked_calendar import DAYS, FIRSTS, LENGTHS, MONTHS, as_date, number

FIRST_DUE = number(as_date(0).replace(2005, 1, 1))
LAST_DUE = number(as_date(0).replace(2026, 6, 30))
CHANNELS = ("letter", "phone", "visit", "sms", "auto_call", "")
RENEWING = ("acknowledged", "part_payment", "instalment_plan")
LASTING = frozenset({"deferral", "extension", "negotiation_agreed"})
ALONE = LASTING | {
    "seized", "released", "seizure_cancelled", "action_filed", "action_withdrawn", "claim_filed", "claim_filing_ended",
    "judgment", "reminded", "deferral_cancelled", "execution_stay", "stay_cancelled",
}  # fmt: skip
HELD = [("seized", "released"), ("seized",), ("released",), ("seized", "seizure_cancelled")]
HELD += [("action_filed", "action_withdrawn"), ("action_filed",), ("action_filed", "judgment")]
HELD += [("claim_filed", "claim_filing_ended"), ("claim_filed",)]
STAYS = [("execution_stay",), ("execution_stay", "stay_cancelled")]
OTHERS = [(kind,) for kind in (*RENEWING, "reminded", "reminded", "negotiation_agreed", "judgment", "notified")]
OTHERS += [("reminded", "reminded"), ("negotiation_agreed", "negotiation_agreed")]
ENFORCED_ONLY = [("deferral",), ("deferral", "deferral_cancelled")]
OTHERS_ONLY = [("extension",)]


class Maker:
    """Makes cases; `kinds` tells the events that both sides know for a kind of claim."""

    def __init__(self, seed: int, kinds: Callable[[str], frozenset[str]]) -> None:
        self.random = Random(seed)
        self.kinds = kinds

    def case(self) -> Case:
        """One case, its events in no order."""
        draw = self.random
        rule = draw.choice(RULES)
        due = self._due()
        contract = 0
        if rule.old_years:
            contract = min(due, draw.choice([REFORM - 1, REFORM, REFORM + 1, due - draw.randrange(2000)]))
        case = Case(rule, due, due, (), contract)
        for kind in self._kinds(rule):
            case = self._with(case, kind)
        happenings = list(case.happenings)
        draw.shuffle(happenings)
        return self._asked(replace(case, happenings=tuple(happenings)))

    def _due(self) -> int:
        day = self.random.randrange(FIRST_DUE, LAST_DUE)
        month = MONTHS[day]
        month_end = FIRSTS[month] + LENGTHS[month] - 1
        february = month - month % 12 + 1
        return self.random.choice(
            [day, month_end, month_end - 1, FIRSTS[february] + 27, FIRSTS[february] + LENGTHS[february] - 1]
        )

    def _kinds(self, rule: Rule) -> list[str]:
        """What happens, from bundles; a stay and a seizure never meet (15条の7第3項 has the seizure lifted)."""
        draw, plans = self.random, [("dunned",)] * draw_count(self.random, (0.3, 0.55, 0.15))
        special = STAYS if rule.is_enforced and draw.random() < 0.3 else HELD
        others = OTHERS + (ENFORCED_ONLY if rule.is_enforced else OTHERS_ONLY)
        plans += [draw.choice(special)] * (draw.random() < 0.4)
        plans += [draw.choice(others) for _ in range(draw_count(draw, (0.25, 0.3, 0.25, 0.15, 0.05)))]
        draw.shuffle(plans)
        if "judgment" in {kind for plan in plans for kind in plan}:  # 民法169条2項 leaves open what is not yet due
            plans = [plan for plan in plans if not {"deferral", "extension"}.intersection(plan)]
        known = self.kinds(rule.claim_type)
        return [kind for plan in plans if known.issuperset(plan) for kind in plan]

    def _with(self, case: Case, kind: str) -> Case:
        """The case with one more event, after the others more often than not."""
        draw = self.random
        latest = max((one.known_on for one in case.happenings), default=case.due)
        day = self._day(case, latest)
        known = {one.on for one in case.happenings} | {one.arrived for one in case.happenings}
        alone = {one.on for one in case.happenings if one.kind in ALONE}
        while day in (known if kind in ALONE else alone) or day < case.due:
            day += 1
        if kind in RENEWING and draw.random() < 0.03:
            day = case.due - draw.randrange(90)  # a promise before the time begins takes nothing from it
        added = self._happening(kind, day, case)
        is_twin = kind == "dunned" and any(one.kind == kind and one.on == day for one in case.happenings)
        if added.arrived in alone or is_twin:
            return case
        as_of = max(case.as_of, added.known_on, draw.choice([0, latest]))
        return replace(case, happenings=(*case.happenings, added), as_of=as_of)

    def _day(self, case: Case, latest: int) -> int:
        draw = self.random
        if draw.random() < 0.4:
            life = track(case, is_safe=draw.random() < 0.7)
            if life.end != OPEN:
                return draw.choice([life.end, life.end + 1, life.end - 1, life.end - draw.randrange(200)])
        near = latest + draw.choice([1, 2, 9, 10, 11, 20, 30, 180, 184, 185, 365, 366])
        return draw.choice([near, latest + draw.randrange(1, 900), self._month_end(latest + draw.randrange(1, 900))])

    def _month_end(self, day: int) -> int:
        return day - DAYS[day] + LENGTHS[MONTHS[day]]

    def _happening(self, kind: str, day: int, case: Case) -> Happening:
        draw = self.random
        if kind == "dunned":
            return self._dunned(day, case)
        if kind == "reminded":
            channel = draw.choice(CHANNELS)
            is_dated = channel == "letter" and draw.random() < 0.4  # 民法97条: it counts when it arrives
            return Happening(kind, day, arrived=day + draw.choice([0, 1, 2, 3]) if is_dated else 0, channel=channel)
        if kind in LASTING:
            until = self._month_end(day + draw.randrange(365)) if draw.random() < 0.5 else day + draw.randrange(1, 366)
            if kind == "negotiation_agreed":
                return Happening(kind, day, until=draw.choice([until, until, 0, day + draw.randrange(360, 800)]))
            return Happening(kind, day, until=min(until, day + 365))
        return Happening(kind, day, is_immediate=kind == "execution_stay" and draw.random() < 0.15)

    def _dunned(self, day: int, case: Case) -> Happening:
        draw = self.random
        if draw.random() < 0.12:
            return Happening("dunned", day, deadline=day + 10, returned=day + draw.randrange(1, 12))
        arrived = day + draw.choice([0, 1, 1, 2, 2, 3, 5])
        return Happening("dunned", day, arrived=arrived, deadline=arrived + draw.choice([0, 1, 8, 10, 20, 45]))

    def _asked(self, case: Case) -> Case:
        """The case with a business date on which everything begun is known to its end."""
        draw = self.random
        days = [one.on for one in case.happenings] or [case.due]
        known = max((one.known_on for one in case.happenings), default=case.due)
        case = replace(case, as_of=known + draw.choice([0, 0, 1, 400, 1500]))
        as_of = draw.choice([draw.choice(days), draw.choice(days) - 1, case.as_of, known])
        if draw.random() < 0.5:
            end = track(case, is_safe=draw.random() < 0.5).end
            as_of = end + draw.choice([-1, 0, 1]) if end != OPEN else as_of
        while any(one.on <= as_of < one.known_on for one in case.happenings):
            as_of += 1
        return replace(case, as_of=as_of)


def draw_count(random: Random, shares: tuple[float, ...]) -> int:
    """0, 1, 2, … with the shares given."""
    return random.choices(range(len(shares)), shares)[0]
