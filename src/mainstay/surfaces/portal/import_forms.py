"""Forms of an import: the file, and what its columns are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from mainstay.integrations.imports.labels import COLUMNS, DELIMITERS, ENCODINGS, KINDS
from mainstay.integrations.imports.models import ImportRun
from mainstay.integrations.imports.queries import Layout
from mainstay.integrations.imports.rules import Kind
from mainstay.integrations.imports.rules.columns import ATTRIBUTE, TAKES_ATTRIBUTES
from mainstay.surfaces.portal.forms import zone_choices

_DATES = [("", _("Year first, or clear from the date")), ("dmy", "31/03/2026"), ("mdy", "03/31/2026")]
_DECIMALS = [("", _("Clear from the number")), (".", "1,250.50"), (",", "1.250,50")]


class UploadForm(forms.Form):
    kind = forms.ChoiceField(label=_("What is in it"), widget=forms.RadioSelect)
    file = forms.FileField(
        label=_("CSV file"), widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"})
    )

    def __init__(self, *args: Any, kinds: Sequence[Kind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind.value, KINDS[kind]) for kind in kinds]  # type: ignore[attr-defined]
        if len(kinds) == 1:
            del self.fields["kind"]


class ReadingForm(forms.Form):
    encoding = forms.ChoiceField(label=_("Encoding"), choices=list(ENCODINGS.items()))
    delimiter = forms.ChoiceField(label=_("Columns are divided by"), choices=list(DELIMITERS.items()))


class MappingForm(forms.Form):
    """One select for each column of the file, and how the file writes things."""

    date_order = forms.ChoiceField(label=_("How dates are written"), choices=_DATES, required=False)
    decimal = forms.ChoiceField(label=_("How decimals are written"), choices=_DECIMALS, required=False)
    zone = forms.ChoiceField(label=_("Time zone of times in the file"))
    invites = forms.BooleanField(
        label=_("Send invitations to the new people once they are imported"), required=False
    )

    def __init__(self, *args: Any, run: ImportRun, layout: Layout, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.header = layout.preview.header
        zones = zone_choices()
        known = {code for code, _name in zones}
        self.fields["zone"].choices = zones if run.zone in known else [(run.zone, run.zone), *zones]  # type: ignore[attr-defined]
        kind = Kind(run.kind)
        if kind is not Kind.PEOPLE:
            del self.fields["invites"]
        if kind is not Kind.HISTORY:
            del self.fields["zone"]
        types = {column.type for column in layout.columns}
        if not types & {"date", "moment"}:
            del self.fields["date_order"]
        if not types & {"money", "count"}:
            del self.fields["decimal"]
        own = [(column.key, COLUMNS[column.key]) for column in layout.columns]
        for index, name in enumerate(self.header):
            choices: list[tuple[str, Any]] = [("", _("Leave out")), *own]
            if kind in TAKES_ATTRIBUTES and name:
                label = _now("Custom attribute “%(name)s”") % {"name": name[:60]}
                choices.append((f"{ATTRIBUTE}{name[:60]}", label))
            if kind is Kind.PEOPLE and run.tenant_id:
                choices.append(("customer", COLUMNS["customer"]))
            field = forms.ChoiceField(label=name or f"#{index + 1}", choices=choices, required=False)
            self.fields[f"column_{index}"] = field
            self.initial[f"column_{index}"] = run.mapping[index] if index < len(run.mapping) else ""

    @property
    def habits(self) -> list[Any]:
        return [self[name] for name in self.fields if not name.startswith("column_")]

    def mapping(self) -> list[str]:
        return [self.cleaned_data[f"column_{index}"] for index in range(len(self.header))]
