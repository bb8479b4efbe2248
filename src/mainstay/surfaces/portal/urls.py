from __future__ import annotations

from django.urls import path

from mainstay.surfaces.portal.pages import keys, people, profile

urlpatterns = [
    path("support/people", people.people, name="support_people"),
    path("support/people/invite", people.invite, name="support_invite"),
    path("support/people/<uuid:member_id>", people.person, name="support_person"),
    path("support/keys", keys.keys, name="support_keys"),
    path("support/keys/new", keys.new_key, name="support_new_key"),
    path("support/keys/<uuid:key_id>/revoke", keys.revoke, name="support_revoke_key"),
    path("support/profile", profile.profile, name="support_profile"),
]
