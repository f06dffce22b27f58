from django.urls import path

from pages import crawlers, sponsors, views

urlpatterns = [
    path("", views.home, name="home"),
    path("sponsors", sponsors.sponsors, name="sponsors"),
    path("sponsors/lately", sponsors.lately, name="sponsors_lately"),
    path("sponsors/logo/<str:digest>.png", sponsors.logo, name="sponsors_logo"),
    path("sponsors/<slug:slug>", sponsors.level, name="sponsors_level"),
    path("docs", views.docs, name="docs"),
    path("docs/<str:slug>", views.doc, name="doc"),
    path("robots.txt", crawlers.robots, name="robots"),
    path("sitemap.xml", crawlers.sitemap, name="sitemap"),
]
