from django.urls import path

from pages import crawlers, views

urlpatterns = [
    path("", views.home, name="home"),
    path("sponsors", views.sponsors, name="sponsors"),
    path("docs", views.docs, name="docs"),
    path("docs/<str:slug>", views.doc, name="doc"),
    path("robots.txt", crawlers.robots, name="robots"),
    path("sitemap.xml", crawlers.sitemap, name="sitemap"),
]
