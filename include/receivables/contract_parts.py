"""The small keys of a contract (契約の部品): places in a record, how totals are declared, what is left out."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
Storage = Literal["packed", "zoned", "kanji"]  # how a host keeps a field that is no plain text
Place = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]


class Strict(BaseModel):
    """Knows its keys and no other."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Header(Strict):
    """First record of a host file (ヘッダ)."""

    mark: str
    system: Place
    date: Place


class Data(Strict):
    """A data record of a host file (データ)."""

    mark: str


class Trailer(Strict):
    """Last record of a host file (トレーラ): how many rows and yen were sent."""

    mark: str
    rows: Place
    yen: Place
    storage: Literal["packed", "zoned"] | None = None  # of both numbers; host encodings only


class Records(Strict):
    """The three kinds of record, told apart by the first byte."""

    header: Header
    data: Data
    trailer: Trailer


class Control(Strict):
    """Where the department says how many rows and yen it sent (突合値)."""

    kind: Literal["trailer", "manifest", "total_row", "query"]
    file: str | None = None


class Export(Strict):
    """The file a department delivers when its database cannot be read (代替ファイル): CSV with its own column names."""

    file: str
    encoding: str
    manifest: str


class Exclusion(Strict):
    """Rows the department itself marks as void (対象外)."""

    column: Name
    equals: str
    reason: Literal["DELETED_AT_SOURCE", "CANCELLED_AT_SOURCE"]


class Coded(Strict):
    """A column whose codes stand for words of a seed (コードの読替え)."""

    column: Name
    codes: dict[str, Name]


class LegalBasis(Strict):
    """What the class of each row hangs on (債権区分の根拠): kind, ground, and the days on which money was paid out.

    Looked up in seeds/law/claim_classes.csv; a row that lies in none of its rows is quarantined (LEGAL_CLASS).
    """

    claim_type: Coded
    ground: Coded
    period: tuple[Name, Name]


class Promise(Strict):
    """What must hold between two columns of a row (業務上の約束): `low` is at most `high`, where both are filled.

    `stop`: the delivery is refused; `hold_sending`: it is loaded, and nobody of the source is contacted on it;
    `warn`: it is told.
    """

    wording: str  # as the section would say it, in Japanese
    low: Name
    high: Name
    severity: Literal["stop", "hold_sending", "warn"]
    reference: str  # article, manual, or that it is configuration


class Brake(Strict):
    """How far a delivery may differ from those accepted before until a person is asked (取込の歯止め).

    Factors against what is known; shares of a code in per mille. Configuration, no law.
    """

    shrink_factor: Annotated[int, Field(ge=2)] = 2  # rows: fewer than 1/2 of those known
    growth_factor: Annotated[int, Field(ge=2)] = 2  # rows: more than twice those known
    mean_factor: Annotated[int, Field(ge=2)] = 2
    quantile_factor: Annotated[int, Field(ge=2)] = 4  # of the 10th, 50th and 90th per cent
    share_permille: Annotated[int, Field(ge=1, le=1000)] = 200
    approvals: Annotated[int, Field(ge=1, le=2)] = 1  # people who must answer for a halted delivery
