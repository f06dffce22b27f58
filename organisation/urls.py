from django.urls import path

from organisation import views

urlpatterns = [
    path("theme.css", views.theme, name="theme"),
    path("logo/<str:digest>.png", views.logo, name="logo"),
    path("share/<str:digest>.png", views.share, name="share"),
]
