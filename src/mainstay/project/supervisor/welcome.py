"""What `./run demo` says once it runs."""

from mainstay.demo.cast import PASSWORD
from mainstay.project.options import Options


def demo_welcome(chosen: Options) -> list[str]:
    host, port = chosen.smtp_listen
    return [
        f"sign in at {chosen.url}/sign-in – everybody's password is: {PASSWORD}",
        "  ari@harbourline.example   agent: the desk, answering tickets",
        "  max@harbourline.example   support manager and administrator: staff, keys, audit, outbox",
        "  ana@acme.example          owner at the customer Acme (enterprise plan)",
        "  felix@acme.example        field user at Acme, in Spanish",
        "  gus@globex.example        owner at Globex, who never sees anything of Acme's",
        "try: open a ticket as Ana, answer it as Ari, read the answer in the outbox; all data is invented",
        f"mail to {chosen.house.mail_from} over SMTP at {host}:{port} becomes a ticket",
        f"outgoing mail: {chosen.mail_url}",
    ]
