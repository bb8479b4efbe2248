"""Fixtures for tests/ and for every room's own tests."""

pytest_plugins = ["mainstay.project.testing.plugin"]
