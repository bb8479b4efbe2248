"""Choosing where to sit, for a person who belongs to several customers (or to a customer and the staff)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mainstay.core.errors import NotFound
from mainstay.people.access.doors import is_barred, locked_seats, seat_of_session, seats_of_session
from mainstay.people.access.proofs import is_account_proven
from mainstay.people.access.sessions import landing_path, provider_door, take_seat
from mainstay.shell.pages import problem_page
from mainstay.surfaces.public.pages.sign_in import own_next


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def switch(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect("sign_in")
    if request.method == "POST":
        wanted = request.POST.get("seat", "")
        seat = next((s for s in seats_of_session(request) if str(s.membership_id) == wanted), None)
        if seat is None:
            return problem_page(request, NotFound())
        take_seat(request, seat)
        return redirect(landing_path(seat, own_next(request)))
    seats = seats_of_session(request)
    if is_barred(request) and len(seats) == 1:
        return redirect("account_security")
    context = {
        "seats": seats,
        "locked": [{"seat": seat, "door": provider_door(seat)} for seat in locked_seats(request)],
        "is_account_proven": is_account_proven(request),
        "current": seat_of_session(request, even_barred=True),
        "next": own_next(request),
    }
    return render(request, "public/switch.html", context)
