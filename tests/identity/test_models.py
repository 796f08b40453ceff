"""A city's own model: trained without truth, proven by its own numbers, in force only when two people say so."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from receivables import db, decisions, identity
from receivables.cli.identity import app as identity_commands
from receivables.errors import InputRejectedError, InvariantBrokenError
from receivables.identity import models, training
from receivables.identity.matching import Model, japanese
from receivables.identity.matching.proving import prove
from receivables.settings import State
from tests.identity.matching.people import FAMILIES, GIVENS, Row, person, table, town, trained
from tests.identity.nights import Nights
from tests.identity.world import AS_OF, World, made

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def world(new_state: Callable[[], State]) -> World:
    """A town whose departments know numbers, large enough to prove one in a thousand."""
    world = made(new_state())
    with db.connect(world.state, autocommit=True) as connection:
        Nights(connection).store(numbered(9_000, seed=3))
    return world


def numbered(residents: int, seed: int) -> list[Row]:
    """A town in which every department's record bears the resident's number."""
    rows = town(residents, seed)
    numbers = {row["person_ref"].split("-")[1]: row["addressee_no"] for row in rows if row["source_code"] == "register"}
    return [row | {"addressee_no": numbers[row["person_ref"].split("-")[1]]} for row in rows]


def test_a_models_bound_is_proven_by_hidden_numbers() -> None:
    found = prove(table(numbered(9_000, seed=3)), trained(), japanese())
    assert found["weight"] is not None
    assert found["confirmed_upper_permille"] < found["allowed_permille"]
    assert found["labelled_persons"] > 20_000
    assert models.is_proven(found)


def test_links_that_numbers_say_are_wrong_prove_nothing() -> None:
    """Namesakes born on one day who live under one roof and share a telephone, with numbers of their own."""
    rng, rows = Random(5), []
    for at in range(1_200):
        told = {"family": rng.choice(FAMILIES), "first": rng.choice(GIVENS), "phone_key": f"03{at:08d}",
                "address_key": f"町{at}", "born": (1935 + at % 70, rng.randint(1, 12), rng.randint(1, 28))}  # fmt: skip
        number, twin = f"{10_000_000 + 2 * at:010d}", f"{10_000_001 + 2 * at:010d}"
        rows += [person(f"register-{at}", "register", addressee_no=number, **told),
                 person(f"register-{at}x", "register", addressee_no=twin, **told),
                 person(f"nhi-{at}", "nhi", addressee_no=number, **told)]  # fmt: skip
    found = prove(table(rows), trained(), japanese())
    assert found["weight"] is None
    assert not models.is_proven(found)


def test_a_number_that_nobody_bears_out_labels_nobody() -> None:
    rows = [
        person("register-1", "register", addressee_no="0000000017"),
        person("nhi-1", "nhi", addressee_no="0000000017", family="別人", first="花"),
        person("care-1", "care", addressee_no="0000000099"),
        person("school-1", "school"),
    ]
    assert prove(table(rows), trained(), japanese())["labelled_persons"] == 1


def test_a_model_is_trained_proven_adopted_by_two_and_taken_back(world: World) -> None:
    state = world.state
    shipped = models.last(state)
    assert shipped.model_id is None
    found = training.train(state=state)
    assert found["is_proven"], found
    assert models.last(state).model_id is None, "trained is not adopted"
    decide(state, found["model_id"], "adopt")
    assert models.last(state).model_id is None, "a night takes it up"
    identity.resolve(as_of=AS_OF, state=state)
    own = models.last(state)
    assert own.model_id == found["model_id"]
    assert own.declaration.decision.link_weight == found["bound"]["link_weight"] >= found["bound"]["weight"]
    assert found["model_id"] in identity.bound_ja(state=state)
    (night,) = world.run("select is_whole, bound ->> 'weight' from identity.night order by night_no desc limit 1")
    assert night == (True, str(found["bound"]["weight"]))
    decide(state, found["model_id"], "withdraw")
    identity.resolve(as_of=AS_OF, state=state)
    assert models.last(state).model == shipped.model
    (night,) = world.run("select is_whole from identity.night order by night_no desc limit 1")
    assert night == (True,)


def decide(state: State, model_id: str, said: str) -> None:
    one = models.answer(model_id, said, user="officer_a", why="証明を確認", state=state)
    decisions.confirm(one, user="chief_tax", state=state)


def test_the_last_one_adopted_and_not_withdrawn_links(world: World) -> None:
    one, other = "m" + "1" * 12, "m" + "2" * 12
    for model_id in (one, other):
        world.run(
            "insert into identity.model (model_id, model, bound, persons)"
            " select %s, model, bound, persons from identity.model where bound ->> 'weight' is not null limit 1",
            model_id,
        )
    for model_id, said, linking in (
        (one, "adopt", one), (other, "adopt", other), (one, "withdraw", other), (other, "withdraw", None),
        (one, "adopt", one), (one, "withdraw", None),
    ):  # fmt: skip
        decide(world.state, model_id, said)
        with db.connect(world.state) as connection:
            decisions.take_up(connection, as_of=AS_OF, state=world.state)
        assert models.last(world.state).model_id == linking


def test_a_model_without_proof_is_adopted_by_nobody(world: World) -> None:
    bound = {"weight": None, "labelled_count": 10, "error_count": 3, "link_weight": None}
    kept = "insert into identity.model (model_id, model, bound, persons) values ('m0123456789ab', '{}', %s, 10)"
    world.run(kept, json.dumps(bound))
    with pytest.raises(InputRejectedError, match="no proven bound"):
        models.answer("m0123456789ab", "adopt", user="officer_a", why="x", state=world.state)
    with pytest.raises(InputRejectedError, match="no model"):
        models.answer("m000000000000", "adopt", user="officer_a", why="x", state=world.state)


def test_what_is_kept_of_a_model_is_never_changed(world: World) -> None:
    with db.connect(world.state) as connection:
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            connection.execute("update identity.model set persons = 1")
        connection.rollback()


def test_the_commands_show_every_model_and_what_it_weighs(world: World) -> None:
    def run(*words: str) -> str:
        given = ["model", *words, "--state", str(world.state.root)]
        return CliRunner().invoke(identity_commands, given, catch_exceptions=False).stdout

    (newest, *_) = [each for each in json.loads(run("list", "--json"))["models"] if each["is_proven"]]
    assert "証明された下限" in run("list").replace("\n", "")
    told = json.loads(run("weights", newest["model_id"], "--json"))["weights"]
    (same,) = [row for row in told if row["level"] == "生年月日が一致"]
    assert same["bits"] > 5
    assert same["shipped_bits"] > 5
    assert "生年月日が一致" in run("weights", newest["model_id"])


def test_an_agreement_that_weighs_less_than_a_weaker_one_is_named() -> None:
    def levels(*shares: tuple[str, float | None]) -> dict[str, Any]:
        return {"output_column_name": "address", "comparison_levels": [
            {"label_for_charts": "unknown", "is_null_level": True},
            *({"label_for_charts": label, "m_probability": m, "u_probability": 0.1} for label, m in shares),
        ]}  # fmt: skip

    sound = Model({"comparisons": [levels(("住所", 0.8), ("町", 0.2), ("不一致", 0.05))]}, {})
    assert sound.odd_levels() == []
    odd = Model({"comparisons": [levels(("住所", 0.8), ("町", 0.01), ("前住所", None), ("不一致", 0.05))]}, {})
    (told,) = odd.odd_levels()
    assert (told["level"], told["weaker"]) == ("町", "不一致")
    assert told["bits"] < told["weaker_bits"]


def test_nothing_is_linked_below_the_proven_bound(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told = models.last(world.state).bound
    assert told["link_weight"] >= told["weight"]
    assert told["confirmed_upper_permille"] < told["allowed_permille"]
    liberal = japanese().with_bound(told["weight"] - 0.5)
    monkeypatch.setattr(models, "japanese", lambda: liberal)
    with pytest.raises(InvariantBrokenError, match=r"link_weight in japanese\.yaml"):
        models.last(world.state)
