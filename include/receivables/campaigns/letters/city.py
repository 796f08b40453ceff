"""What one city prints on its letters (書面の設定): sender, window, slips; and its texts, the legal ones locked.

All lies in the folder named by the municipality code. Lengths are millimetres.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from receivables.campaigns.letters.letter import Kind, LetterClaim
from receivables.campaigns.yaml_files import mapping
from receivables.errors import InputRejectedError, InvariantBrokenError

FOLDER = Path(__file__).parent / "131121"
OTHER = "other"
_Lines = Annotated[tuple[str, ...], Field(min_length=1, max_length=5)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Square(_Strict):
    """Place and side of a code."""

    left: float
    top: float
    side: float


class Box(_Strict):
    """Place and size of a rectangle."""

    left: float
    top: float
    width: float
    height: float


class Play(_Strict):
    """How far a folded sheet may slide in its envelope, to each side."""

    x: float
    y: float


class AddressBlock(_Strict):
    """Where the address stands (宛名欄), and how many rows it and the name may take."""

    left: float
    top: float
    width: float
    rows: int
    name_rows: int


class Paper(_Strict):
    """The sheet and its envelope."""

    folds: tuple[float, ...]
    window: Box
    play: Play
    address: AddressBlock
    seal: Square
    most_sheets: int = Field(ge=1, le=99)


class SlipTerms(_Strict):
    """What the shops' agent agreed to (収納代行の契約), and where its codes stand on a slip."""

    company_code: str = Field(pattern=r"^[0-9]{6}$")
    most_shop_yen: int = Field(ge=1, le=999_999)
    bars: Box
    pay_code: Square


class City(_Strict):
    """Everything of one city that is not text."""

    municipality: str = Field(pattern=r"^[0-9]{6}$")
    name: str
    head: str
    seal_note: str
    offices: dict[str, _Lines]
    paper: Paper
    slip: SlipTerms


class Legal(_Strict):
    """Legal text (法定の文言) by letter and family of claims, and the articles of each claim type."""

    local_tax: tuple[str, ...]
    dunning: dict[str, str]
    reminder: dict[str, str]
    demand: dict[str, str]
    seizure: dict[str, str]
    appeal: dict[str, str]
    bodies: dict[str, str]

    def family(self, claim: LetterClaim) -> str:
        """Which text a claim takes: local tax, or its legal class."""
        return "local_tax" if claim.claim_type in self.local_tax else str(claim.legal_class.value)


class Tone(_Strict):
    """Titles and the paragraphs that are no law (文面)."""

    titles: dict[Kind, str]
    deadlines: dict[Kind, str]
    paragraphs: dict[Kind, tuple[str, ...]]


class Setting(_Strict):
    """One city's letters: terms, texts, and the hash that stands for all of them."""

    city: City
    legal: Legal
    tone: Tone
    sha256: str


@cache
def setting(folder: Path = FOLDER) -> Setting:
    """The letters of the city in `folder`.

    Raises InputRejectedError that names file and key, InvariantBrokenError when the legal text is not the locked one.
    """
    _hold_lock(folder)
    parts = {name: mapping(folder / f"{name}.yml") for name in ("city", "legal", "tone")}
    digest = hashlib.sha256(b"".join((folder / f"{name}.yml").read_bytes() for name in parts)).hexdigest()
    try:
        return Setting.model_validate({**parts, "sha256": digest})
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise InputRejectedError(f"letters/{folder.name}: {wrong}; correct the file that the key begins with") from None


def legal_lock(folder: Path = FOLDER) -> str:
    """The hash of the legal text as it stands: what legal.lock must hold."""
    return hashlib.sha256((folder / "legal.yml").read_bytes()).hexdigest()


def _hold_lock(folder: Path) -> None:
    if legal_lock(folder) != (folder / "legal.lock").read_text(encoding="ascii").strip():
        raise InvariantBrokenError(
            f"letters/{folder.name}/legal.yml is not the text that was locked: nothing is printed; "
            "restore it, or have the legal section agree and write a new legal.lock (docs/letters.md)"
        )
