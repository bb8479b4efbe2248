"""The words of the settings: what they are called, what they are for, what is wrong with a value."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from mainstay.core.errors import Text
from mainstay.core.house.rules import Group, Unfit


class Words(NamedTuple):
    name: Text
    help: Text
    unit: Text = ""


GROUPS: Final[dict[str, Words]] = {
    Group.COMPANY: Words(_("Company"), _("What customers see of you.")),
    Group.REGION: Words(
        _("Region and languages"), _("What holds where nothing is set for a person or customer.")
    ),
    Group.MAIL: Words(
        _("Mail"), _("Who your mails come from. The mail server itself is set in the environment.")
    ),
    Group.LINKS: Words(
        _("Public links"), _("Shown at the foot of the pages that customers and visitors see.")
    ),
    Group.SECURITY: Words(_("Sign-in"), _("How people stay signed in.")),
    Group.KEEPING: Words(_("Keeping and closing"), _("How long things stay. 0 days keeps them for ever.")),
}
SETTINGS: Final[dict[str, Words]] = {
    "operator_name": Words(
        _("Name of your organisation"), _("As customers see it: on pages, in mails, under every answer.")
    ),
    "product_name": Words(_("Name of your product"), _("The product that your customers get support for.")),
    "postal_address": Words(_("Postal address"), _("At the foot of public pages.")),
    "phone": Words(_("Telephone"), _("At the foot of public pages.")),
    "accent": Words(_("Colour"), _("Of buttons and links. Every choice is readable in light and dark.")),
    "zone": Words(
        _("Time zone"),
        _("Of people and customers without their own, and of SLA calendars without their own: open promises are"
          " computed anew after a change."),
    ),
    "currency": Words(_("Currency"), _("Three letters (ISO 4217), where none is stated.")),
    "languages": Words(_("Languages"), _("Offered on pages and in mails. The first counts where nothing is known.")),
    "mail_from": Words(
        _("Sender's address"),
        _("Of outgoing mail, and the address that customers write to. After a change, mail to the old address has to"
          " keep arriving here."),
    ),
    "mail_name": Words(_("Sender's name"), _("Beside the address. Empty: the name of your organisation.")),
    "notice_mail_delay_minutes": Words(
        _("Wait before mailing a notification"),
        _("Minutes that somebody has to read it first. Urgent ones (security, promises missed) are mailed at once."),
        _("minutes"),
    ),
    "website_url": Words(_("Website"), _("Your own site.")),
    "privacy_url": Words(_("Privacy policy"), _("The page that says what you do with personal data.")),
    "terms_url": Words(_("Terms of service"), _("The page with your terms.")),
    "imprint_url": Words(_("Legal notice"), _("Who is responsible; called imprint in some countries.")),
    "session_days": Words(
        _("Customers stay signed in"), _("Days after signing in, unless they sign out. Counts from the next sign-in."),
        _("days"),
    ),
    "staff_session_days": Words(
        _("Staff stay signed in"), _("Days after signing in, unless they sign out. Counts from the next sign-in."),
        _("days"),
    ),
    "session_idle_hours": Words(
        _("Sign out the idle after"), _("Hours in which nobody used the session."), _("hours")
    ),
    "staff_second_factor": Words(
        _("Staff need a second factor"),
        _("Whoever has neither a passkey nor an authenticator app sets one up before anything else."),
    ),
    "show_staff_access": Words(
        _("Customers see who looked at their data"),
        _("In their audit log, by public name: staff who opened their page or one of their tickets, people or files,"
          " once an hour. What was written down before a change stays as it was."),
    ),
    "close_after_days": Words(
        _("Close resolved tickets after"), _("Days without another word. A later answer opens a new ticket."), _("days")
    ),
    "keep_raw_mail_days": Words(
        _("Keep incoming mail as it came"), _("Days. The tickets made of it stay. 0: for ever."), _("days")
    ),
    "keep_events_days": Words(
        _("Keep events"), _("Days that the audit log and the timelines reach back. 0: for ever."), _("days")
    ),
    "keep_webhooks_days": Words(
        _("Keep deliveries of webhooks"),
        _("Days that they can be looked at and sent again. 0: for ever."),
        _("days"),
    ),
    "keep_imports_days": Words(
        _("Keep imported files"), _("Days, with their rows. What they became stays. 0: for ever."), _("days")
    ),
    "keep_notices_days": Words(
        _("Keep notifications"), _("Days after they were read. 0: for ever."), _("days")
    ),
    "keep_jobs_days": Words(
        _("Keep failed jobs"), _("Days that jobs which failed can be looked at. 0: for ever."), _("days")
    ),
}  # fmt: skip
CHOICES: Final[dict[str, dict[str, Text]]] = {
    "accent": {
        "": _("Standard"),
        "harbour": _("Harbour blue"),
        "violet": _("Violet"),
        "forest": _("Forest green"),
        "ember": _("Ember"),
        "rose": _("Rose"),
        "graphite": _("Graphite"),
    },
}
_SWITCH: Final[dict[str, Text]] = {"no": _("no"), "yes": _("yes")}
_LANGUAGES: Final = {"en": _("English"), "es": _("Spanish")}

_MESSAGES: Final[dict[str, Text]] = {
    "empty": _("This may not be empty."),
    "control": _("This holds control characters."),
    "long": _("This has %(count)d characters; at most %(most)d are allowed."),
    "number": _("Give a whole number from %(least)d to %(most)d."),
    "switch": _("Say yes or no."),
    "choice": _("Choose one of: %(choices)s."),
    "zone": _("“%(text)s” is no time zone; an example is Europe/Madrid."),
    "zone_near": _("“%(text)s” is no time zone; did you mean %(near)s?"),
    "currency": _("“%(text)s” is no currency; an example is EUR."),
    "languages": _("“%(text)s” is no list of languages; choose out of %(choices)s."),
    "email": _("“%(text)s” is no mail address; an example is support@example.com."),
    "link": _("“%(text)s” is no web address; an example is https://example.com/privacy."),
}


def words_of(unfit: Unfit) -> str:
    return str(_MESSAGES[unfit.code]) % unfit.named


def choice_words(key: str, text: str) -> str:
    """What a value that is chosen out of few is called."""
    if key == "languages":
        first, *others = [str(_LANGUAGES.get(code, code)) for code in text.split(",")]
        named = _now("%(language)s first, also %(others)s") % {"language": first, "others": ", ".join(others)}
        return named if others else _now("%(language)s only") % {"language": first}
    return str(CHOICES.get(key, _SWITCH).get(text, text))
