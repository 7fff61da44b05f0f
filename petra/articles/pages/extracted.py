"""What reading one page gave, as plain data: `extract` fills it, everything else writes it down without any reader."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any

from petra.articles.pages.pictures import Picture
from petra.articles.pages.srcset import picture_key


@dataclass
class Extracted:
    """What one page gave. Moments as in `moments`; `sources` says where each field came from."""

    url: str
    canonical: str
    title: str = ""
    authors: list[str] = field(default_factory=list)
    published: str = ""
    modified: str = ""
    language: str = ""
    excerpt: str = ""
    text: str = ""
    html: str = ""
    tags: list[str] = field(default_factory=list)  # keywords, then categories
    keywords: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    lead: Picture | None = None
    pictures: list[Picture] = field(default_factory=list)
    is_do_not_pin: bool = False
    is_walled: bool = False
    wall: str = ""  # what stands here in place of an article, see `walls`
    translations: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    signs: dict[str, bool] = field(default_factory=dict)  # what `scoring` weighs
    links: list[str] = field(default_factory=list)
    nearness: int | None = None  # SimHash of the text, see `doubles`
    told_digest: str = ""  # `digest`, where it was reckoned before

    @property
    def digest(self) -> str:
        """Tell whether the article changed: over title, text and pictures, not over markup that changes by itself."""
        if self.told_digest:
            return self.told_digest
        keys = sorted({picture_key(picture.url) for picture in self.pictures})
        return hashlib.sha256("\x1f".join([self.title, self.text, *keys]).encode()).hexdigest()

    def as_data(self) -> dict[str, Any]:
        """Give plain data that `from_data` reads back."""
        return asdict(self)


def from_data(data: dict[str, Any]) -> Extracted:
    """Read what `as_data` gave."""
    lead = Picture(**data["lead"]) if data.get("lead") else None
    shown = [Picture(**picture) for picture in data["pictures"]]
    return Extracted(**{**data, "lead": lead, "pictures": shown})
