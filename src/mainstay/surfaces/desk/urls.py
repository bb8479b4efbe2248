"""Below /desk/; the queue itself is /desk, which the project's table names."""

from __future__ import annotations

from django.urls import URLPattern, path

from mainstay.surfaces.desk.pages import changes, queue, ticket

_TICKET = "tickets/<int:number>"
urlpatterns: list[URLPattern] = [
    path("take", queue.take, name="desk_take"),
    path("find", queue.find, name="desk_find"),
    path(_TICKET, ticket.show, name="desk_ticket"),
    path(f"{_TICKET}/thread", ticket.thread, name="desk_thread"),
    path(f"{_TICKET}/timeline", ticket.further_timeline, name="desk_timeline"),
    path(f"{_TICKET}/write", ticket.write, name="desk_write"),
    path(f"{_TICKET}/status", changes.status, name="desk_status"),
    path(f"{_TICKET}/severity", changes.severity, name="desk_severity"),
    path(f"{_TICKET}/assignee", changes.assignee, name="desk_assignee"),
    path(f"{_TICKET}/classify", changes.classify, name="desk_classify"),
    path(f"{_TICKET}/share", changes.share, name="desk_share"),
    path(f"{_TICKET}/unshare", changes.unshare, name="desk_unshare"),
    path(f"{_TICKET}/follow", changes.follow, name="desk_follow"),
]
