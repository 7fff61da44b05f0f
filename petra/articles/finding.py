"""What importing looks for across workspaces."""

from petra.tenancy.rowsecurity import Finder

FINDERS: tuple[Finder, ...] = ()
