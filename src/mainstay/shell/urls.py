from django.conf import settings
from django.urls import path

from mainstay.shell import gallery, pages

app_name = "shell"
gallery_patterns = [
    path("gallery/", gallery.gallery, name="gallery"),
    path("gallery/<str:layout>", gallery.gallery, name="gallery_layout"),
]
urlpatterns = [
    path("preferences", pages.preferences, name="preferences"),
    *(gallery_patterns if getattr(settings, "MAINSTAY_GALLERY", False) else []),
]
