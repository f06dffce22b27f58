"""`python -m bench.floors.serve`: the floors behind the site's own server. No jobs run beside them."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.floors.settings"


def main() -> None:
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application

    from project.serve import Server, listen

    application = get_wsgi_application()
    Server(application, listen(settings.PORT, everywhere=False), behind_proxy=False).run()


def prepare(gifts: int) -> None:
    """Make the tables, with so many gifts: those that the page adds up, or that events name by their number."""
    import uuid

    import django

    django.setup()
    from django.db import connection

    from bench.floors.models import Event, Gift

    with connection.schema_editor() as editor:
        editor.create_model(Event)
        editor.create_model(Gift)
    Gift.objects.bulk_create((Gift(uuid=uuid.UUID(int=number)) for number in range(gifts)), batch_size=500)


if __name__ == "__main__":
    import sys

    if sys.argv[1:2] == ["prepare"]:
        prepare(int(sys.argv[2]))
    else:
        main()
