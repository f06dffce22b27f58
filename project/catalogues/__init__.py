"""The translations: what there is to translate, and the catalogues in `locale`. For `manage.py messages` and tests."""
