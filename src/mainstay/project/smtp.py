"""The process that takes in mail: `python -m mainstay.project.smtp`."""

from __future__ import annotations

import asyncio
import os
import signal

import django


async def main() -> None:
    from mainstay.project.options import options
    from mainstay.support.channels.smtp import serve

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    host, port = options().smtp_listen
    await serve(host, port, size_limit=options().max_mail_mb * 1024 * 1024, stop=stop)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mainstay.project.settings")
    django.setup()
    from mainstay.core.wall.login import refuse_dangerous_login

    refuse_dangerous_login()
    asyncio.run(main())
