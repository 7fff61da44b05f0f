"""The database itself keeps workspaces apart."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from conftest import People
from petra.articles.models import Article, Blog
from petra.tenancy import rowsecurity, scope
from petra.tenancy.models import Member, Workspace
from petra.tenancy.workspaces import memberships


def test_without_a_workspace_a_manager_raises_and_raw_sql_sees_nothing(people: People) -> None:
    with scope.workspace(people.workspace.pk):
        Blog.objects.create(name="Oak", address="https://oak.example/")
    with pytest.raises(scope.NoWorkspace):
        Blog.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from articles_blog")
        assert cursor.fetchone()[0] == 0


def test_rows_of_another_workspace_are_invisible_and_unwritable(people: People) -> None:
    with scope.workspace(people.workspace.pk):
        blog = Blog.objects.create(name="Oak", address="https://oak.example/")
    with scope.workspace(people.elsewhere.pk):
        assert not Blog.objects.filter(pk=blog.pk).exists()
        with connection.cursor() as cursor:
            cursor.execute("update articles_blog set name = 'mine' where id = %s", [blog.pk])
            assert cursor.rowcount == 0
            cursor.execute("delete from articles_blog")
            assert cursor.rowcount == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Blog.objects.create(name="x", address="https://x.example/", workspace_id=people.workspace.pk)
    with scope.workspace(people.workspace.pk):
        assert Blog.objects.get().name == "Oak"


def test_a_link_into_another_workspace_is_refused(people: People) -> None:
    with scope.workspace(people.workspace.pk):
        blog = Blog.objects.create(name="Oak", address="https://oak.example/")
    with (
        scope.workspace(people.elsewhere.pk),
        pytest.raises(IntegrityError, match="same_workspace"),
        transaction.atomic(),
    ):
        Article.objects.create(blog_id=blog.pk, address_key="k", url="https://oak.example/a", title="t")
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")


def test_entering_another_workspace_inside_one_is_refused(people: People) -> None:
    with (
        scope.workspace(people.workspace.pk),
        pytest.raises(scope.OtherWorkspace),
        scope.workspace(people.elsewhere.pk),
    ):
        pass


def test_a_person_sees_their_own_memberships_only(people: People) -> None:
    assert [m.workspace_id for m in memberships(people.bob.pk)] == [people.workspace.pk]
    with scope.workspace(people.elsewhere.pk):
        assert Member.objects.count() == 1
        assert Workspace.objects.filter(pk=people.workspace.pk).count() == 0


def test_every_tenant_table_is_under_forced_row_security_and_the_app_owns_nothing(people: People) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select rolsuper, rolbypassrls from pg_roles where rolname = current_user")
        assert cursor.fetchone() == (False, False)
        cursor.execute(
            "select c.relname, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner) = current_user,"
            " exists (select from pg_policy p where p.polrelid = c.oid)"
            " from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id'"
            " where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace"
        )
        tables = cursor.fetchall()
    assert {row[0] for row in tables} == {m._meta.db_table for m in rowsecurity.tenant_models()}
    assert [row for row in tables if row[1:] != (True, True, False, True)] == []
