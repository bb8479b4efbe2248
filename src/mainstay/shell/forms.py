"""How every form of the product renders: label above, help below, errors at the field and summed on top."""

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Named by the setting FORM_RENDERER; needs "django.forms" among the installed apps."""

    form_template_name = "shell/forms/form.html"
    field_template_name = "shell/forms/field.html"
