"""Assignment (割付): a salted hash says who is left alone; the same key and salt give the same arm for ever."""

import hashlib

from receivables.campaigns.playbook import Playbook


def is_held_out(unit: str, playbook: Playbook) -> bool:
    """True for the control group (対照群) by the key of the debtor or household; never of a 督促."""
    return not playbook.aim.is_statutory and bucket(unit, playbook.holdout_salt) < playbook.holdout_permille


def bucket(unit: str, salt: str) -> int:
    """0..999, evenly spread and reproducible from key and salt alone."""
    digest = hashlib.sha256(f"{salt}|{unit}".encode()).digest()
    return int.from_bytes(digest[:8]) % 1000
