"""What `./run demo` says once it runs."""

from mainstay.project.options import Options


def demo_welcome(chosen: Options) -> list[str]:
    host, port = chosen.smtp_listen
    return [
        f"mail to {chosen.mail_from} over SMTP at {host}:{port} becomes a ticket",
        f"outgoing mail: {chosen.mail_url}",
    ]
