"""Takes the pictures of a whole blog off its articles, once they are all read. Called by `turn` at an import's end."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from uuid import UUID

from petra.articles.models import Article, ArticleImage, Blog
from petra.articles.pages.leads import LEAST_COVER_PX
from petra.articles.site.sitewide import pictures_of_the_site

_AT_ONCE = 500
_KEPT = 100  # pictures of a site; one gets another now and then


def settle_leads(blog: Blog) -> int:
    """Let no article be led by the blog's logo or default picture: it goes, and the next best picture leads.

    What was told once is kept with the blog, or the next import's few articles would bring it back. Gives the number of
    articles that were led by one. Call inside the blog's scope, with no HTTP in the transaction; may be repeated.
    """
    led = ArticleImage.objects.filter(article__blog=blog, is_lead=True).values_list("pk", "article_id", "url")
    leads = list(led)
    without = Article.objects.filter(blog=blog).count() - len(leads)
    known = list(blog.site_pictures)
    found = pictures_of_the_site([*(url for _, _, url in leads), *[""] * max(without, 0)]).difference(known)
    if found:
        blog.site_pictures = [*sorted(found), *known][:_KEPT]
        blog.save(update_fields=["site_pictures"])
    of_the_site = found.union(known)
    refused = {pk: article for pk, article, url in leads if url in of_the_site}
    rest = iter(refused.items())
    while part := dict(islice(rest, _AT_ONCE)):
        ArticleImage.objects.filter(pk__in=part).delete()
        _choose(list(part.values()), of_the_site)
    return len(refused)


def _choose(articles: list[UUID], of_the_site: set[str]) -> None:
    images: dict[UUID, list[ArticleImage]] = defaultdict(list)
    for image in ArticleImage.objects.filter(article_id__in=articles, is_nopin=False).order_by("position"):
        if image.url not in of_the_site:
            images[image.article_id].append(image)
    leads = [next((one for one in some if _is_large(one)), some[0]).pk for some in images.values()]
    ArticleImage.objects.filter(pk__in=leads).update(is_lead=True)


def _is_large(image: ArticleImage) -> bool:
    return image.width_px is None or image.width_px >= LEAST_COVER_PX
