"""The embedded database of an installation: its place, its size, its addresses."""

from mainstay.core.wall.roles import Roles
from mainstay.project.kept import keep_addresses
from mainstay.project.options import Options
from mainstay.project.supervisor.budget import budget
from mainstay.project.supervisor.embedded import Embedded, home_for

DATABASE = "mainstay"


def embedded_database(chosen: Options) -> Embedded:
    return Embedded(home_for(chosen.data_dir), max_connections=budget(chosen).embedded_limit)


def embedded_environment(embedded: Embedded, chosen: Options) -> dict[str, str]:
    """DATABASE_URL and DATABASE_OWNER_URL, kept for commands that run beside the server too."""
    names = Roles(chosen.role_prefix)
    app, owner = embedded.address(names.app, DATABASE), embedded.address(names.owner, DATABASE)
    keep_addresses(chosen.data_dir, app, owner)
    return {"DATABASE_URL": app, "DATABASE_OWNER_URL": owner}
