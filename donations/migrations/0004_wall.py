import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from lib import money


def keep_private(apps, schema_editor):
    """What donors wrote so far, they wrote to the people who run the site: it was never meant for the wall."""
    apps.get_model('donations', 'Donation').objects.exclude(message='').update(words='refused')


def first_levels(apps, schema_editor):
    """Words to begin with; the admin changes them."""
    level = apps.get_model('donations', 'Level')
    for name, slug, threshold in (('Kettles', 'kettles', 1000), ('Jugs', 'jugs', 100)):
        level.objects.create(name=name, slug=slug, threshold=money.dollars(threshold, settings.DONATION_CURRENCY))
    level.objects.create(name='Cups', slug='cups', threshold=0)


class Migration(migrations.Migration):

    dependencies = [
        ('donations', '0003_desk'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Level',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, verbose_name='name')),
                ('slug', models.SlugField(blank=True, help_text='In the page’s address. Empty: made here.', max_length=40, unique=True, verbose_name='address')),
                ('threshold', models.PositiveBigIntegerField(help_text="In the currency's smallest unit (cents).", unique=True, verbose_name='from')),
            ],
            options={
                'verbose_name': 'level of sponsors',
                'verbose_name_plural': 'levels of sponsors',
                'ordering': ['-threshold'],
            },
        ),
        migrations.CreateModel(
            name='Sponsor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('url', models.URLField(blank=True, help_text='Begins with https://', verbose_name='website')),
                ('shown', models.BooleanField(default=True, verbose_name='shown')),
                ('logo', models.BinaryField(default=b'')),
                ('logo_digest', models.CharField(db_index=True, default='', editable=False, max_length=32)),
                ('dark_logo', models.BinaryField(default=b'')),
                ('dark_logo_digest', models.CharField(db_index=True, default='', editable=False, max_length=32)),
            ],
            options={
                'verbose_name': 'sponsoring organisation',
                'verbose_name_plural': 'sponsoring organisations',
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Standing',
            fields=[
                ('donation', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='standing', serialize=False, to='donations.donation')),
                ('amount', models.PositiveBigIntegerField()),
                ('named', models.BooleanField()),
                ('lapses_at', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
            ],
            options={
                'verbose_name': 'message',
                'verbose_name_plural': 'messages',
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('donations.donation',),
        ),
        migrations.AddField(
            model_name='donation',
            name='language',
            field=models.CharField(blank=True, editable=False, max_length=10),
        ),
        migrations.AddField(
            model_name='donation',
            name='show_amount',
            field=models.BooleanField(default=False, verbose_name='show the amount too'),
        ),
        migrations.AddField(
            model_name='donation',
            name='words',
            field=models.CharField(choices=[('waiting', 'to be read'), ('shown', 'shown'), ('refused', 'not shown')], default='waiting', editable=False, max_length=8, verbose_name='message is'),
        ),
        migrations.AddIndex(
            model_name='donation',
            index=models.Index(condition=models.Q(('words', 'waiting'), models.Q(('message', ''), _negated=True)), fields=['-id'], name='donation_to_read'),
        ),
        migrations.AddField(
            model_name='sponsor',
            name='level',
            field=models.ForeignKey(blank=True, help_text='Empty: with the last one.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='sponsors', to='donations.level', verbose_name='level'),
        ),
        migrations.AddField(
            model_name='standing',
            name='level',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='donations.level'),
        ),
        migrations.AddField(
            model_name='standing',
            name='user',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='standing',
            index=models.Index(condition=models.Q(('named', True)), fields=['level', '-donation'], name='standing_wall'),
        ),
        migrations.AddIndex(
            model_name='standing',
            index=models.Index(condition=models.Q(('named', False)), fields=['level'], name='standing_nameless'),
        ),
        migrations.RemoveIndex(model_name='donation', name='donation_wall'),
        migrations.AddIndex(
            model_name='donation',
            index=models.Index(condition=models.Q(('public', True)), fields=['-id'], name='donation_public'),
        ),
        migrations.RunPython(keep_private, migrations.RunPython.noop),
        migrations.RunPython(first_levels, migrations.RunPython.noop),
    ]
