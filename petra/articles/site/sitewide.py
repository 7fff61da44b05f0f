"""What one page can't tell: a picture that leads half the blog is its logo, a text that every page has is no article's.

Pure; for who knows the other pages of a blog, when they are all read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from petra.articles.pages.extracted import Extracted
from petra.articles.pages.leads import first_large
from petra.articles.pages.pictures import Picture

MOST_SHARE = 0.2  # the picture that leads more of a site's articles is the site's, not theirs
LEAST_PAGES = 5  # of fewer articles nothing can be said
ONE_TEXT_SHARE = 0.8
ONE_TEXT = (
    "More than four fifths of the pages hold the same text. The site may show one page, such as a sign-in or a notice,"
    " in place of its articles. Look at a few of them before you make pins."
)


def pictures_of_the_site(leads: Iterable[str]) -> set[str]:
    """Give the addresses of the pictures that lead too many of a site's articles: its logo or default picture.

    `leads` holds the address of each article's lead picture, "" for an article without one. Addresses count as they
    are: covers of different articles may well have the same file name.
    """
    addresses = list(leads)
    if len(addresses) < LEAST_PAGES:
        return set()
    most = max(MOST_SHARE * len(addresses), 2)
    return {url for url, count in Counter(addresses).items() if url and count > most}


def lead_besides(lead: Picture | None, pictures: Sequence[Picture], of_the_site: set[str]) -> Picture | None:
    """Give an article's lead picture, or the next best where that is one of the whole site's."""
    if lead is None or lead.url not in of_the_site:
        return lead
    return first_large([picture for picture in pictures if picture.url not in of_the_site])


def settle(articles: Sequence[Extracted]) -> None:
    """Let no article be led by its site's logo or default picture. `articles` are all of one site."""
    of_the_site = pictures_of_the_site([one.lead.url if one.lead else "" for one in articles])
    for one in articles:
        lead = lead_besides(one.lead, one.pictures, of_the_site)
        if lead != one.lead:
            one.lead, one.sources["lead"] = lead, "content" if lead else ""


def has_one_text(digests: Iterable[str]) -> bool:
    """Say whether most pages hold the same words, whatever was asked for: a site that shows one page everywhere.

    `digests` holds something equal for equal texts, "" for a page without text.
    """
    counted = Counter(digest for digest in digests if digest)
    total = sum(counted.values())
    return total >= LEAST_PAGES and counted.most_common(1)[0][1] > ONE_TEXT_SHARE * total
