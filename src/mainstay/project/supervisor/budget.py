"""How many database connections everything together may hold."""

from dataclasses import dataclass

from mainstay.project.options import Options

_SPARE = 10
"""Beyond the budget, for the embedded server: its own reserve, an administrator, overlaps at restarts."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    web_processes: int
    web_threads: int
    worker_concurrency: int
    worker_loops: int = 16
    """Each loop of the worker has one; `project/loops.py` holds no more."""
    live: int = 3
    smtp: int = 4
    maintenance: int = 5

    @property
    def web(self) -> int:
        return self.web_processes * self.web_threads

    @property
    def worker(self) -> int:
        # One listens for new jobs, one fetches them, one gives their sign of life; two are shared by the mailboxes.
        return self.worker_concurrency + self.worker_loops + 5

    @property
    def total(self) -> int:
        return self.web + self.worker + self.live + self.smtp + self.maintenance

    @property
    def embedded_limit(self) -> int:
        return self.total + _SPARE

    def sentence(self, limit: int) -> str:
        return (
            f"database connections: web {self.web_processes} × {self.web_threads} = {self.web}, "
            f"worker {self.worker_concurrency} + {self.worker_loops} + 5 = {self.worker}, "
            f"live {self.live}, smtp {self.smtp}, "
            f"maintenance {self.maintenance}; together {self.total} of {limit}"
        )


def budget(options: Options) -> Budget:
    return Budget(
        web_processes=options.web_processes,
        web_threads=options.web_threads,
        worker_concurrency=options.worker_concurrency,
    )
