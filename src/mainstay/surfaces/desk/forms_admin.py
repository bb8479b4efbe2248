"""Forms of the pages that administer customers, staff and keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from mainstay.people.staff.labels import STAFF_ROLES
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.labels import SEGMENTS, SUBSCRIPTION_STATUSES
from mainstay.people.tenants.models import Plan
from mainstay.surfaces.portal.forms import language_choices, zone_choices


def plan_choices(plans: Iterable[Plan]) -> list[tuple[str, str]]:
    return [(plan.key, plan_name(plan)) for plan in plans]


def plan_name(plan: Plan) -> str:
    return str(plan.names.get(get_language() or "en") or plan.names.get("en") or plan.key)


def _choices(form: forms.Form, name: str, choices: list[tuple[Any, Any]]) -> None:
    form.fields[name].choices = choices  # type: ignore[attr-defined]


class NewCustomerForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    plan = forms.ChoiceField(label=_("Plan"))
    owner_email = forms.EmailField(label=_("E-mail of the owner"), max_length=320)
    owner_name = forms.CharField(label=_("Name of the owner"), max_length=200, required=False)
    language = forms.ChoiceField(label=_("Language"))
    zone = forms.ChoiceField(label=_("Time zone"))

    def __init__(self, *args: Any, plans: Iterable[Plan], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "plan", plan_choices(plans))
        _choices(self, "language", language_choices())
        _choices(self, "zone", zone_choices())


class CustomerForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    industry = forms.CharField(label=_("Industry"), max_length=80, required=False)
    segment = forms.ChoiceField(label=_("Segment"), choices=list(SEGMENTS.items()))
    subscription_status = forms.ChoiceField(
        label=_("Subscription"), choices=list(SUBSCRIPTION_STATUSES.items())
    )
    language = forms.ChoiceField(label=_("Language"))
    zone = forms.ChoiceField(label=_("Time zone"))
    region = forms.CharField(label=_("Region"), max_length=40, required=False)
    seats = forms.IntegerField(label=_("Seats"), min_value=0, max_value=10_000_000)
    mrr = forms.DecimalField(label=_("Monthly revenue"), min_value=0, max_digits=14, decimal_places=2)
    renewal_on = forms.DateField(
        label=_("Renewal"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "language", language_choices())
        _choices(self, "zone", zone_choices())


class PlanForm(forms.Form):
    plan = forms.ChoiceField(label=_("Plan"))

    def __init__(self, *args: Any, plans: Iterable[Plan], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "plan", plan_choices(plans))


class CsmForm(forms.Form):
    csm = forms.TypedChoiceField(
        label=_("Customer success manager"), required=False, coerce=UUID, empty_value=None
    )

    def __init__(self, *args: Any, team: Iterable[Staff], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "csm", [("", _("Nobody")), *((str(staff.id), staff.name) for staff in team)])


class DomainForm(forms.Form):
    domain = forms.CharField(
        label=_("Mail domain"),
        max_length=260,
        help_text=_("Unknown senders from it become contacts of this customer. Add it once it is proven."),
    )


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=list(STAFF_ROLES.items()), widget=forms.CheckboxSelectMultiple
    )


class NewStaffForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    public_name = forms.CharField(
        label=_("Name that customers see"),
        max_length=200,
        required=False,
        help_text=_("Empty: the same name."),
    )
    email = forms.EmailField(label=_("E-mail"), max_length=320)
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=list(STAFF_ROLES.items()), widget=forms.CheckboxSelectMultiple
    )


class StaffProfileForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    public_name = forms.CharField(label=_("Name that customers see"), max_length=200)
    language = forms.ChoiceField(label=_("Language"))
    zone = forms.ChoiceField(label=_("Time zone"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "language", language_choices())
        _choices(self, "zone", zone_choices())
