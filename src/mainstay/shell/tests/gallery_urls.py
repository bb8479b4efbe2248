from django.urls import include, path

urlpatterns = [path("", include("mainstay.shell.urls"))]
