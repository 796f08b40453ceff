"""Messages (文面): text with named holes, filled strictly, checked for what it must not disclose.

A message on a telephone may be read or heard by others than the debtor: no name, amount, kind of debt or link
(domain sheet 4.3; 第三者への滞納の開示の防止). A letter is sealed.
"""

import hashlib
from pathlib import Path

from jinja2 import Environment, StrictUndefined, TemplateError, UndefinedError

from receivables.campaigns import scripts
from receivables.campaigns.playbook import FOLDER, Playbook
from receivables.errors import InputRejectedError

_SINGLE, _JOINED = 70, 67  # UTF-16 units in one SMS, and in each part of a long one (UCS-2)
_MOST_PARTS = 5
_BETWEEN = "\n---\n"  # between the texts of two steps


def message_text(playbook: Playbook, folder: Path = FOLDER) -> str:
    """The text that is approved with the list: of an SMS, of every step of a letter, or the script of a call.

    Raises InputRejectedError that names template and cause: a hole without a word, a word
    that discloses the debt, or a text too long for the channel.
    """
    names = [playbook.template, *(step.template for step in playbook.levels)]
    if playbook.channel in ("auto_call", "phone_centre"):
        return scripts.script_text(_filled(playbook.template, playbook, folder), playbook.template, _forbidden(folder))
    texts = [_filled(name, playbook, folder) for name in names]
    for name, text in zip(names, texts, strict=True):
        if _BETWEEN in text:
            raise InputRejectedError(f"templates/{name}: a line of --- alone parts the texts of two steps")
        if playbook.channel == "sms":
            _refuse_disclosure(text, name, folder)
    return _BETWEEN.join(texts)


def text_of_level(text: str, level: int) -> str:
    """The part of an approved text that belongs to one step of the ladder; a message says this and no more."""
    return text.split(_BETWEEN)[level - 1]


def parts_by_level(text: str) -> list[int]:
    """How many SMS parts (通数) a message takes on each step of an approved text, from the first step on."""
    return [parts_count(each) for each in text.split(_BETWEEN)]


def _filled(name: str, playbook: Playbook, folder: Path) -> str:
    file = folder / "templates" / name
    if not file.exists():
        raise InputRejectedError(f"{playbook.name}.yml, key template: there is no templates/{name}")
    environment = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False)
    try:
        return environment.from_string(file.read_text(encoding="utf-8")).render(playbook.words).strip()
    except UndefinedError as error:
        raise InputRejectedError(f"templates/{file.name}: {error.message}; add it to words of the playbook") from None
    except TemplateError as error:
        raise InputRejectedError(f"templates/{file.name}: {error.message}") from None


def parts_count(text: str) -> int:
    """How many SMS parts `text` takes (通数): the carrier charges for and limits parts, not messages."""
    units = len(text.encode("utf-16-be")) // 2
    return 1 if units <= _SINGLE else -(-units // _JOINED)


def billed_count(text: str, channel: str) -> int:
    """What one contact is charged as at most: the parts of an SMS; a letter or a call is one, however long its text."""
    return max(parts_by_level(text)) if channel == "sms" else 1


def text_sha256(text: str) -> str:
    """The hash that stands for the text in list, approval and certificate."""
    return hashlib.sha256(text.encode()).hexdigest()


def disclosures(text: str, folder: Path = FOLDER) -> list[str]:
    """The forbidden words that `text` contains."""
    return [word for word in _forbidden(folder) if word.casefold() in text.casefold()]


def _forbidden(folder: Path) -> list[str]:
    lines = (folder / "forbidden_words.txt").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _refuse_disclosure(text: str, name: str, folder: Path) -> None:
    found = disclosures(text, folder)
    if found:
        raise InputRejectedError(f"templates/{name}: must not say {', '.join(found)}: others may read the message")
    if not text or parts_count(text) > _MOST_PARTS:
        raise InputRejectedError(f"templates/{name}: the text must take 1 to {_MOST_PARTS} SMS parts")
