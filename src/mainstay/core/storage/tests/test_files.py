import hashlib
import io
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from obstore.store import MemoryStore

from mainstay.core.actor import system_actor
from mainstay.core.errors import Forbidden, NotFound, TooLarge, Unavailable
from mainstay.core.ids import new_id
from mainstay.core.storage import files
from mainstay.core.storage.files import NewFile, delete_stored, open_stored, orphans, save, use_scanner
from mainstay.core.storage.ports import Store
from mainstay.core.storage.rules import ScanVerdict
from mainstay.core.storage.serving import file_response
from mainstay.core.storage.stores import BucketStore, DirectoryStore
from mainstay.core.wall.scope import scope

TENANT = new_id()
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4096


@pytest.fixture(params=["directory", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    made = DirectoryStore(tmp_path / "files") if request.param == "directory" else BucketStore(MemoryStore())
    monkeypatch.setattr(files, "the_store", lambda: made)
    return made


@pytest.fixture(autouse=True)
def _no_scanner() -> Iterator[None]:
    yield
    use_scanner(None)


def test_what_was_saved_is_read(store: Store) -> None:
    saved = save(TENANT, "../pump.png", io.BytesIO(PNG))
    assert (saved.filename, saved.content_type, saved.size) == ("pump.png", "image/png", len(PNG))
    assert saved.sha256 == hashlib.sha256(PNG).hexdigest()
    assert saved.scan == "unscanned"
    assert saved.storage_key.startswith(f"{TENANT}/{saved.sha256[:2]}/{saved.sha256}-")
    assert b"".join(open_stored(saved.storage_key)) == PNG


def test_an_empty_file(store: Store) -> None:
    saved = save(TENANT, "empty.txt", io.BytesIO())
    assert b"".join(open_stored(saved.storage_key)) == b""


def test_the_same_bytes_twice_are_two_files(store: Store) -> None:
    one, two = (save(TENANT, "a", io.BytesIO(PNG)) for _ in range(2))
    delete_stored(one.storage_key)
    assert b"".join(open_stored(two.storage_key)) == PNG
    with pytest.raises(FileNotFoundError):
        open_stored(one.storage_key)
    delete_stored(one.storage_key) if isinstance(store, DirectoryStore) else None


def test_too_large_leaves_nothing(store: Store) -> None:
    with pytest.raises(TooLarge):
        save(TENANT, "a", io.BytesIO(PNG), limit=len(PNG) - 1)
    assert list(store.older_than(datetime.now(UTC) + timedelta(days=1))) == []
    assert save(TENANT, "a", io.BytesIO(PNG), limit=len(PNG)).size == len(PNG)


def test_a_made_up_key_opens_nothing(store: Store) -> None:
    for key in ("../../etc/passwd", "/etc/passwd", "", f"{TENANT}/../x"):
        with pytest.raises(FileNotFoundError):
            open_stored(key)


def test_orphans_are_the_old_ones_without_a_row(store: Store) -> None:
    kept, lost = (save(TENANT, "a", io.BytesIO(b"x")).storage_key for _ in range(2))
    now = datetime.now(UTC)
    assert list(orphans(now - timedelta(hours=1), known=lambda _keys: set())) == []
    later = now + timedelta(minutes=1)
    assert list(orphans(later, known=lambda keys: {kept} & set(keys))) == [lost]


@pytest.mark.django_db
def test_not_inside_a_scope(store: Store) -> None:
    with scope(system_actor(TENANT)), pytest.raises(RuntimeError, match="before the scope"):
        save(TENANT, "a", io.BytesIO(b"x"))


class Fake:
    """A scanner that finds a word."""

    def scan(self, stream: BinaryIO) -> ScanVerdict:
        seen = stream.read()
        if seen == b"down":
            raise ConnectionError
        return ScanVerdict.INFECTED if b"EICAR" in seen else ScanVerdict.CLEAN


@pytest.mark.parametrize(
    ("content", "verdict"), [(b"hello", "clean"), (b"an EICAR test", "infected"), (b"down", "unscanned")]
)
def test_a_scanner_is_asked(
    store: Store, content: bytes, verdict: str, caplog: pytest.LogCaptureFixture
) -> None:
    use_scanner(Fake())
    saved = save(TENANT, "a", io.BytesIO(content))
    assert saved.scan == verdict
    assert b"".join(open_stored(saved.storage_key)) == content


def test_a_store_that_fails_is_said_to_be_unavailable(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "put", full)
    with pytest.raises(Unavailable):
        save(TENANT, "a", io.BytesIO(b"x"))


def test_a_directory_keeps_its_files_to_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "files"
    monkeypatch.setattr(files, "the_store", lambda: DirectoryStore(root))
    path = root / save(TENANT, "a", io.BytesIO(b"x")).storage_key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [p for p in root.rglob("*") if p.is_file()] == [path]


def test_an_interrupted_upload_leaves_nothing(tmp_path: Path) -> None:
    class Torn(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise ConnectionResetError
            return super().read(10)

    store = DirectoryStore(tmp_path)
    with pytest.raises(ConnectionResetError):
        store.put(f"{TENANT}/aa/key", Torn(PNG))
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def answer(saved: NewFile, **change: str) -> Any:
    known = {
        name: getattr(saved, name) for name in ("filename", "content_type", "sha256", "storage_key", "scan")
    }
    return file_response(size=saved.size, **(known | change))


def test_served_so_that_no_browser_runs_it(store: Store) -> None:
    page = save(TENANT, 'x".html', io.BytesIO(b"<script>alert(1)</script>"))
    response = answer(page)
    assert response["Content-Type"] == "text/plain"
    assert response["Content-Disposition"] == 'attachment; filename="x\\".html"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert b"".join(response) == b"<script>alert(1)</script>"
    image = answer(save(TENANT, "ñ.png", io.BytesIO(PNG)))
    assert image["Content-Disposition"] == "inline; filename*=utf-8''%C3%B1.png"
    assert b"".join(image) == PNG


def test_not_served_when_harmful_or_gone(store: Store) -> None:
    saved = save(TENANT, "x", io.BytesIO(b"x"))
    with pytest.raises(Forbidden):
        answer(saved, scan="infected")
    delete_stored(saved.storage_key)
    with pytest.raises(NotFound):
        answer(saved)
