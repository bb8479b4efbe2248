"""`./run manage COMMAND`: Django's commands. Without DATABASE_URL and with nothing running, the embedded
database runs for as long as the command does."""

import os
import sys

from django.core.management import execute_from_command_line

from mainstay.project.options import OptionsError, load, options
from mainstay.project.supervisor.database import embedded_database, embedded_environment
from mainstay.project.supervisor.locking import AlreadyRunning
from mainstay.project.supervisor.prepare import set_up_embedded
from mainstay.project.supervisor.purpose import recorded_purpose
from mainstay.project.supervisor.spawning import SetupError

_WITHOUT_DATABASE = {
    *("", "help", "--help", "-h", "--version", "version", "diffsettings"),
    *(
        "settings_reference",
        "compile_messages",
        "collectstatic",
        "findstatic",
        "makemessages",
        "setup_database",
    ),
}


def main(arguments: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mainstay.project.settings")
    command = ["./run manage", *arguments]
    try:
        given = load(os.environ)
        if given.database_url or (arguments[:1] or [""])[0] in _WITHOUT_DATABASE:
            execute_from_command_line(command)
            return 0
        embedded = embedded_database(given)
        if recorded_purpose(embedded.home) == "demo":
            os.environ["MAINSTAY_DEMO"] = "yes"
        try:
            with embedded.running():
                os.environ.update(embedded_environment(embedded, options()))
                options.cache_clear()
                set_up_embedded(embedded.home)
                execute_from_command_line(command)
        except AlreadyRunning:
            execute_from_command_line(command)  # beside the running server, by the addresses kept there
    except (OptionsError, SetupError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
