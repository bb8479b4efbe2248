"""Django's PostgreSQL backend with a check of kept connections that asks the server nothing."""

from __future__ import annotations

import contextlib
import select
from datetime import UTC
from typing import Any

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

_psycopg: Any = None  # where the driver came without its compiled part, Django's own loader stays
with contextlib.suppress(ImportError):
    from psycopg._cmodule import _psycopg


class DatabaseWrapper(base.DatabaseWrapper):
    _loads_compiled = False

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Sessions are in UTC, so psycopg's compiled loader of moments gives what Django's own, in Python, would:
        a page of fifty rows has hundreds of them."""
        connection = super().get_new_connection(conn_params)
        self._loads_compiled = _psycopg is not None and self.timezone == UTC
        if self._loads_compiled:
            connection.adapters.register_loader("timestamptz", _psycopg.TimestamptzLoader)
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        if not self._loads_compiled:
            return super().create_cursor(name)
        # Django's own asks each loader for its zone, which the compiled one does not tell.
        if name:
            return self.connection.cursor(name, scrollable=False, withhold=self.connection.autocommit)
        return self.connection.cursor()

    def is_usable(self) -> bool:
        """Before each request's first statement. A server that ends closes its sockets, and a closed socket can be
        read: only where something came unasked the server itself is asked, which costs a round trip."""
        if self.connection is None or self.connection.closed:
            return False
        if self.connection.pgconn.transaction_status == TransactionStatus.INERROR:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not waiting.poll(0) or super().is_usable()
