"""Pages as the common blog engines write them (their default themes, 2026-11): what must be read of each."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from petra.articles.tests.test_extract import read

WORDS = " ".join(f"Loaf number {number} needs flour, water, salt and a good deal of time." for number in range(24))
TEXT = "".join(f"<p>{part}.</p>" for part in WORDS.split(". ") if part)


@dataclass(frozen=True)
class Shown:
    """What a page must give. Pictures as (end of address, width, height)."""

    url: str
    head: str
    body: str
    title: str
    authors: list[str]
    published: str
    tags: list[str]
    pictures: list[tuple[str, int, int]]
    lead: str


PAGES = {
    "wordpress": Shown(
        "https://bread.example/2025/03/01/rye-bread/",
        '<title>Rye bread | Oak &amp; Ember</title><meta name="generator" content="WordPress 6.7">'
        '<link rel="canonical" href="https://bread.example/2025/03/01/rye-bread/">',
        '<header><a href="/" rel="home"><img class="custom-logo" src="/wp-content/uploads/oak-mark-150x150.png"'
        ' width="150"'
        ' height="150"></a></header><article class="post type-post"><header class="entry-header">'
        '<h1 class="entry-title">Rye bread</h1><span class="posted-on"><time class="entry-date published"'
        ' datetime="2025-03-01T08:00:00+01:00">1. March 2025</time></span><span class="byline">by <span class="author'
        ' vcard"><a class="url fn n" href="/author/maren/">Maren Oak</a></span></span></header>'
        '<figure class="post-thumbnail"><img class="attachment-post-thumbnail wp-post-image" width="1568"'
        ' height="1045"'
        ' src="/wp-content/uploads/2025/03/rye-loaf-1568x1045.jpg"></figure><div class="entry-content">' + TEXT +
        '<figure class="wp-block-image"><a href="/wp-content/uploads/2025/03/crumb-of-rye.jpg"><img loading="lazy"'
        ' width="1024" height="683" src="/wp-content/uploads/2025/03/crumb-of-rye-1024x683.jpg" srcset="'
        '/wp-content/uploads/2025/03/crumb-of-rye-1024x683.jpg 1024w,'
        ' /wp-content/uploads/2025/03/crumb-of-rye-300x200.jpg'
        ' 300w"></a></figure></div><footer class="entry-footer"><a href="/category/bread/" rel="category tag">'
        'Bread</a>'
        '<a href="/tag/rye/" rel="tag">rye</a></footer></article><aside id="secondary"><img'
        ' src="/wp-content/uploads/ad-of'
        '-the-week.jpg" width="600" height="600"></aside><ol class="comment-list"><li><cite class="fn">A'
        ' Commenter</cite>'
        "</li></ol>",
        "Rye bread", ["Maren Oak"], "2025-03-01T08:00:00+01:00", ["rye", "Bread"],
        [("rye-loaf-1568x1045.jpg", 1568, 1045), ("crumb-of-rye.jpg", 1024, 683)], "rye-loaf-1568x1045.jpg",
    ),
    "ghost": Shown(
        "https://bread.example/rye-bread/",
        '<title>Rye bread</title><meta property="og:type" content="article"><meta property="og:title"'
        ' content="Rye bread">'
        '<meta property="og:site_name" content="Oak"><meta property="og:image"'
        ' content="https://bread.example/content/images/2025/03/rye-loaf.jpg"><meta property="article:published_time"'
        ' content="2025-03-01T07:00:00.000Z"><meta property="article:tag" content="Rye">'
        '<script type="application/ld+json">{"@context":"https://schema.org","@type":"Article","publisher":{"@type":'
        '"Organization","name":"Oak","logo":{"@type":"ImageObject","url":"https://bread.example/favicon.ico"}},"author":'
        '{"@type":"Person","name":"Maren Oak"},"headline":"Rye bread","url":"https://bread.example/rye-bread/",'
        '"datePublished":"2025-03-01T07:00:00.000Z","image":{"@type":"ImageObject","url":"https://bread.example/content/'
        'images/2025/03/rye-loaf.jpg","width":2000,"height":1333},"keywords":"Rye"}</script>',
        '<main><article class="gh-article post"><header class="gh-article-header"><h1 class="gh-article-title">'
        'Rye bread</h1>'
        '<h4 class="gh-article-author-name"><a href="/author/maren/">Maren Oak</a></h4><figure'
        ' class="gh-article-image">'
        '<img srcset="/content/images/size/w300/2025/03/rye-loaf.jpg 300w,'
        ' /content/images/size/w2000/2025/03/rye-loaf.jpg'
        ' 2000w" src="/content/images/size/w1200/2025/03/rye-loaf.jpg" alt="A loaf"></figure></header>'
        '<section class="gh-content">' + TEXT + '<figure class="kg-card kg-image-card"><img class="kg-image" src='
        '"https://bread.example/content/images/2025/03/crumb-of-rye.jpg" width="1600" height="1067" alt="The crumb">'
        "</figure></section></article></main>",
        "Rye bread", ["Maren Oak"], "2025-03-01T07:00:00+00:00", ["Rye"],
        [("/w2000/2025/03/rye-loaf.jpg", 2000, 0), ("crumb-of-rye.jpg", 1600, 1067)], "rye-loaf.jpg",
    ),
    "blogger": Shown(
        "https://oak.blogspot.com/2025/03/rye-bread.html",
        "<title>Oak &amp; Ember: Rye bread</title><meta content='blogger' name='generator'/>"
        "<meta content='https://blogger.googleusercontent.com/img/b/R29vZ2xl/AVvXsEi/w1200-h630-p-k-no-nu/rye-loaf.jpg'"
        " property='og:image'/>",
        "<div class='post hentry'><h3 class='post-title entry-title' itemprop='headline'>Rye bread</h3>"
        "<div class='post-body entry-content'>" + TEXT +
        "<div class='separator'><a href='https://blogger.googleusercontent.com/img/b/R29vZ2xl/AVvXsEi/s4000/rye-loaf.jpg'>"
        "<img border='0' data-original-height='3000' data-original-width='4000' height='240' width='320'"
        " src='https://blogger.googleusercontent.com/img/b/R29vZ2xl/AVvXsEi/s320/rye-loaf.jpg'/></a></div></div>"
        "<div class='post-footer'><span class='post-author vcard'>Posted by <span class='fn' itemprop='author'>"
        "<span itemprop='name'>Maren Oak</span></span></span><span class='post-timestamp'><abbr class='published'"
        " itemprop='datePublished' title='2025-03-01T08:00:00+01:00'>8:00</abbr></span><span class='post-labels'>"
        "<a href='https://oak.blogspot.com/search/label/rye' rel='tag'>rye</a></span></div></div>",
        "Rye bread", ["Maren Oak"], "2025-03-01T08:00:00+01:00", ["rye"],
        [("/s4000/rye-loaf.jpg", 4000, 3000)], "rye-loaf.jpg",
    ),
    "squarespace": Shown(
        "https://www.bread.example/blog/rye-bread",
        '<title>Rye bread &mdash; Oak</title><meta property="og:site_name" content="Oak">'
        '<meta property="og:title" content="Rye bread &mdash; Oak"><meta property="og:type" content="article">'
        '<meta property="og:image"'
        ' content="http://static1.squarespace.com/static/5a/t/67/1740812400/loaf-of-rye.jpg?format=1500w">'
        '<meta itemprop="datePublished" content="2025-03-01T08:00:00+0100"><meta itemprop="author"'
        ' content="Maren Oak">',
        '<article class="BlogItem hentry"><h1 class="BlogItem-title entry-title" data-content-field="title">Rye'
        ' bread</h1>'
        '<div class="sqs-layout">' + TEXT + '<div class="sqs-block-image"><figure><img'
        ' data-src="https://images.squarespace-cdn.com/content/v1/5a/abc/loaf-of-rye.jpg"'
        ' data-image="https://images.squarespace-cdn.com/content/v1/5a/abc/loaf-of-rye.jpg"'
        ' data-image-dimensions="2500x1667"'
        ' data-load="false" alt="A loaf"></figure></div></div><a href="/blog/tag/rye" rel="tag">rye</a>'
        '<a href="/blog/category/Bread" class="blog-item-category">Bread</a></article>',
        "Rye bread", ["Maren Oak"], "2025-03-01T08:00:00+01:00", ["rye"],
        [("/abc/loaf-of-rye.jpg", 2500, 1667)], "loaf-of-rye.jpg",
    ),
    "wix": Shown(
        "https://www.bread.example/post/rye-bread",
        '<title>Rye bread</title><meta property="og:type" content="article"><meta property="og:title"'
        ' content="Rye bread">'
        '<meta property="article:published_time" content="2025-03-01T07:00:00.000Z">'
        '<meta property="og:image"'
        ' content="https://static.wixstatic.com/media/5f2a6b_0a1b2c3d4e5f60718293a4b5c6d7e8f9~mv2.jpg'
        '/v1/fill/w_1000,h_667,al_c,q_85,usm_0.66_1.00_0.01/5f2a6b_0a1b2c3d4e5f60718293a4b5c6d7e8f9~mv2.jpg">'
        '<script'
        ' type="application/ld+json">{"@context":"https://schema.org","@type":"BlogPosting","headline":"Rye bread",'
        '"author":{"@type":"Person","name":"Maren Oak"},"datePublished":"2025-03-01T07:00:00.000Z",'
        '"mainEntityOfPage":{"@type":"WebPage","@id":"https://www.bread.example/post/rye-bread"}}</script>',
        '<article><h1 data-hook="post-title">Rye bread</h1><div data-hook="post-description">' + TEXT +
        '<figure><wow-image><img'
        ' src="https://static.wixstatic.com/media/5f2a6b_0a1b2c3d4e5f60718293a4b5c6d7e8f9~mv2.jpg/v1/fill'
        '/w_147,h_98,al_c,q_80,blur_2/5f2a6b_0a1b2c3d4e5f60718293a4b5c6d7e8f9~mv2.jpg" alt="A loaf" data-pin-media='
        '"https://static.wixstatic.com/media/5f2a6b_0a1b2c3d4e5f60718293a4b5c6d7e8f9~mv2.jpg/v1/fit/w_2000,h_2000/file.jpg">'
        '</wow-image></figure></div><a href="/blog/tags/rye">rye</a><a href="/blog/categories/bread">Bread</a>'
        '</article>',
        "Rye bread", ["Maren Oak"], "2025-03-01T07:00:00+00:00", ["rye", "Bread"],
        [("/v1/fit/w_2000,h_2000/file.jpg", 2000, 0)], "file.jpg",
    ),
    "substack": Shown(
        "https://oak.substack.com/p/rye-bread",
        '<title>Rye bread - by Maren Oak - Oak &amp; Ember</title><meta property="og:title" content="Rye bread">'
        '<meta property="og:type" content="article"><meta property="og:image"'
        ' content="https://substackcdn.com/image/fetch/'
        '$s_!x!,w_1200,h_600,c_fill,f_jpg,q_auto:good/https%3A%2F%2Fsubstack-post-media.s3.amazonaws.com%2Fpublic%2Fimages%2F'
        '0a1b2c3d-aaaa-bbbb-cccc-0123456789ab_1456x971.jpeg"><meta name="author" content="Maren Oak">'
        '<script type="application/ld+json">{"@context":"https://schema.org","@type":"NewsArticle","url":'
        '"https://oak.substack.com/p/rye-bread","headline":"Rye bread","datePublished":"2025-03-01T08:00:00+01:00",'
        '"author":[{"@type":"Person","name":"Maren Oak"}]}</script>',
        '<article class="typography newsletter-post post"><h1 class="post-title">Rye bread</h1><div'
        ' class="available-content">'
        '<div class="body markup">' + TEXT +
        '<div class="captioned-image-container"><figure><a class="image-link image2"'
        ' href="https://substackcdn.com/image/fetch/$s_!y!,f_auto,q_auto:good/https%3A%2F%2Fsubstack-post-media.s3.amazonaws'
        '.com%2Fpublic%2Fimages%2F0a1b2c3d-aaaa-bbbb-cccc-0123456789ab_1456x971.jpeg"><div><picture><source'
        ' type="image/webp"'
        ' srcset="https://substackcdn.com/image/fetch/$s_!z!,w_424,c_limit,f_webp/https%3A%2F%2Fsubstack-post-media.s3.'
        'amazonaws.com%2Fpublic%2Fimages%2F0a1b2c3d-aaaa-bbbb-cccc-0123456789ab_1456x971.jpeg 424w,'
        ' https://substackcdn.com/'
        'image/fetch/$s_!z!,w_1456,c_limit,f_webp/https%3A%2F%2Fsubstack-post-media.s3.amazonaws.com%2Fpublic%2Fimages%2F'
        '0a1b2c3d-aaaa-bbbb-cccc-0123456789ab_1456x971.jpeg 1456w"><img width="1456" height="971" alt="A loaf" src='
        '"https://substackcdn.com/image/fetch/$s_!w!,w_1456,c_limit,f_auto/https%3A%2F%2Fsubstack-post-media.s3.amazonaws.com'
        '%2Fpublic%2Fimages%2F0a1b2c3d-aaaa-bbbb-cccc-0123456789ab_1456x971.jpeg"></picture></div></a></figure>'
        '</div></div>'
        '</div></article><div class="subscription-widget-wrap"><p>Thanks for reading! Subscribe for free.</p></div>',
        "Rye bread", ["Maren Oak"], "2025-03-01T08:00:00+01:00", [],
        [("_1456x971.jpeg", 1456, 971)], "_1456x971.jpeg",
    ),
    "shopify": Shown(
        "https://bread.example/blogs/news/rye-bread",
        '<title>Rye bread &ndash; Oak</title><meta property="og:site_name" content="Oak"><meta property="og:title"'
        ' content="Rye bread"><meta property="og:type" content="article"><meta property="og:image"'
        ' content="http://bread.example/cdn/shop/articles/rye-loaf.jpg?v=1740812400">',
        '<article class="article-template" itemscope itemtype="http://schema.org/BlogPosting"><div'
        ' class="article-template__hero'
        '-container"><img srcset="//bread.example/cdn/shop/articles/rye-loaf.jpg?v=1740812400&width=350 350w,'
        '//bread.example/cdn/shop/articles/rye-loaf.jpg?v=1740812400&width=1500 1500w"'
        ' src="//bread.example/cdn/shop/articles/'
        'rye-loaf.jpg?v=1740812400&width=1100" width="1500" height="1000" alt="A loaf"></div><header><h1 class='
        '"article-template__title" itemprop="headline">Rye bread</h1><span itemprop="dateCreated pubdate'
        ' datePublished">'
        '<time datetime="2025-03-01T07:00:00Z">March 1, 2025</time></span><span itemprop="author"><span>Maren'
        ' Oak</span></span>'
        '</header><div class="article-template__content rte" itemprop="articleBody">' + TEXT +
        '<img src="https://cdn.shopify.com/s/files/1/01/02/files/crumb-of-rye_480x480.jpg?v=17408" width="480"'
        ' height="320">'
        "</div></article>",
        "Rye bread", ["Maren Oak"], "2025-03-01T07:00:00+00:00", [],
        [("rye-loaf.jpg?v=1740812400&width=1500", 1500, 1000), ("crumb-of-rye_480x480.jpg?v=17408", 480, 480)],
        "rye-loaf.jpg?v=1740812400&width=1500",
    ),
    "medium": Shown(
        "https://medium.com/@maren/rye-bread-0a1b2c3d4e5f",
        '<title>Rye bread. A long story of time | by Maren Oak | Medium</title><meta property="og:site_name"'
        ' content="Medium">'
        '<meta property="og:title" content="Rye bread"><meta property="article:published_time"'
        ' content="2025-03-01T07:00:00.000Z"><meta property="og:image"'
        ' content="https://miro.medium.com/v2/resize:fit:1200/1*AbCdEfGhIjKlMnOp.jpeg"><meta name="author"'
        ' content="Maren Oak">'
        '<meta property="article:author" content="https://medium.com/@maren">',
        '<article><h1 data-testid="storyTitle">Rye bread</h1><a data-testid="authorName" rel="author"'
        ' href="/@maren">Maren Oak'
        '</a><section>' + TEXT +
        '<figure><picture><source srcset="https://miro.medium.com/v2/resize:fit:640/format:webp/'
        '1*AbCdEfGhIjKlMnOp.jpeg 640w,'
        ' https://miro.medium.com/v2/resize:fit:1400/format:webp/1*AbCdEfGhIjKlMnOp.jpeg 1400w"'
        ' type="image/webp"><source data-testid="og" srcset="https://miro.medium.com/v2/resize:fit:640/'
        '1*AbCdEfGhIjKlMnOp.jpeg 640w"><img alt="" width="700" height="467"></picture><figcaption>The'
        ' loaf</figcaption>'
        "</figure></section></article>",
        "Rye bread", ["Maren Oak"], "2025-03-01T07:00:00+00:00", [],
        [("/resize:fit:1400/format:webp/1*AbCdEfGhIjKlMnOp.jpeg", 1400, 934)], "1*AbCdEfGhIjKlMnOp.jpeg",
    ),
    "hugo": Shown(
        "https://bread.example/posts/rye-bread/",
        '<title>Rye bread | Oak</title><meta property="og:title" content="Rye bread"><meta property="og:type"'
        ' content="article">'
        '<meta property="article:published_time" content="2025-03-01T08:00:00+01:00"><meta property="article:section"'
        ' content="posts"><meta property="article:tag" content="rye"><meta name="author" content="Maren Oak">',
        '<main><article class="post-single"><header class="post-header"><h1 class="post-title">Rye bread</h1>'
        '<div class='
        '"post-meta"><span>March 1, 2025</span>&nbsp;·&nbsp;5 min&nbsp;·&nbsp;Maren Oak</div></header><figure'
        ' class="entry-cover">'
        '<img src="/posts/rye-bread/cover.jpg" width="1200" height="800" alt="A loaf"></figure><div'
        ' class="post-content">' + TEXT +
        '</div><footer class="post-footer"><ul class="post-tags"><li><a href="/tags/rye/">Rye</a></li></ul>'
        '</footer></article></main>',
        "Rye bread", ["Maren Oak"], "2025-03-01T08:00:00+01:00", ["rye", "posts"],
        [("/rye-bread/cover.jpg", 1200, 800)], "cover.jpg",
    ),
}  # fmt: skip


@pytest.mark.parametrize("engine", PAGES)
def test_the_pages_of_common_engines_are_read_right(engine: str) -> None:
    shown = PAGES[engine]
    found = read(shown.body, head=shown.head, url=shown.url)
    assert (found.title, found.authors, found.published) == (shown.title, shown.authors, shown.published)
    assert found.tags == shown.tags
    assert "Loaf number 3 needs flour" in found.text and "Loaf number 23 needs" in found.text
    assert "Commenter" not in found.text and "Subscribe" not in found.text
    ends = [one.url[-len(end) :] for one, (end, _, _) in zip(found.pictures, shown.pictures, strict=True)]
    assert ends == [end for end, _, _ in shown.pictures], [one.url for one in found.pictures]
    assert [(one.width_px, one.height_px) for one in found.pictures] == [size[1:] for size in shown.pictures]
    assert found.lead is not None and found.lead.url.endswith(shown.lead)
    assert found.signs["long"] and found.signs["dated"] and not found.wall
