"""Style sheets and scripts, in their order."""

from django.template import Library
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

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
