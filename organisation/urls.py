from django.urls import path

from organisation import views

urlpatterns = [
    path("favicon.ico", views.favicon, name="favicon"),
    path("apple-touch-icon.png", views.touch_icon, name="touch_icon"),
    path("theme.css", views.theme, name="theme"),
    path("logo/<str:digest>.png", views.logo, name="logo"),
    path("share/<str:digest>.png", views.share, name="share"),
]
