"""The specification a run obeys (移行仕様): a group of an edition and what its receiver wants of the files.

This is the only module that staging, writer and independent reader share.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from receivables import standard
from receivables.errors import InputRejectedError
from receivables.migration.files.profile import NUMERIC, GroupSpec, Profile, group_spec, read_profile
from receivables.migration.files.yaml_files import explanation, read_mapping
from receivables.standard import Group

__all__ = ["NUMERIC", "PROFILES", "Spec", "explanation", "read_mapping", "sha256_of", "spec_of"]

PROFILES = Path(__file__).with_name("profiles")


@dataclass(frozen=True, slots=True)
class Spec:
    """One group of one edition, with the files that its receiver wants."""

    edition: str
    group: Group
    profile_name: str
    files: GroupSpec
    spec_sha256: str
    profile_sha256: str
    is_draft: bool

    @property
    def profile(self) -> Profile:
        """The receiver's profile as it is for this group."""
        return self.files.profile

    @property
    def yen_columns(self) -> tuple[str, ...]:
        """The amount items (金額項目): the components of every reconciliation."""
        return tuple(item.column for item in self.group.items if item.type == "yen")

    def label(self, column: str) -> str:
        """The standard's own name of an item, for people (項目名)."""
        return self.group.item(column).name


def spec_of(edition: str, group_id: str, profile: str, snapshot: date) -> Spec:
    """The specification of a group on the snapshot's day; InputRejectedError names what is unknown."""
    found = standard.edition(edition)
    file = PROFILES / f"{profile}.yaml"
    known = sorted(each.stem for each in PROFILES.glob("*.yaml"))
    if profile not in known:
        raise InputRejectedError(f"no receiver profile {profile!r}; there are: {', '.join(known)}")
    group = found.group(group_id)
    return Spec(
        edition=edition,
        group=group,
        profile_name=profile,
        files=group_spec(group, read_profile(file), snapshot),
        spec_sha256=found.sha256,
        profile_sha256=sha256_of(file.read_bytes()),
        is_draft=found.meta.status == "draft",
    )


def sha256_of(content: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
