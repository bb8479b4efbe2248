"""How every form of the product renders: label above, help below, errors at the field and summed on top."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from django.db import transaction
from django.forms import BaseForm
from django.forms.renderers import TemplatesSetting

from mainstay.core.errors import Conflict, Invalid, Text
from mainstay.core.wall.scope import current_actor


class Renderer(TemplatesSetting):
    """Named by the setting FORM_RENDERER; needs "django.forms" among the installed apps."""

    form_template_name = "shell/forms/form.html"
    field_template_name = "shell/forms/field.html"


@contextmanager
def told_at(form: BaseForm) -> Iterator[None]:
    """What an action finds wrong is told at the form's own fields, or above them.

    Inside a scope the block is a savepoint: what it had written is undone, and the page can be rendered in
    the same scope, with everything that was typed still in it. Afterwards ask `form.is_valid()`.
    """
    try:
        with transaction.atomic() if current_actor() else nullcontext():
            yield
    except (Invalid, Conflict) as problem:
        elsewhere: list[Text] = []
        for name, texts in problem.fields.items():
            if name in form.fields:
                form.add_error(name, [str(text) for text in texts])
            else:
                elsewhere += texts
        if elsewhere or not problem.fields:
            form.add_error(None, [str(text) for text in elsewhere or [problem.detail]])
