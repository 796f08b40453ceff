"""A batch of letters (印刷バッチ): checked whole, set file by file on several processes, then signed for.

Nothing of a batch stands in the folder when any letter of it failed; the manifest is written last.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from receivables.campaigns.letters import city, fonts
from receivables.campaigns.letters.checking import Refusal, refusals
from receivables.campaigns.letters.layout import sheet_plan
from receivables.campaigns.letters.letter import Letter
from receivables.campaigns.letters.manifest import (
    JOB,
    NAME,
    Envelope,
    Manifest,
    PrintFile,
    read_manifest,
    write_manifest,
    written,
)
from receivables.campaigns.letters.typesetting import TEMPLATE_SHA256, pdf
from receivables.errors import InputRejectedError, InvariantBrokenError
from receivables.processes import side_by_side

_BATCH = re.compile(r"[a-z0-9][a-z0-9_-]{2,79}")
_SHOWN = 5  # refused envelopes named in an error


@dataclass(frozen=True, slots=True)
class Place:
    """Where the city's texts and the font lie; what every process needs beside the letters."""

    city: Path = city.FOLDER
    fonts: Path = fonts.FOLDER
    words: tuple[str, ...] | None = None  # paragraphs approved with the campaign, instead of those of tone.yml

    def words_for(self, letter: Letter) -> tuple[str, ...]:
        """The paragraphs that are no law."""
        return city.setting(self.city).tone.paragraphs[letter.kind] if self.words is None else self.words


@dataclass(frozen=True, slots=True)
class Order:
    """What is ordered from the printer (印刷依頼): last day of posting, and the day after which the data is deleted."""

    batch: str
    post_by_date: date
    expires_on: date


def render(
    letters: Sequence[Letter],
    folder: Path,
    order: Order,
    *,
    key: str,
    place: Place = Place(),
    letters_per_file: int = 250,
    processes: int = 2,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> Manifest:
    """Set `letters` into PDF files in `folder` and sign for them; `told` hears of every file.

    The same letters give the same bytes, however many processes. Raises InputRejectedError when a letter cannot be
    printed (ask `unprintable` before) or the batch is not one batch; InvariantBrokenError when a page came out wrong.
    """
    _require_one_batch(letters, order)
    refused = unprintable(letters, place)
    if refused:
        named = "; ".join(f"{each.token} {','.join(each.codes)}" for each in refused[:_SHOWN])
        raise InputRejectedError(
            f"{order.batch}: {len(refused)} letters cannot be printed ({named} …): set them aside, see letters.REASONS"
        )
    _require_own_folder(folder, order, key)
    _take_away(folder, order)
    try:
        files = _set(letters, folder, order, place, letters_per_file=letters_per_file, processes=processes, told=told)
        manifest = Manifest(
            batch=order.batch, kind=letters[0].kind, issued_on=letters[0].issued_on, post_by_date=order.post_by_date,
            expires_on=order.expires_on, made_with=_made_with(letters[0], place), files=files,
        )  # fmt: skip
        write_manifest(manifest, folder, key)
    except BaseException:
        _take_away(folder, order)
        raise
    return manifest


def unprintable(letters: Sequence[Letter], place: Place = Place()) -> list[Refusal]:
    """The letters that must be set aside before `render`, with every reason."""
    if not letters:
        return []
    return refusals(letters, city.setting(place.city), fonts.font(place.fonts), place.words_for(letters[0]))


def _set(
    letters: Sequence[Letter], folder: Path, order: Order, place: Place, *,
    letters_per_file: int, processes: int, told: Callable[[int, int], None],
) -> tuple[PrintFile, ...]:  # fmt: skip
    starts = range(0, len(letters), letters_per_file)
    calls = [
        (tuple(letters[at : at + letters_per_file]), folder / f"{order.batch}-{number:04d}.pdf", place)
        for number, at in enumerate(starts, start=1)
    ]
    found: dict[int, PrintFile] = {}
    done = 0
    for number, file in side_by_side(_set_file, calls, processes=processes):
        found[number] = file
        done += len(file.envelopes)
        told(done, len(letters))
    return tuple(found[number] for number in sorted(found))


def _set_file(letters: tuple[Letter, ...], path: Path, place: Place) -> PrintFile:
    """One file, in a process of its own."""
    setting, font, words = city.setting(place.city), fonts.font(place.fonts), place.words_for(letters[0])
    content = pdf(letters, setting, font, words)
    envelopes, page = [], 1
    for letter in letters:
        sheets = len(sheet_plan(letter, setting, font, words))
        envelopes.append(Envelope(token=letter.token, first_page=page, sheets=sheets))
        page += sheets
    written(path, content)
    return PrintFile(
        name=path.name, sha256=hashlib.sha256(content).hexdigest(), size=len(content), pages=page - 1,
        envelopes=tuple(envelopes),
    )  # fmt: skip


def _require_one_batch(letters: Sequence[Letter], order: Order) -> None:
    if not _BATCH.fullmatch(order.batch):
        raise InputRejectedError("a batch is named in 3 to 80 small letters, digits, - and _: it names the files")
    if not letters or len({(letter.kind, letter.issued_on) for letter in letters}) != 1:
        raise InputRejectedError(f"{order.batch}: a batch has letters of one kind and one day of issue, at least one")
    if not letters[0].issued_on <= order.post_by_date <= order.expires_on:
        raise InputRejectedError(f"{order.batch}: issue, last day of posting and expiry must follow each other")
    slips = [claim.slip.number for letter in letters for claim in letter.claims if claim.slip]
    if len({letter.token for letter in letters}) < len(letters) or len(set(slips)) < len(slips):
        raise InvariantBrokenError(f"{order.batch}: one seal, or one slip, twice: somebody would be asked twice")


def _require_own_folder(folder: Path, order: Order, key: str) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (folder / NAME).exists() and read_manifest(folder, key).batch != order.batch:
        raise InputRejectedError(f"{folder}: holds another batch; give every batch a folder of its own")


def _take_away(folder: Path, order: Order) -> None:
    """What a run of this batch, finished, failed or killed, left in its folder."""
    drafts = (*folder.glob(f".{order.batch}-*.pdf.*"), *folder.glob(f".{NAME}.*"), *folder.glob(f".{JOB}.*"))
    for stale in (folder / NAME, folder / JOB, *folder.glob(f"{order.batch}-*.pdf"), *drafts):
        stale.unlink(missing_ok=True)


def _made_with(letter: Letter, place: Place) -> dict[str, str]:
    words = "\n".join(place.words_for(letter)).encode()
    return {
        "font": fonts.font(place.fonts).sha256,
        "texts": city.setting(place.city).sha256,
        "words": hashlib.sha256(words).hexdigest(),
        "template": TEMPLATE_SHA256,
    }
