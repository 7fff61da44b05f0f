"""Accounts: connected, healthy or not, with their boards and posting slots."""
