"""What the person who drafts a department knows beforehand."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """The source's short name, the claim's Japanese name, whose it is, and which kind of claim (債権の種類)."""

    source: str
    title: str
    department: str
    owner_dept: str
    claim_type: str

    @property
    def values(self) -> dict[str, str]:
        """The same for the templates."""
        return {"source": self.source, "title": self.title, "claim_type": self.claim_type}
