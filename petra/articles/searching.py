"""Full-text search over articles: German and English words, each article by its own language, found under row security.

The words are an expression in the index, so that no writer can forget them. The search runs in a function of the
finder's role: `@@` is not leakproof, so under a policy PostgreSQL would read every row instead of the index
(postgresql.org/docs/17/rules-privileges.html, 2026-11). The function names the open workspace itself.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models.expressions import Expression, RawSQL
from typing_extensions import override

from petra.tenancy.rowsecurity import Finder

MAX_HITS = 100_000  # far over any workspace; they stay in the database
MAX_QUERY_CHARS = 200
# A word or "some words", with a minus or not. What is left out is asked for apart: another language's stem of a word
# that the article holds would not be found in it, and so not keep it out.
_PARTS = re.compile(r'(-?)("[^"]*"?|[^\s"]+)')
_INDEXED_CHARS = 100_000  # a vector holds at most 1 MB; nobody looks for the words behind the first 15,000


_TITLE = "coalesce(nullif(edited_title, ''), title)"
_TEXT = f"left(coalesce(nullif(edited_text, ''), text), {_INDEXED_CHARS})"


def _vector(configuration: str) -> str:
    return f"to_tsvector('{configuration}', {_TITLE} || ' ' || {_TEXT})"


# Index and function hold the very same expression. The title's words stand in it unstemmed, too: for their beginnings.
_WORDS = (
    f"(case left(language, 2) when 'de' then {_vector('german')} when 'en' then {_vector('english')}"
    f" else {_vector('simple')} end || to_tsvector('simple', {_TITLE}))"
)
_IN_ALL = (
    "websearch_to_tsquery('german', {0}) || websearch_to_tsquery('english', {0}) || websearch_to_tsquery('simple', {0})"
)
_SEARCH = f"""
create or replace function petra_search_articles(words text, head text, starts text, without text, most integer)
returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, public as $$
declare
  begun tsquery := to_tsquery('simple', starts);
  asked tsquery := {_IN_ALL.format("words")};
begin
  if starts <> '' then
    asked := asked || (websearch_to_tsquery('german', head) && begun)
      || (websearch_to_tsquery('english', head) && begun) || (websearch_to_tsquery('simple', head) && begun);
  end if;
  asked := asked && !!({_IN_ALL.format("without")});
  return query select id from public.articles_article
    where {_WORDS} @@ asked
      and workspace_id = nullif(current_setting('petra.workspace', true), '')::uuid
    order by published_at desc nulls last, id limit most;
end $$"""  # noqa: S608 - made of constants

_CALL = "select * from petra_search_articles(%s, %s, %s, %s, %s)"
FINDER = Finder("petra_search_articles(text, text, text, text, integer)", _SEARCH, ("articles_article",))


class SearchWords(Expression):
    """The words of an article as a `tsvector`, for the index."""

    @override
    def resolve_expression(self, *_arguments: Any, **_options: Any) -> SearchWords:
        return self

    @override
    def as_sql(self, _compiler: Any, _connection: Any) -> tuple[str, list[Any]]:
        return _WORDS, []

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Tell migrations how to write it."""
        return "petra.articles.searching.SearchWords", [], {}

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, SearchWords)

    @override
    def __hash__(self) -> int:
        return hash(SearchWords)


def search(words: str, *, most: int) -> list[UUID]:
    """List the articles of the open workspace that hold these words, newest first. Call inside a scope.

    `"..."`, `or` and `-` work as in web searches; the last word may be a beginning. Never raises for odd input.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CALL, [*_asked(words), most])
        return [row[0] for row in cursor.fetchall()]


def holding(words: str) -> RawSQL:
    """Give the same articles as a query for `pk__in`, so that further conditions choose among all of them."""
    return RawSQL(_CALL, [*_asked(words), MAX_HITS])  # noqa: S611 - a constant, its values apart


def _asked(words: str) -> list[str]:
    words = words.replace("\x00", " ").strip()[:MAX_QUERY_CHARS]
    plain = list(re.finditer(r"\w+", words))
    head, starts = "", ""
    if plain and '"' not in words and "-" not in words:
        head, starts = words[: plain[-1].start()], f"{plain[-1].group()}:*"
    parts = _PARTS.findall(words)
    wanted = " ".join(part for minus, part in parts if not minus)
    without = " or ".join(part.lstrip("-") for minus, part in parts if minus)
    return [wanted, head, starts, without]
