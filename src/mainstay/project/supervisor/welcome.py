"""What `./run demo` says once it runs."""

from mainstay.demo.cast import PASSWORD
from mainstay.project.options import Options


def demo_welcome(chosen: Options) -> list[str]:
    host, port = chosen.smtp_listen
    return [
        f"sign in at {chosen.url}/sign-in – everybody's password is: {PASSWORD}",
        "  ari@harbourline.example   agent: the desk, answering tickets",
        "  max@harbourline.example   support manager and administrator: staff, settings, imports, webhooks, audit",
        "  ana@acme.example          owner at the customer Acme (enterprise plan), with clients of her own",
        "  clara@acme.example        client in Acme's portal: sees Acme's name and colour, asks Acme first",
        "  felix@acme.example        field user at Acme, in Spanish",
        "  gus@globex.example        owner at Globex, who never sees anything of Acme's",
        "try: ask as Clara, pass it on as Ana, answer as Ari, read the mails in the outbox; all data is invented",
        f"mail to {chosen.house.mail_from} over SMTP at {host}:{port} becomes a ticket",
        f"outgoing mail: {chosen.mail_url}",
    ]
