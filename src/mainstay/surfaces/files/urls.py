from django.urls import path

from mainstay.surfaces.files import pages

app_name = "files"
urlpatterns = [path("files/<uuid:attachment_id>", pages.download, name="download")]
