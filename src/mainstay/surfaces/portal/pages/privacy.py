"""Personal data of one person: exported, erased. The same pages on both sides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from mainstay.core import clock
from mainstay.core.actor import Actor, ActorKind
from mainstay.core.errors import Forbidden, Malformed
from mainstay.core.storage.rules import ScanVerdict
from mainstay.core.storage.serving import file_response
from mainstay.people.access.doors import member_page
from mainstay.people.privacy.actions import ask_erasure, ask_export, fetch_export, is_for
from mainstay.people.privacy.labels import KEEPERS, KINDS, STATE_MEANINGS, STATES
from mainstay.people.privacy.models import PrivacyRequest
from mainstay.people.privacy.queries import page_of_requests, requests_about, visible_request
from mainstay.people.privacy.rules import ERASE_PERSON, EXPORT_PERSON, RequestKind, RequestState
from mainstay.people.staff.looking import note_look
from mainstay.people.staff.queries import staff_names
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.queries import visible_member
from mainstay.people.tenants.rules import may_grant
from mainstay.shell.forms import told_at
from mainstay.surfaces.portal.forms import ErasureForm

View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Side:
    """Where the pages stand."""

    prefix: str
    layout: str
    door: Callable[[View], Any]

    def url(self, name: str, *args: object) -> str:
        return reverse(f"{self.prefix}_{name}", args=args)


def list_page(side: Side) -> Any:
    def requests(request: HttpRequest, actor: Actor) -> HttpResponse:
        if not (actor.may(EXPORT_PERSON) or actor.may(ERASE_PERSON)):
            raise Forbidden
        page = page_of_requests(actor, cursor=request.GET.get("after"))
        context = {
            "side": side,
            "rows": request_rows(actor, page.rows, f"{side.prefix}_privacy_download"),
            "next_cursor": page.next_cursor,
            "with_customer": actor.is_staff,
            "now": clock.now(),
        }
        return render(request, "portal/privacy.html", context)

    return require_http_methods(["GET", "HEAD"])(side.door(requests))


def person_page(side: Side) -> Any:
    """What is kept of one person, to be handed out or to be erased."""

    def personal(request: HttpRequest, actor: Actor, member_id: UUID) -> HttpResponse:
        if not (actor.may(EXPORT_PERSON) or actor.may(ERASE_PERSON)):
            raise Forbidden
        member, form = visible_member(actor, member_id), ErasureForm()
        note_look(actor, member.tenant_id, at=clock.now())
        if request.method == "POST":
            form = ErasureForm(request.POST if request.POST.get("do") == "erase" else None)
            if _carry_out(request, actor, member, form):
                return redirect(side.url("personal", member.id))
            member = visible_member(actor, member_id)
        context = {
            "side": side,
            "form": form,
            "member": member,
            "rows": request_rows(actor, requests_about(actor, member.id), f"{side.prefix}_privacy_download"),
            "may_export": actor.may(EXPORT_PERSON),
            "may_erase": actor.may(ERASE_PERSON) and may_grant(actor.roles, member.role),
            "is_self": member.id == actor.member_id,
            "back_url": side.url("person", member.id),
            "now": clock.now(),
        }
        return render(request, "portal/personal.html", context, status=422 if form.errors else 200)

    return require_http_methods(["GET", "HEAD", "POST"])(side.door(personal))


def _carry_out(request: HttpRequest, actor: Actor, member: Member, form: ErasureForm) -> bool:
    what = request.POST.get("do", "")
    if what == "export":
        ask_export(actor, member.id, at=clock.now())
        messages.success(request, _("The data is being put together. You are told when it can be fetched."))
        return True
    if what != "erase":
        raise Malformed
    if form.is_valid():
        with told_at(form):
            ask_erasure(actor, member.id, at=clock.now(), **form.cleaned_data)
    if not form.is_valid():
        return False
    messages.success(
        request,
        _(
            "Nobody can sign in with this access any more. The rest is being erased; you are told when it is done."
        ),
    )
    return True


def download_page(side: Side) -> Any:
    def download(request: HttpRequest, actor: Actor, request_id: UUID) -> HttpResponse:
        return handed_out(actor, visible_request(actor, request_id))

    return require_POST(side.door(download))


def handed_out(actor: Actor, row: PrivacyRequest) -> HttpResponse:
    fetch_export(actor, row, at=clock.now())
    note_look(actor, row.tenant_id, at=clock.now())
    response = file_response(
        filename=f"personal-data-{row.created_at:%Y-%m-%d}.zip",
        content_type="application/zip",
        size=row.size,
        sha256=row.storage_key.rpartition("/")[2],
        storage_key=row.storage_key,
        scan=ScanVerdict.CLEAN,
    )
    response["Cache-Control"] = "private, no-store"
    return cast("HttpResponse", response)  # streams from storage, not from the database


def request_rows(actor: Actor, rows: Sequence[PrivacyRequest], url_name: str) -> list[dict[str, Any]]:
    names = _names(actor, rows)
    return [
        {
            "request": row,
            "kind": KINDS[row.kind],
            "state": STATES[row.state],
            "meaning": STATE_MEANINGS[row.state],
            "who": names.get(row.asked_by, "") if row.asked_by else "",
            "counts": [(words, row.counts[key]) for key, words in KEEPERS.items() if row.counts.get(key)],
            "download": reverse(url_name, args=[row.id]) if row.storage_key and is_for(actor, row) else "",
            "is_open": row.state != RequestState.DONE,
            "is_erasure": row.kind == RequestKind.ERASURE,
        }
        for row in rows
    ]


def _names(actor: Actor, rows: Sequence[PrivacyRequest]) -> dict[UUID, str]:
    staff = {row.asked_by for row in rows if row.asked_by and row.asked_by_kind == ActorKind.STAFF}
    people = {row.asked_by for row in rows if row.asked_by and row.asked_by_kind == ActorKind.MEMBER}
    names = staff_names(actor, staff) if staff else {}
    found = Member.objects.filter(id__in=people) if people else []
    return names | {person.id: str(person) for person in found}


PORTAL: Final = Side("support", "portal/base.html", member_page)
privacy = list_page(PORTAL)
personal = person_page(PORTAL)
privacy_download = download_page(PORTAL)
