"""Files as bytes: stored once, served so that no browser runs them."""

from mainstay.core.storage.files import NewFile, delete_stored, open_stored, orphans, save

__all__ = ["NewFile", "delete_stored", "open_stored", "orphans", "save"]
