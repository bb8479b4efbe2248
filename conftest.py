"""Fixtures for tests/ and for every room's own tests."""

pytest_plugins = [
    "mainstay.project.testing.plugin",
    "mainstay.project.testing.live_app",
    "mainstay.project.testing.browser",
    "mainstay.project.testing.mail_servers",
]
