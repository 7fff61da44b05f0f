"""Imports that bring their list along: addresses a person gives, or a WordPress export file. Call inside a scope.

The list is stored at once and its run needs no discovery. An export's posts carry their words, so nothing is fetched
for them; it only adds articles that are not there yet, for what was read from a page tells more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO
from urllib.parse import urlsplit
from uuid import UUID

from django.db.models import Count

from petra.articles import importing, listing
from petra.articles.feed_items import FeedItem
from petra.articles.identity import Site, address_key, site_of
from petra.articles.lists.exports import read_export
from petra.articles.models import Article, Blog, ImportRun
from petra.articles.site.candidates import Candidate, Discovered
from petra.articles.site.collecting import askable, full_address
from petra.lib import addresses
from petra.lib.addresses import BadAddress

MAX_ADDRESSES = 5_000
_BAD_LINES_TOLD = 100  # each with its reason; a run keeps 200 problems


def blog_of(address: str) -> Blog:
    """Give the blog whose site holds a page, added where there is none. Raises BadAddress."""
    url = full_address(address)
    host = site_of(str(addresses.parse(url))).host
    blogs: list[Blog] = list(Blog.objects.order_by("created_at"))
    of_host = (blog for blog in blogs if any(site.host == host for site in _sites(blog)))
    return next(of_host, None) or importing.add_blog(_home_of(url))


def _sites(blog: Blog) -> list[Site]:
    """Give where a blog's pages lie: where its last whole import found them, and where its address says."""
    listed = ImportRun.objects.filter(blog=blog, kind="blog").exclude(url="").order_by("-created_at").first()
    known = [listed.url, blog.address] if listed is not None else [blog.address]
    return [Site(site_of(full_address(address)).host) for address in known]


def _site_of_all(blog: Blog, urls: Sequence[str]) -> Site:
    """Give the one of a blog's sites that addresses lie in."""
    sites = _sites(blog)
    return next((site for site in sites if any(map(site.holds, urls))), sites[0])


def import_addresses(text: str, *, blog: Blog | None = None, actor_id: UUID | None = None) -> ImportRun:
    """Import the pages of a list, one address a line; the blog is that of the first where none is given.

    Lines that are no address, or one of another site, are told in the report. Raises BadAddress and ImportBusy.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    urls: list[str] = []
    bad: list[tuple[str, str]] = []
    for line in lines[:MAX_ADDRESSES]:
        try:
            urls.append(askable(line))
        except BadAddress as error:
            bad.append((line[:500], error.for_person))
    if not urls:
        raise BadAddress(bad[0][1] if bad else "Give at least one address, one a line.")
    blog = blog or blog_of(urls[0])
    found = Discovered(_site_of_all(blog, urls), blog.address, sources=["hand"])
    for url in urls:
        candidate = Candidate(url, {"hand"})
        found.candidates.setdefault(candidate.key, candidate)
    for line, why in bad[:_BAD_LINES_TOLD]:
        found.tell(line, "bad-address", why)
    if more := len(bad[_BAD_LINES_TOLD:]):
        found.tell(blog.address, "cut", f"{more} further lines are no addresses that can be read.")
    if len(lines) > MAX_ADDRESSES:
        found.tell(blog.address, "cut", f"Only the first {MAX_ADDRESSES} addresses were taken.")
    return _start(blog, "list", found, actor_id)


def import_export(file: BinaryIO, *, blog: Blog | None = None, actor_id: UUID | None = None) -> ImportRun:
    """Import the posts of a WordPress export file. Raises NotAnExport and ImportBusy."""
    export = read_export(file)
    blog = blog or _blog_with(export.posts) or importing.add_blog(export.home, is_asked=False)
    site = _site_of_all(blog, [item.url for item in export.posts])
    found = Discovered(site, blog.address, sources=["export"])
    for item in export.posts:
        if found.site.holds(item.url):
            candidate = Candidate(item.url, {"hand"}, item=item)
            found.candidates.setdefault(candidate.key, candidate)
        else:
            found.tell(item.url, "other-site", "This post belongs to another site.")
    if export.is_cut:
        found.tell(blog.address, "cut", "The export is longer than Petra reads, or broken; its start was taken.")
    return _start(blog, "export", found, actor_id)


def _blog_with(posts: Sequence[FeedItem]) -> Blog | None:
    """Give the blog that has most of an export's posts: people name a site in other ways than it names itself."""
    keys = {address_key(item.url) for item in posts}
    held = Article.objects.filter(address_key__in=keys).values("blog").annotate(n=Count("pk")).order_by("-n", "blog")
    most = held.first()
    return Blog.objects.get(pk=most["blog"]) if most is not None else None


def _start(blog: Blog, kind: str, found: Discovered, actor_id: UUID | None) -> ImportRun:
    run = importing.start_import(blog, kind=kind, actor_id=actor_id)
    listing.store_given(run, found)
    run.refresh_from_db()
    return run


def _home_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"
