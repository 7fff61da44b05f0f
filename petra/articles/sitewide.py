"""What one page can't tell: a picture that leads half the blog is its logo, a text that every page has is no article's.

Pure; for who knows the other pages of a blog, when they are all read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from petra.articles.leads import first_large
from petra.articles.pictures import Picture
from petra.articles.srcset import picture_key

MOST_SHARE = 0.2  # the picture that leads more of a site's articles is the site's, not theirs
LEAST_PAGES = 5  # of fewer articles nothing can be said
ONE_TEXT_SHARE = 0.8


def pictures_of_the_site(leads: Iterable[str]) -> set[str]:
    """Give the keys of the pictures that lead too many of a site's articles: its logo or default picture.

    `leads` holds the address of each article's lead picture, "" for an article without one.
    """
    keys = [picture_key(url) if url else "" for url in leads]
    if len(keys) < LEAST_PAGES:
        return set()
    most = max(MOST_SHARE * len(keys), 2)
    return {key for key, count in Counter(keys).items() if key and count > most}


def lead_besides(lead: Picture | None, pictures: Sequence[Picture], of_the_site: set[str]) -> Picture | None:
    """Give an article's lead picture, or the next best where that is one of the whole site's."""
    if lead is None or picture_key(lead.url) not in of_the_site:
        return lead
    return first_large([picture for picture in pictures if picture_key(picture.url) not in of_the_site])


def has_one_text(digests: Iterable[str]) -> bool:
    """Say whether most pages hold the same words, whatever was asked for: a site that shows one page everywhere.

    `digests` holds something equal for equal texts, "" for a page without text.
    """
    counted = Counter(digest for digest in digests if digest)
    total = sum(counted.values())
    return total >= LEAST_PAGES and counted.most_common(1)[0][1] > ONE_TEXT_SHARE * total
