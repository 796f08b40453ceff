"""`receivables identity …`: who is who, what people must judge, and how a merge is undone (名寄せ)."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from receivables import unmerging
from receivables.cli import identity_holders, identity_model, identity_relations
from receivables.cli.console import (
    DEFAULT_AS_OF,
    AsOfOption,
    JsonOption,
    StateOption,
    UserOption,
    WhyOption,
    console,
    day,
    emit,
    state_of,
    table,
)
from receivables.identity import quality as watch
from receivables.identity import review as room

app = typer.Typer(help="Who is who: the work list, and the undoing of a merge (名寄せ)", no_args_is_help=True)
review = typer.Typer(help="Pairs that people must judge (確認一覧)", no_args_is_help=True)
app.add_typer(review, name="review")
sample = typer.Typer(help="A monthly sample of automatic links (抜取検査)", no_args_is_help=True)
app.add_typer(sample, name="sample")
app.add_typer(identity_relations.app)
app.add_typer(identity_holders.app)
app.add_typer(identity_model.app)
_TOLD = {
    "source_code": "業務", "name_key": "氏名", "kana_key": "フリガナ", "alias_key": "通称", "former_key": "旧姓名",
    "birth_year": "生年", "birth_month": "月", "birth_day": "日", "sex_code": "性別", "address_key": "住所",
    "former_address_key": "前住所", "phone_key": "電話", "is_deceased": "死亡",
}  # fmt: skip


@review.command("list")
def list_pairs(
    limit: Annotated[int, typer.Option(min=1, help="At most so many pairs")] = 50,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """The pairs that wait, the likeliest first, both persons masked."""
    from receivables.identity.matching import japanese
    from receivables.identity.matching.deciding import reasons

    found = room.work_list(limit=limit, state=state_of(state))
    why = reasons(japanese())

    def human() -> None:
        rows = [
            [each["pair"], f"{each['weight']:.1f}" if each["weight"] is not None else "", _person(each["left"]),
             _person(each["right"]), "、".join(why[code] for code in each["reasons"]),
             "提案済" if each["is_proposed"] else ""]
            for each in found
        ]  # fmt: skip
        table("名寄せの確認一覧", ["組", "重み", "一方", "他方", "自動で結ばない理由", "状態"], rows)

    emit({"pairs": found}, as_json, human)


@review.command()
def show(pair: str, user: UserOption, why: WhyOption, state: StateOption = None, as_json: JsonOption = False) -> None:
    """Both persons of a pair in full, side by side; the look is written down."""
    found = room.look(pair, user=user, why=why, state=state_of(state))

    def human() -> None:
        rows = [[title, found["left"][name], found["right"][name]] for name, title in _TOLD.items()]
        table(f"{pair}（{found['outcome'] or '支援措置につき非表示'}）", ["項目", "一方", "他方"], rows)

    emit(found, as_json, human)


@review.command()
def accept(pair: str, user: UserOption, why: WhyOption, state: StateOption = None, as_json: JsonOption = False) -> None:
    """Propose that the two are one person (同一人); another confirms it with `receivables decision confirm`."""
    decision = room.answer(pair, "same", user=user, why=why, state=state_of(state))
    emit({"decision_id": decision, "next": f"receivables decision confirm {decision} --as ANOTHER_USER"}, as_json)


@review.command()
def reject(pair: str, user: UserOption, why: WhyOption, state: StateOption = None, as_json: JsonOption = False) -> None:
    """Propose that the two are two persons (別人); sending to them stops, and another confirms it."""
    emit(unmerging.reject(pair, user=user, why=why, state=state_of(state)), as_json)


@app.command()
def unmerge(
    debtor: str, user: UserOption, why: WhyOption, state: StateOption = None, as_json: JsonOption = False
) -> None:
    """Take a merge apart: sending stops now, the next night after the second yes restores both as they were."""
    emit(unmerging.unmerge(debtor, user=user, why=why, state=state_of(state)), as_json)


@sample.command()
def draw(as_of: AsOfOption = DEFAULT_AS_OF, state: StateOption = None, as_json: JsonOption = False) -> None:
    """Draw the month's sample, once; the month decides it, nobody chooses."""
    emit({"drawn": watch.draw(as_of=day(as_of), state=state_of(state))}, as_json)


@sample.command("list")
def list_sampled(state: StateOption = None, as_json: JsonOption = False) -> None:
    """The pairs of the samples that wait for somebody to judge them."""
    found = watch.to_judge(state=state_of(state))
    rows = [[each["month"], each["pair"], each["method"]] for each in found]
    emit({"pairs": found}, as_json, lambda: table("抜取検査の判定待ち", ["月", "組", "結んだ根拠"], rows))


@sample.command()
def judge(
    pair: str, verdict: str, user: UserOption, why: WhyOption, state: StateOption = None, as_json: JsonOption = False
) -> None:
    """Say of a sampled pair: same, different or unclear."""
    emit(unmerging.judge(pair, verdict, user=user, why=why, state=state_of(state)), as_json)


@app.command()
def quality(as_of: AsOfOption = DEFAULT_AS_OF, state: StateOption = None, as_json: JsonOption = False) -> None:
    """How many automatic links may be wrong, as the judged samples prove it; and how much last night compared."""
    from receivables.identity import models

    where = state_of(state)
    found, proven, trust = watch.quality(as_of=day(as_of), state=where), models.last(where), watch.trust(state=where)

    def human() -> None:
        console.print(found.told())
        console.print(models.told_ja(proven))
        rows = [
            [each["source_code"], each["numbered"], each["registered"], each["corroborated"],
             "" if each["trust_permille"] is None else f"{each['trust_permille'] / 10:.1f}%"]
            for each in trust
        ]  # fmt: skip
        table("宛名番号の信頼度", ["業務", "番号のある人", "住民記録にある", "氏名・読みが一致", "信頼度"], rows)

    told = {**asdict(found), "last_night": room.last_night(where), "bound": proven.bound, "source_trust": trust}
    emit(told, as_json, human)


def _person(shown: dict[str, Any]) -> str:
    return f"{shown['source_code']} {shown['name_key'] or shown['kana_key'] or '?'} {shown['birth_year'] or '?'}"
