"""Style sheets and scripts, in their order."""

from django.template import Library
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = Library()
STYLES = ("tokens", "base", "layout", "controls", "data", "conversation")
SCRIPTS = ("page", "times", "keys", "forms", "drafts", "files", "dialogs", "live")


@register.simple_tag
def shell_styles() -> SafeString:
    return format_html_join(
        "\n  ",
        '<link rel="stylesheet" href="{}">',
        ((static(f"mainstay/css/{name}.css"),) for name in STYLES),
    )


@register.simple_tag
def shell_scripts() -> SafeString:
    """Modules that do not import each other: hashed static names hold, and each can fail alone."""
    return format_html_join(
        "\n  ",
        '<script type="module" src="{}"></script>',
        ((static(f"mainstay/js/{name}.js"),) for name in SCRIPTS),
    )


@register.inclusion_tag("shell/parts/words.html")
def shell_words() -> dict[str, dict[str, str]]:
    """The texts of the scripts: the same entries of the catalogue that the server's own wording uses."""
    return {
        "words": {
            "now": _("just now"),
            "soon": _("in under a minute"),
            "in": _("in %(span)s"),
            "ago": _("%(span)s ago"),
            "left": _("%(span)s left"),
            "over": _("%(span)s over"),
            "due-now": _("due now"),
            "over-now": _("just over"),
            "minute": _("%(count)s min"),
            "hour": _("%(count)s h"),
            "day-one": ngettext("%(count)s day", "%(count)s days", 1),
            "day-other": ngettext("%(count)s day", "%(count)s days", 2),
            "day-short": _("%(count)s d"),
            "copied": _("Copied"),
            "draft-restored": _("Your unsent text of %(when)s is back."),
            "draft-discard": _("Discard draft"),
            "too-large": _("too large, at most %(limit)s"),
            "remove": _("Remove %(name)s"),
            "files-chosen": _("Files chosen: %(count)s"),
            "offline": _("Live updates are paused; trying again."),
            "online": _("Live updates are back."),
            "request-failed": _("That did not work. Nothing you typed is lost; please try again."),
            "keys-help": _("Show this help"),
            "keys-send": _("Send the form"),
            "keys-down": _("Next row"),
            "keys-up": _("Previous row"),
            "keys-then": _("then"),
        }
    }
