"""Messages (文面): text with named holes, filled strictly, checked for what it must not disclose.

A message may be read by others than the debtor: no name, amount, kind of debt or link
(domain sheet 4.3; 第三者への滞納の開示の防止).
"""

import hashlib
from pathlib import Path

from jinja2 import Environment, StrictUndefined, TemplateError, UndefinedError

from receivables.campaigns.playbook import FOLDER, Playbook
from receivables.errors import InputRejectedError

_SINGLE, _JOINED = 70, 67  # UTF-16 units in one SMS, and in each part of a long one (UCS-2)
_MOST_PARTS = 5


def message_text(playbook: Playbook, folder: Path = FOLDER) -> str:
    """The text that every contact of `playbook` gets.

    Raises InputRejectedError that names template and cause: a hole without a word, a word
    that discloses the debt, or a text too long for the channel.
    """
    file = folder / "templates" / playbook.template
    if not file.exists():
        raise InputRejectedError(f"{playbook.name}.yml, key template: there is no templates/{playbook.template}")
    environment = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False)
    try:
        text = environment.from_string(file.read_text(encoding="utf-8")).render(playbook.words).strip()
    except UndefinedError as error:
        raise InputRejectedError(f"templates/{file.name}: {error.message}; add it to words of the playbook") from None
    except TemplateError as error:
        raise InputRejectedError(f"templates/{file.name}: {error.message}") from None
    _refuse_disclosure(text, file.name, folder)
    return text


def parts_count(text: str) -> int:
    """How many SMS parts `text` takes (通数): the carrier charges for and limits parts, not messages."""
    units = len(text.encode("utf-16-be")) // 2
    return 1 if units <= _SINGLE else -(-units // _JOINED)


def text_sha256(text: str) -> str:
    """The hash that stands for the text in list, approval and certificate."""
    return hashlib.sha256(text.encode()).hexdigest()


def disclosures(text: str, folder: Path = FOLDER) -> list[str]:
    """The forbidden words that `text` contains."""
    lines = (folder / "forbidden_words.txt").read_text(encoding="utf-8").splitlines()
    words = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return [word for word in words if word.casefold() in text.casefold()]


def _refuse_disclosure(text: str, name: str, folder: Path) -> None:
    found = disclosures(text, folder)
    if found:
        raise InputRejectedError(f"templates/{name}: must not say {', '.join(found)}: others may read the message")
    if not text or parts_count(text) > _MOST_PARTS:
        raise InputRejectedError(f"templates/{name}: the text must take 1 to {_MOST_PARTS} SMS parts")
