from __future__ import annotations

from pathlib import Path

import pytest

from petra.simulator.blog_files import Blog
from petra.simulator.http11 import Request, Response

BASE = "http://127.0.0.1:8100"


@pytest.fixture
def blog(tmp_path: Path) -> Blog:
    folder = tmp_path / "blog"
    (folder / "articles").mkdir(parents=True)
    (folder / "index.html").write_text("<a href='{{base}}/articles/one'>one</a> ü", encoding="utf-8")
    (folder / "articles" / "one.html").write_text("One", encoding="utf-8")
    (folder / "sitemap.xml").write_text("<loc>{{base}}/articles/one</loc>", encoding="utf-8")
    (folder / "photo.jpg").write_bytes(b"\xff\xd8{{base}}")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    (folder / "tool.py").write_text("print()", encoding="utf-8")
    (folder / "way-out.txt").symlink_to(tmp_path / "secret.txt")
    return Blog(folder)


def get(blog: Blog, path: str, method: str = "GET", **headers: str) -> Response:
    return blog.answer(Request(method, path, "", headers, b""), BASE)


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("/blog/", "text/html; charset=utf-8", f"<a href='{BASE}/blog/articles/one'>one</a> ü".encode()),
        ("/blog/index.html", "text/html; charset=utf-8", f"<a href='{BASE}/blog/articles/one'>one</a> ü".encode()),
        ("/blog/articles/one", "text/html; charset=utf-8", b"One"),
        ("/blog/articles/one/", "text/html; charset=utf-8", b"One"),
        ("/blog/sitemap.xml", "application/xml; charset=utf-8", f"<loc>{BASE}/blog/articles/one</loc>".encode()),
        ("/blog/photo.jpg", "image/jpeg", b"\xff\xd8{{base}}"),
    ],
)
def test_file_comes_with_its_type_and_base(blog: Blog, path: str, kind: str, body: bytes) -> None:
    response = get(blog, path)
    assert (response.status, response.content_type, response.body) == (200, kind, body)


def test_unchanged_file_is_not_sent_again(blog: Blog) -> None:
    etag = dict(get(blog, "/blog/").headers)["etag"]
    again = blog.answer(Request("GET", "/blog/", "", {"if-none-match": etag}, b""), BASE)
    assert (again.status, again.body) == (304, b"")
    other = blog.answer(Request("GET", "/blog/", "", {"if-none-match": '"other"'}, b""), BASE)
    assert other.status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/blog/missing",
        "/blog/../secret.txt",
        "/blog//etc/passwd",
        "/blog/way-out.txt",
        "/blog/\x00",
        "/blog/articles",
        "/blog/tool.py",
    ],
)
def test_nothing_outside_the_folder_is_served(blog: Blog, path: str) -> None:
    assert get(blog, path).status == 404


def test_robots_file_names_the_sitemap(blog: Blog) -> None:
    response = get(blog, "/robots.txt")
    assert f"Sitemap: {BASE}/blog/sitemap.xml".encode() in response.body


def test_short_address_leads_to_the_blog(blog: Blog) -> None:
    response = get(blog, "/blog")
    assert (response.status, dict(response.headers)["location"]) == (301, f"{BASE}/blog/")
    assert get(blog, "/blog/", "POST").status == 405
