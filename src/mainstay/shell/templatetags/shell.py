"""`{% load shell %}`: every component of the frame."""

from django.template import Library

from mainstay.shell.tags import conversation, data, fields, frame, marks, overlays, times

register = Library()
for part in (marks, times, data, fields, conversation, overlays, frame):
    register.tags.update(part.register.tags)
    register.filters.update(part.register.filters)
