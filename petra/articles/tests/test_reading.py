"""What is read of pictures, keywords and the site as a whole, rule by rule, and where each value came from."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from conftest import People
from petra.articles import importing
from petra.articles.lists.feeds import FeedItem
from petra.articles.models import Article, RunState
from petra.articles.pages import scoring
from petra.articles.pages.extract import Extracted, extract
from petra.articles.pages.pictures import Picture
from petra.articles.site import sitewide
from petra.articles.tests.blog_server import serving
from petra.articles.tests.test_extract import NOW, TEXT, URL, article, read
from petra.tenancy import scope

LD = '<script type="application/ld+json">{"@type":"BlogPosting","url":"%s",%s}</script>'


def files(found: Extracted) -> list[str]:
    return [picture.url.rpartition("/")[2] for picture in found.pictures]


# ---- where each value came from ----


def test_each_field_says_where_it_came_from() -> None:
    found = article(
        '<img src="/loaf-on-table.jpg" width="900" height="600"><a rel="tag" href="/tag/rye">rye</a>'
        '<a rel="author" href="/m">Maren Oak</a>',
        head='<meta property="og:title" content="Rye bread">'
        '<meta property="og:description" content="How rye bread rises, and why.">'
        '<meta property="article:published_time" content="2025-03-01T08:00:00Z">'
        '<meta property="article:modified_time" content="2025-04-01T08:00:00Z">',
    )
    assert found.sources == {
        "title": "heading", "author": "byline", "published": "opengraph", "modified": "opengraph", "tags": "page",
        "text": "page", "language": "declared", "excerpt": "opengraph", "lead": "content", "pictures": "page",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("head", "field", "source"),
    [
        (LD % (URL, '"headline":"Rye bread"'), "title", "json-ld"),
        (LD % (URL, '"author":{"@type":"Person","name":"Maren Oak"}'), "author", "json-ld"),
        (LD % (URL, '"datePublished":"2025-03-01"'), "published", "json-ld"),
        (LD % (URL, '"keywords":"rye, bread"'), "tags", "json-ld"),
        (LD % (URL, '"description":"What somebody who bakes should know."'), "excerpt", "json-ld"),
        (LD % (URL, '"image":"/cover-of-rye.jpg"'), "lead", "json-ld"),
        ('<meta property="og:image" content="/cover-of-rye.jpg">', "lead", "opengraph"),
        ('<meta name="twitter:image" content="/cover-of-rye.jpg">', "lead", "twitter"),
        ('<link rel="image_src" href="/cover-of-rye.jpg">', "lead", "link"),
        ('<meta name="keywords" content="rye, bread">', "tags", "meta"),
        ('<meta property="article:tag" content="rye">', "tags", "opengraph"),
        ('<meta name="description" content="What somebody who bakes should know.">', "excerpt", "meta"),
        ("", "excerpt", "text"),
    ],
)
def test_the_source_is_that_of_the_value(head: str, field: str, source: str) -> None:
    assert article("", head=head).sources[field] == source


def test_the_feed_is_named_where_it_helped() -> None:
    item = FeedItem(URL, "Rye bread", published="2025-03-01", tags=["rye"], summary="How rye bread is baked at home.")
    found = article("", item=item)
    assert {name: found.sources[name] for name in ("title", "published", "tags", "excerpt")} == dict.fromkeys(
        ("title", "published", "tags", "excerpt"), "feed"
    )


# ---- what strangers write ----

ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40)
    | st.sampled_from(["http://[", "\ud800", "#me", URL, "2020-13-45", "Article", "Person", "javascript:x"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["@type", "@id", "@graph", "name", "url", "logo"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
FIELDS = (
    "headline", "name", "author", "publisher", "image", "keywords", "articleSection", "datePublished", "description",
    "inLanguage", "mainEntityOfPage", "isAccessibleForFree", "@id", "url",
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(FIELDS), ODD))
@tries(max_examples=150, deadline=None)
def test_no_structured_data_makes_the_reader_fall_over(told: dict[str, Any]) -> None:
    data = json.dumps({"@type": "Article", **told}).replace("</", "<\\/")
    found = article("", head=f'<script type="application/ld+json">{data}</script>')
    json.dumps(found.as_data()).encode()
    assert (found.text or found.is_walled) and len(found.digest) == 64


def test_addresses_that_are_none_are_passed_over() -> None:
    bad = "http://["
    found = read(
        f'<base href="{bad}"><article><h1><a href="{bad}">Rye</a></h1><h1>Bread</h1><a href="{bad}">'
        f'<img src="{bad}"></a><img srcset="{bad} 900w" data-pin-media="{bad}"><a rel="tag author" href="{bad}">x</a>'
        f"{TEXT}</article>",
        head=f'<link rel="canonical" href="{bad}"><meta property="og:image" content="{bad}">',
    )
    assert (found.canonical, found.pictures, found.lead) == ("", [], None)


# ---- language, excerpt, keywords ----


def test_the_language_says_whether_it_was_declared_or_recognised() -> None:
    german = "<p>" + "Das Brot braucht Mehl, Wasser, Salz und vor allem viel Zeit, damit es aufgeht. " * 6 + "</p>"
    wrong = read(f"<article>{german}</article>", lang="en")
    assert (wrong.language, wrong.sources["language"]) == ("de", "text")
    assert read("", lang="").sources["language"] == ""


def test_an_excerpt_from_the_text_ends_at_a_word() -> None:
    found = article("")
    assert found.excerpt.startswith("Bread needs") and found.excerpt.endswith("…") and len(found.excerpt) <= 161


def test_keywords_are_told_from_categories_and_come_first() -> None:
    found = article(
        '<a rel="category tag" href="/category/bread/">Bread</a><a rel="tag" href="/tag/rye/">#rye</a>'
        '<a rel="category tag" href="/category/none/">Uncategorized</a>'
    )
    assert (found.tags, found.categories) == (["rye", "Bread"], ["Bread"])
    filed = article("", head=LD % (URL, '"keywords":["rye"],"articleSection":["Rye","Baking"]'))
    assert (filed.tags, filed.categories) == (["rye", "Baking"], ["Rye", "Baking"])


def test_a_category_does_not_hide_the_keywords_of_the_head() -> None:
    found = article(
        "", head='<meta property="article:section" content="Food"><meta name="keywords" content="rye,oven">'
    )
    assert found.tags == ["rye", "oven", "Food"]


@pytest.mark.parametrize(
    ("written", "tags"),
    [
        ("rye, 98be933f-38cf-4fba-b6c6-ad438e82010a, source:tagname:Wire, bread.com, NLP Category: Food", ["rye"]),
        ("topic/rye, place/bremen", ["rye", "bremen"]),
        ("Category: Rye, Oven", ["Rye", "Oven"]),
        ("and/or, rye", ["and/or", "rye"]),
        ("x, rye", ["rye"]),
        (", ".join(f"word{n}" for n in range(40)), []),
    ],
)
def test_keywords_written_for_machines_are_left_out(written: str, tags: list[str]) -> None:
    assert article("", head=f'<meta name="keywords" content="{written}">').tags == tags


def test_links_in_a_sentence_are_no_tags() -> None:
    found = article(
        '<p>We told you long ago about <a href="/tag/sourdough/">sourdough</a> and how it is kept alive.</p>'
    )
    assert found.tags == []


# ---- titles, authors, dates ----


def test_a_headline_is_not_cut_at_its_own_dash() -> None:
    title = "The new oven in its first test – slow but even"
    found = read(f"<article><h1>{title}</h1>{TEXT}</article>", head=LD % (URL, f'"headline":"{title}"'))
    assert found.title == title


def test_a_headline_cut_for_machines_is_taken_whole_from_its_heading() -> None:
    title = "A very long headline about bread, water, salt and all the time in the world that somebody needs for it"
    found = read(f"<article><h1>{title}</h1>{TEXT}</article>", head=LD % (URL, f'"headline":"{title[:80]}"'))
    assert found.title == title


def test_a_heading_with_more_than_the_title_in_it_gives_way() -> None:
    found = read(
        f"<article><h1>How rye bread rises <span>01.03.2025, Baking</span></h1>{TEXT}</article>",
        head='<meta property="og:title" content="How rye bread rises">',
    )
    assert found.title == "How rye bread rises"


@pytest.mark.parametrize(
    ("byline", "authors"),
    [
        ("von Maren Oak", ["Maren Oak"]),
        ("Maren Oak, OAK MEDIA", ["Maren Oak"]),
        ("MAREN OAK, TIM ASH", ["MAREN OAK", "TIM ASH"]),
        ("By Maren Oak and Tim Ash | 1 March 2025", ["Maren Oak", "Tim Ash"]),
        ("dpa", []),
        ("bread.example, Bremen, Germany", []),
        ("Posted on", []),
    ],
)
def test_a_byline_gives_names_only(byline: str, authors: list[str]) -> None:
    assert article(f'<p class="byline">{byline}</p>').authors == authors


def test_the_house_is_the_author_only_where_nobody_else_is() -> None:
    house = (
        '"author":{"@type":"Organization","name":"Oak Media"},"publisher":{"@type":"Organization","name":"Oak Media"}'
    )
    assert article("", head=LD % (URL, house)).authors == ["Oak Media"]
    assert article('<p class="byline">By Maren Oak</p>', head=LD % (URL, house)).authors == ["Maren Oak"]
    both = '"author":[{"@type":"Person","name":"Maren Oak"},{"@type":"Organization","name":"Newswire"}]'
    assert article("", head=LD % (URL, both)).authors == ["Maren Oak", "Newswire"]


def test_a_date_that_is_marked_up_counts_more_than_a_guessed_one() -> None:
    found = article(
        '<p>Since 12 February 2019 we bake.</p><time itemprop="datePublished" datetime="2023-08-30T16:45+0100">x</time>'
    )
    assert (found.published, found.sources["published"]) == ("2023-08-30T16:45:00+01:00", "microdata")


def test_structured_data_names_a_page_on_whatever_host_and_with_whatever_query() -> None:
    head = LD % ("https://www.twin.example/2025/03/01/rye-bread/", '"headline":"Rye, told well"')
    assert article("", head=head, url=f"{URL}?from=start").title == "Rye, told well"


# ---- pictures ----


def test_the_largest_form_of_a_picture_is_taken_with_its_real_size() -> None:
    found = article(
        '<img src="/one-of-them-300x200.jpg" data-orig-file="/one-of-them.jpg" data-orig-size="3000,2000" width="300"'
        ' height="200">'
        '<img src="/two-of-them.jpg" srcset="/two-of-them.jpg?w=400 400w, /two-of-them.jpg?w=1200 1200w" width="400"'
        ' height="600">'
        '<picture><source srcset="/three-of-them.webp 1600w" type="image/webp">'
        '<img src="/three-of-them.jpg" width="800" height="400"></picture>'
        '<img class="lazy" src="/blank.gif" data-lazy-src="/four-of-them-1000x500.jpg">'
        '<amp-img src="/five-of-them.jpg" width="640" height="480"></amp-img>'
    )
    assert [(one.url.rpartition("/")[2], one.width_px, one.height_px) for one in found.pictures] == [
        ("one-of-them.jpg", 3000, 2000), ("two-of-them.jpg?w=1200", 1200, 1800), ("three-of-them.webp", 1600, 800),
        ("four-of-them-1000x500.jpg", 1000, 500), ("five-of-them.jpg", 640, 480),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["data-src", "data-lazy-src", "data-original", "data-lazy", "data-hi-res-src"])
def test_every_lazy_attribute_is_known(name: str) -> None:
    assert files(article(f'<img src="data:image/gif;base64,xx" {name}="/loaf-on-table.jpg">')) == ["loaf-on-table.jpg"]


@pytest.mark.parametrize("name", ["srcset", "data-srcset", "data-lazy-srcset"])
def test_every_set_of_sources_is_known(name: str) -> None:
    found = article(f'<img src="/small-loaf-200x200.jpg" {name}="/large-loaf.jpg 1200w, /mid-loaf.jpg 600w">')
    assert files(found) == ["large-loaf.jpg"] and found.pictures[0].width_px == 1200


def test_avif_is_taken_only_where_there_is_nothing_else() -> None:
    found = article(
        '<picture><source srcset="/loaf-of-rye.avif 3000w" type="image/avif"><source srcset="/loaf-of-rye.webp 900w">'
        '<img src="/loaf-of-rye.jpg"></picture>'
    )
    assert files(found) == ["loaf-of-rye.webp"]


def test_alt_title_and_caption_are_kept_apart() -> None:
    found = article(
        '<figure><img src="/loaf-on-table.jpg" alt="A loaf" title="IMG 1" width="900">'
        "<figcaption>The crust</figcaption></figure>"
        '<div class="wp-caption"><img src="/flour-in-bowl.jpg" width="900"><p class="wp-caption-text">Flour</p></div>'
    )
    assert [(one.alt, one.title, one.caption) for one in found.pictures] == [
        ("A loaf", "IMG 1", "The crust"), ("Flour", "", "Flour"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "mark", ["data-pin-nopin", 'data-pin-nopin="true"', 'class="nopin"', 'nopin="nopin"', 'class="a nopin b"']
)
def test_nopin_is_respected_in_every_form(mark: str) -> None:
    (one,) = article(f'<img src="/loaf-on-table.jpg" {mark} width="900" height="900">').pictures
    assert one.is_nopin


def test_a_nopin_picture_is_no_cover() -> None:
    found = read(
        f'<article><h1>Rye</h1><img src="/not-for-pins.jpg" width="900" data-pin-nopin="true">{TEXT}'
        '<img src="/loaf-on-table.jpg" width="900"></article>'
    )
    assert found.lead is not None and found.lead.url.endswith("/loaf-on-table.jpg")


def test_pin_marks_bring_the_tall_picture_and_its_words() -> None:
    (one,) = article(
        '<img src="/wide-loaf.jpg" data-pin-media="/tall-loaf.jpg" data-pin-description="Rye for all" alt="">'
    ).pictures
    assert (one.url.rpartition("/")[2], one.pin_description, one.alt) == ("tall-loaf.jpg", "Rye for all", "Rye for all")


def test_pictures_of_videos_are_different_ones_though_their_files_are_called_the_same() -> None:
    found = article(
        "".join(f'<img src="https://i.ytimg.com/vi/{name}/maxresdefault.jpg" width="900">' for name in ("ab", "cd"))
    )
    assert len(found.pictures) == 2


def test_the_clean_html_shows_lazy_pictures_once() -> None:
    found = article(
        '<img src="data:image/gif;base64,xx" data-src="/loaf-on-table.jpg" onerror="x()" alt="A loaf">'
        '<noscript><img src="/loaf-on-table.jpg"></noscript><noscript><img src="/only-without-scripts.jpg"></noscript>'
    )
    assert found.html.count("<img") == 2 and "data:" not in found.html and "onerror" not in found.html
    assert 'src="https://bread.example/loaf-on-table.jpg"' in found.html and 'alt="A loaf"' in found.html
    assert "https://bread.example/only-without-scripts.jpg" in found.html


# ---- the lead picture ----


def lead_of(found: Extracted) -> tuple[str, str]:
    assert found.lead is not None
    return found.lead.url.rpartition("/")[2], found.sources["lead"]


def test_a_cover_above_the_text_counts_more_than_a_name_the_page_does_not_show() -> None:
    og = '<meta property="og:image" content="/something-else-once.jpg">'
    cover = '<figure><img src="/loaf-on-table.jpg" width="1200" height="800"></figure>'
    shown = read(f"<article><h1>Rye</h1>{cover}{TEXT}</article>", head=og)
    assert lead_of(shown) == ("loaf-on-table.jpg", "cover")
    below = read(f"<article><h1>Rye</h1>{TEXT}{cover}</article>", head=og)
    assert lead_of(below) == ("something-else-once.jpg", "opengraph")
    banner = read(f'<article><h1>Rye</h1><a href="https://shop.example/">{cover}</a>{TEXT}</article>', head=og)
    assert lead_of(banner) == ("something-else-once.jpg", "opengraph")


def test_of_several_named_pictures_the_one_that_others_name_too_leads() -> None:
    head = LD % (URL, '"image":["/cut-square-1.jpg","/cut-wide-22.jpg"]')
    found = article("", head=head + '<meta property="og:image" content="/cut-wide-22.jpg">')
    assert lead_of(found) == ("cut-wide-22.jpg", "json-ld")


def test_the_same_picture_cut_otherwise_is_recognised_by_its_number() -> None:
    found = article(
        '<figure><img src="https://cdn.example/9531642/wide.jpg" width="1600" height="900" alt="A loaf"></figure>',
        head='<meta property="og:image" content="https://cdn.example/crop/9531642/square.jpg">',
    )
    assert lead_of(found) == ("wide.jpg", "opengraph") and found.lead is not None and found.lead.alt == "A loaf"


@pytest.mark.parametrize(
    "url",
    ["/favicon-96.ico", "/img/logo.png", "/i/blank.jpg", "/files/logo.svg", "/og-image.png", "/img/default-share.jpg"],
)
def test_furniture_is_no_lead_where_there_is_a_picture(url: str) -> None:
    found = article('<img src="/loaf-on-table.jpg" width="900">', head=f'<meta property="og:image" content="{url}">')
    assert lead_of(found) == ("loaf-on-table.jpg", "content")


def test_the_publishers_logo_is_no_lead() -> None:
    head = LD % (URL, '"image":"/oak-house-mark.png","publisher":{"@type":"Organization","name":"Oak",'
                      '"logo":{"@type":"ImageObject","url":"/oak-house-mark.png"}}')  # fmt: skip
    assert lead_of(article('<img src="/loaf-on-table.jpg" width="900">', head=head))[0] == "loaf-on-table.jpg"


# ---- the whole site ----


def test_a_picture_that_leads_a_fifth_of_a_site_is_the_sites() -> None:
    own = [f"https://a.example/{number}.jpg" for number in range(8)]
    assert sitewide.pictures_of_the_site([*own, *["https://a.example/card.png"] * 3]) == {"https://a.example/card.png"}
    assert sitewide.pictures_of_the_site([*own, *["https://a.example/card.png"] * 2]) == set()
    assert sitewide.pictures_of_the_site(["https://a.example/card.png"] * 4) == set(), (
        "of four articles nothing is known"
    )
    assert sitewide.pictures_of_the_site([""] * 50) == set()
    same_name = [f"https://a.example/{number}/cover.jpg" for number in range(10)]
    assert sitewide.pictures_of_the_site(same_name) == set()


def test_the_next_best_picture_leads_instead() -> None:
    card, small, loaf = Picture("c"), Picture("s", width_px=200, height_px=200), Picture("l", width_px=900)
    assert sitewide.lead_besides(card, [card, small, loaf], {"c"}) == loaf
    assert sitewide.lead_besides(card, [card], {"c"}) is None
    assert sitewide.lead_besides(loaf, [card, loaf], {"c"}) == loaf


def test_a_site_that_shows_one_page_everywhere_is_noticed() -> None:
    assert sitewide.has_one_text(["a"] * 9 + ["b"])
    assert not sitewide.has_one_text(["a"] * 4)
    assert not sitewide.has_one_text([str(number) for number in range(50)])
    assert not sitewide.has_one_text([""] * 50)


def test_an_import_takes_the_blogs_logo_off_its_articles_and_off_later_ones(people: People, settings: Any) -> None:
    with serving() as server:
        settings.ALLOW_PRIVATE, settings.IMPORT_GAP_S = [f"127.0.0.1:{server.port}"], 0
        paths = [f"/2025/bread-number-{number}/" for number in range(8)]
        for number, path in enumerate(paths):
            picture = f'<img src="/own-picture-{number}.jpg" width="900" height="900">' if number % 6 else ""
            server.add_article(path, f"Bread number {number}", text=f"Loaf {number}. " + "Bread needs time. " * 60,
                               extra=picture)  # fmt: skip
            page = server.pages[path]
            page.body = page.body.replace(b"</head>", b'<meta property="og:image" content="/card-of-oak.png"></head>')
            page.body = page.body.replace(b'<img src="/loaf.jpg" width="1000" height="1500" alt="A loaf">', b"")
        with scope.workspace(people.workspace.pk):
            blog = importing.add_blog(server.home)
        for listed in (6, 8):  # of the second import's, a fifth is not led by it
            server.list_articles(*paths[:listed])
            with scope.workspace(people.workspace.pk):
                run = importing.start_import(blog)
            importing.run_import(workspace_id=people.workspace.pk, run_id=run.pk)
            with scope.workspace(people.workspace.pk):
                run.refresh_from_db()
                assert (run.state, Article.objects.count()) == (RunState.DONE, listed)
                for one in Article.objects.all():
                    leads = [image.url.rpartition("/")[2] for image in one.images.filter(is_lead=True)]
                    number = one.address_key[-1]
                    assert leads == ([] if number in "06" else [f"own-picture-{number}.jpg"])
                    assert not one.images.filter(url__endswith="/card-of-oak.png").exists()


# ---- pages that are none ----


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("<title>404 - Oak</title><h1>Nothing here</h1>", "not-found"),
        ("<title>Oak</title><h1>Seite nicht gefunden</h1>", "not-found"),
        ("<title>Oops! That page can’t be found.</title>", "not-found"),
        ("<title>Just a moment...</title><p>Checking your browser.</p>", "bot-wall"),
        ("<title>Attention Required! | Cloudflare</title>", "bot-wall"),
        ("<title>Log In ‹ Oak</title><form><input name=log><input type=password></form>", "login"),
        ("<title>bread.example - This domain is for sale</title>", "parked"),
        ("<title>bread.example</title><script src='https://www.sedoparking.com/x.js'></script>", "parked"),
        ("<title>Before you continue</title><p>We use cookies.</p>", "consent"),
    ],
)
def test_pages_in_place_of_an_article_are_known(page: str, kind: str) -> None:
    found = read(page)
    assert found.wall == kind and found.signs["wall"]
    assert scoring.score(URL, {"feed", "sitemap"}, found.signs) < scoring.ARTICLE_AT


def test_a_theme_that_marks_its_error_page_is_believed() -> None:
    page = b"<html><head><title>Oak</title></head><body class='page error404'><p>Try the search.</p></body></html>"
    found = extract(page, url=URL, now=NOW)
    assert found is not None and found.wall == "not-found"


def test_a_post_for_those_who_know_its_password_keeps_its_words_to_itself() -> None:
    form = '<form action="https://oak.example/wp-login.php?action=postpass" class=post-password-form>'
    form += "<p>This content is password protected. To view it please enter your password below:</p>"
    form += "<input type=password></form>"
    dated = '<meta property="article:published_time" content="2025-03-01T08:00:00Z">'
    title = "<title>Protected: Bread – Oak</title>"
    found = read(
        f"{title}<article><h1>Protected: Bread</h1><div class=entry-content>{form}</div></article>", head=dated
    )
    assert found.text == "" and not found.signs["wall"]
    assert scoring.score(URL, {"feed", "rest", "post-sitemap"}, found.signs) >= scoring.ARTICLE_AT


@pytest.mark.parametrize("title", ["404: what the number means", "Sign in for beginners", "Not found: my keys", "Oops"])
def test_articles_about_such_pages_are_articles(title: str) -> None:
    more = "<p>" + " ".join(f"And on page {number} there was nothing to be seen." for number in range(40)) + "</p>"
    assert read(f"<title>{title}</title><article><h1>{title}</h1>{TEXT}{more}</article>").wall == ""
    dated = '<meta property="article:published_time" content="2025-03-01T08:00:00Z">'
    assert read(f"<title>{title}</title><article><h1>{title}</h1><p>Short.</p></article>", head=dated).wall == ""
