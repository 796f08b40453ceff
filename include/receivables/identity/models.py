"""Which model weighs the evidence (照合モデル): the one that ships, or one trained on the city's own persons.

A model decides who is linked without an eye, so it is in force only from a weight that is proven, and only when two
people said so. The model that ships was trained and proven on made-up persons. A city's own is proven on what its own
numbers tell: see `matching.proving`.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.rows import dict_row

from receivables import db, decisions
from receivables.errors import InputRejectedError, InvariantBrokenError
from receivables.identity.matching import Declaration, Model, japanese
from receivables.settings import State

KIND = "identity_model"
BOUND = Path(__file__).with_name("bound.json")  # made by bench.prove_bound
SHIPPED = Path(__file__).with_name("model.json")  # trained on the made-up ward, without its truth
# The last one that was adopted and not withdrawn since.
_ADOPTED = """
    select m.model_id, m.model, m.bound
    from decision.last as l
    inner join decision.in_force as f on l.decision_id = f.decision_id
    inner join identity.model as m on l.subject = m.model_id
    where l.kind = %s and l.answer = 'adopt' and l.facts = m.model_id
    order by f.taken_up_at desc, f.decision_id limit 1
"""
_LIST = """
    select m.model_id, m.made_at, m.persons, m.bound, l.answer,
        exists (
            select from decision.proposal as p
            where p.kind = %(kind)s and p.subject = m.model_id and p.state = 'waiting'
        ) as is_proposed
    from identity.model as m left join decision.last as l on l.kind = %(kind)s and l.subject = m.model_id
    order by m.made_at desc
"""


@dataclass(frozen=True, slots=True)
class InForce:
    """The model of a night: `model_id` (None: the one that ships), what is linked by it, and what proves that."""

    model_id: str | None
    model: Model
    declaration: Declaration
    bound: dict[str, Any]


def in_force(connection: db.Connection) -> InForce:
    """The model that links tonight, with its proven bound.

    Raises InvariantBrokenError when links would be made below what was proven: then nothing is linked at all.
    """
    row = connection.execute(_ADOPTED, [KIND]).fetchone()
    if row is None:
        said = japanese()
        proven: dict[str, Any] = json.loads(BOUND.read_text(encoding="utf-8"))
        found = InForce(None, Model.load(SHIPPED), said, proven | {"link_weight": said.decision.link_weight})
    else:
        proven = dict(row[2])  # type: ignore[call-overload]
        said = japanese().with_bound(proven["link_weight"])
        found = InForce(str(row[0]), Model(**dict(row[1])), said, proven)  # type: ignore[call-overload]
    weight = found.bound["weight"]
    if weight is None or found.declaration.decision.link_weight < weight:
        raise InvariantBrokenError(
            f"links by evidence begin at {found.bound['link_weight']} bits and are proven from {weight} bits on"
            " (identity/bound.json); raise link_weight in japanese.yaml or prove a lower bound"
        )
    return found


def last(state: State) -> InForce:
    """The model that links, and its bound."""
    with db.connect(state, "etl", doing="read the bound") as connection:
        return in_force(connection)


def bound_ja(*, state: State) -> str:
    """The bound in one line where staff read: from which weight links are made, what was proven, and how sure it is."""
    return told_ja(last(state))


def told_ja(found: InForce) -> str:
    """The bound of a model in one line."""
    by = "合成した人々による証明で、実データによるものではない" if found.model_id is None else f"モデル{found.model_id}"
    return f"自動結合は{found.bound['link_weight']:g}ビットから（{proof_ja(found.bound)}。{by}）"


def proof_ja(proven: dict[str, Any]) -> str:
    """What was proven of a model, in a few words: the bound, how many links confirmed it, and how sure that makes."""
    if not proven["labelled_count"]:
        return "証明なし：氏名・生年月日のほかに二つ以上が一致する組がなく、番号なしでは誰も結ばれない"
    if proven["weight"] is None:
        return f"証明なし：{proven['labelled_count']:,}組のうち誤り{proven['error_count']:,}"
    return (
        f"証明された下限 {proven['weight']:.2f}ビット：{proven['confirmed_count']:,}組を確かめ誤り"
        f"{proven['confirmed_errors']}、95％の信頼度で{proven['confirmed_upper_permille']:.3f}‰以下"
    )


def is_proven(bound: dict[str, Any]) -> bool:
    """Whether the half that did not choose the bound confirms it."""
    return bound["weight"] is not None and bound["confirmed_upper_permille"] < bound["allowed_permille"]


def listed(*, state: State) -> list[dict[str, Any]]:
    """Every model that was trained here, newest first, with its bound and whether it is in force."""
    with db.connect(state, "etl", doing="list models") as connection:
        now = in_force(connection).model_id
        found = connection.cursor(row_factory=dict_row).execute(_LIST, {"kind": KIND}).fetchall()
    return [each | {"is_proven": is_proven(each["bound"]), "is_in_force": each["model_id"] == now} for each in found]


def weights(*, model_id: str, state: State) -> list[dict[str, Any]]:
    """What every level of every comparator weighs, in bits, beside the model that ships.

    Raises InputRejectedError for a model that is not kept here.
    """
    with db.connect(state, "etl", doing="read a model") as connection:
        row = connection.execute("select model from identity.model where model_id = %s", [model_id]).fetchone()
    if row is None:
        raise InputRejectedError(f"no model '{model_id}': see `receivables identity model list`")
    own, shipped = Model(**dict(row[0])), Model.load(SHIPPED)  # type: ignore[call-overload]
    return [
        one | {"shipped_bits": other["bits"]} for one, other in zip(own.levels(), shipped.levels(), strict=True)
    ]  # fmt: skip


def answer(model_id: str, said: str, *, user: str, why: str, state: State) -> str:
    """`user`'s word that a model shall be in force (adopt) or no longer (withdraw); another confirms it.

    Returns the decision's id; the night after the confirmation matches everybody anew. Raises InputRejectedError for a
    model that is not kept here, and for one whose bound is not proven.
    """
    known = {each["model_id"]: each for each in listed(state=state)}
    if model_id not in known:
        raise InputRejectedError(f"no model '{model_id}': see `receivables identity model list`")
    found = known[model_id]
    if said == "adopt" and not found["is_proven"]:
        raise InputRejectedError(
            f"model '{model_id}' has no proven bound: of {found['bound']['labelled_count']:,} labelled pairs"
            f" {found['bound']['error_count']:,} are wrong. Train again when more persons have numbers"
        )
    evidence = {"model": model_id, "persons": found["persons"], "bound": found["bound"]}
    return decisions.propose(
        KIND, model_id, said, reason=why, facts=model_id, evidence=evidence, user=user, state=state
    )  # fmt: skip
